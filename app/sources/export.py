"""The table of latents as a file, all that match, piece by piece: memory does not grow with the source.

CSV is meant for spreadsheets, which run a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a
formula. Texts come from models and data sets, so such a text gets an apostrophe in front, as OWASP advises ("CSV
Injection"); numbers stay numbers. The same goes for forms of these characters that programs take for them (full-width
``＝``, a minus sign, other dashes), and for what stands behind spaces and invisible characters, which an import can
drop. JSON has every text as it is.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.lists import all_matching, rows_in_order
from app.db.latent_table.rest import Latents
from app.db.queries.answers import LatentRow, SourceInfo
from app.db.queries.sources import source_by_slug

COLUMNS = (
    "index", "label", "n_active", "density", "max_activation", "mean_activation", "output_score", "top_token",
    "top_token_share", "promoted",
)  # fmt: skip
#: With the minus sign, which is no dash.
DANGEROUS = "=+-@\N{MINUS SIGN}"
#: Rows in one piece of the answer.
PIECE = 500


@dataclass(frozen=True)
class Export:
    """A file of the table: which latents, in which order; it is written piece by piece, each with its own session."""

    source: SourceInfo
    indices: Latents
    kind: str  # csv or json

    @property
    def n_pieces(self) -> int:
        """Pieces of the file; one that has no latents has one all the same."""
        return max(1, -(-len(self.indices) // PIECE))

    def piece(self, session: Session, place: int) -> str:
        """The piece of this number: the first has the head of the file, the last its end."""
        rows = rows_in_order(session, self.source, self.indices[place * PIECE : (place + 1) * PIECE])
        is_first, is_last = place == 0, place == self.n_pieces - 1
        return _csv(rows, is_first) if self.kind == "csv" else _json(self.source.slug, rows, is_first, is_last)


def export(session: Session, slug: str, query: LatentQuery, kind: str) -> Export:
    """What the file will have. NotBuilt or UnknownSource before anything is sent."""
    source = source_by_slug(session, slug)
    return Export(source, all_matching(session, source, query), kind)


def _csv(rows: Sequence[LatentRow], with_header: bool) -> str:
    """Rows as CSV; ``promoted`` is a JSON list, so that tokens with spaces and commas stay apart."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if with_header:
        writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _values(row)] for row in rows)
    return buffer.getvalue()


def _json(slug: str, rows: Sequence[LatentRow], is_first: bool, is_last: bool) -> str:
    """``{"source": ..., "latents": [...]}`` with a line for each latent."""
    lines = [json.dumps(dict(zip(COLUMNS, _values(row), strict=True)), ensure_ascii=False) for row in rows]
    head = f'{{"source": {json.dumps(slug)}, "latents": [\n' if is_first else ",\n"
    return head + ",\n".join(lines) + ("\n]}\n" if is_last else "")


def _values(row: LatentRow) -> Sequence[object]:
    return [list(value) if isinstance(value, tuple) else value for value in (getattr(row, name) for name in COLUMNS)]


def _cell(value: object) -> object:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and begins_formula(value):
        return f"'{value}"
    return "" if value is None else value


def begins_formula(text: str) -> bool:
    """Whether a spreadsheet could run the text as a formula."""
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp"):  # tabs and line breaks
            return True
        if category[0] in "CZM":  # spaces, invisible characters, marks that belong to no letter
            continue
        first = unicodedata.normalize("NFKC", character)[0]
        return first in DANGEROUS or unicodedata.category(first) == "Pd"
    return False
