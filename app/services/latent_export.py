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
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy.orm import Session

from app.db import queries
from app.db.queries import LatentQuery, LatentRow, SourceInfo

COLUMNS = (
    "index", "label", "n_active", "density", "max_activation", "mean_activation", "output_score", "top_token",
    "top_token_share", "promoted",
)  # fmt: skip
#: With the minus sign, which is no dash.
DANGEROUS = "=+-@\N{MINUS SIGN}"
#: Rows in one piece of the answer.
PIECE = 500


def export_csv(open_session: Callable[[], Session], source: SourceInfo, query: LatentQuery) -> Iterator[str]:
    """The rows as CSV with a header; ``promoted`` is a JSON list, so that tokens with spaces and commas stay apart."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    with open_session() as session:
        for place, row in enumerate(queries.all_matching(session, source, query), 1):
            writer.writerow([_cell(value) for value in _values(row)])
            if place % PIECE == 0:
                yield _taken(buffer)
    yield _taken(buffer)


def export_json(open_session: Callable[[], Session], source: SourceInfo, query: LatentQuery) -> Iterator[str]:
    """``{"source": ..., "latents": [...]}`` with a line for each latent."""
    yield f'{{"source": {json.dumps(source.slug)}, "latents": ['
    lines: list[str] = []
    separator = "\n"
    with open_session() as session:
        for row in queries.all_matching(session, source, query):
            lines.append(json.dumps(dict(zip(COLUMNS, _values(row), strict=True)), ensure_ascii=False))
            if len(lines) == PIECE:
                yield separator + ",\n".join(lines)
                lines, separator = [], ",\n"
    yield (separator + ",\n".join(lines) if lines else "") + "\n]}\n"


def find_source(session: Session, slug: str) -> SourceInfo:
    """The source, with a finished build; NotBuilt or UnknownSource before anything is sent."""
    source = queries.source_by_slug(session, slug)
    queries.has_output_scores(session, source)
    return source


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


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
