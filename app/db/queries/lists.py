"""Pages of the table of latents: sorted, filtered, searched; by keyset: page 1000 costs what page 1 does."""

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.display import searchable
from app.db.packing import unpack_token_values
from app.db.queries.answers import LatentPage, LatentRow, SourceInfo
from app.db.queries.texts import label_ids, labels, token_texts
from app.db.tables import Explanation, Latent, LatentDetail
from app.errors import BadCursor, InvalidRequest, NotBuilt, shorten

LATENT = Latent.__table__
DETAIL = LatentDetail.__table__
EXPLANATION = Explanation.__table__

SORTS = ("index", "density", "max_activation", "mean_activation", "output_score")
ORDERS = ("asc", "desc")
MAX_LIMIT = 500
MAX_SEARCH = 200
MAX_CURSOR = 300

ROWS = sa.select(
    *[column for column in LATENT.c if column.name not in ("build_id", "search_text")], DETAIL.c.promoted
).join(DETAIL, (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == LATENT.c.latent_index))


@dataclass(frozen=True)
class LatentQuery:
    """What the table of latents is asked for; a value that cannot be meant is refused with InvalidRequest.

    ``q`` is looked for in the label, the top token and the promoted tokens, upper and lower case alike. Equal
    values come in the order of their index, in the same direction; latents without an output score come last,
    by index.
    """

    sort: str = "index"
    order: str = "asc"
    min_density: float | None = None
    max_density: float | None = None
    q: str = ""

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise InvalidRequest(f"Cannot sort by {shorten(self.sort)!r}; choose one of {', '.join(SORTS)}.")
        if self.order not in ORDERS:
            raise InvalidRequest(f"Unknown order {shorten(self.order)!r}; choose asc or desc.")
        for name, value in (("min_density", self.min_density), ("max_density", self.max_density)):
            if value is not None and not 0 <= value <= 1:
                raise InvalidRequest(f"{name} is a share of tokens from 0 to 1, not {value}.")
        if len(self.q) > MAX_SEARCH:
            raise InvalidRequest(f"The search has {len(self.q)} characters; at most {MAX_SEARCH} are allowed.")


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the latent with this value of the sorted column and this index."""

    value: float | None
    index: int


def latent_page(
    session: Session, source: SourceInfo, query: LatentQuery, limit: int = 50, cursor: str | None = None
) -> LatentPage:
    """The latents of the shown build that match, from the cursor on."""
    if source.build is None:
        raise NotBuilt(source.slug)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit is a number of latents from 1 to {MAX_LIMIT}, not {limit}.")
    place = _decode(cursor, query) if cursor else None
    filters = _filters(source, source.build.id, query)
    total = session.scalar(sa.select(sa.func.count()).select_from(LATENT).where(*filters)) or 0
    rows = _rows_from(session, filters, query, place, limit + 1)
    shown = rows[:limit]
    next_cursor = _encode(query, shown[-1]) if len(rows) > limit else None
    return LatentPage(_as_rows(session, source, shown), next_cursor, total)


def latents_by_index(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, LatentRow]:
    """The rows of these latents; an index that does not exist is left out."""
    if source.build is None:
        raise NotBuilt(source.slug)
    known = sorted({index for index in indices if 0 <= index < source.facts.d_sae})
    query = ROWS.where(LATENT.c.build_id == source.build.id, LATENT.c.latent_index.in_(known))
    rows = _as_rows(session, source, session.execute(query).mappings().all()) if known else ()
    return {row.index: row for row in rows}


def _filters(source: SourceInfo, build_id: int, query: LatentQuery) -> list[sa.ColumnElement[bool]]:
    filters = [LATENT.c.build_id == build_id]
    if query.min_density is not None:
        filters.append(LATENT.c.density >= query.min_density)
    if query.max_density is not None:
        filters.append(LATENT.c.density <= query.max_density)
    if query.q.strip():
        wanted = searchable(query.q.strip())
        labelled = sa.select(EXPLANATION.c.latent_index).where(
            EXPLANATION.c.id.in_(label_ids(source.id, source.facts.weights_hash)),
            EXPLANATION.c.search_text.contains(wanted, autoescape=True),
        )
        in_tokens = LATENT.c.search_text.contains(wanted, autoescape=True)
        filters.append(in_tokens | LATENT.c.latent_index.in_(labelled))
    return filters


def _rows_from(
    session: Session,
    filters: list[sa.ColumnElement[bool]],
    query: LatentQuery,
    place: Place | None,
    limit: int,
) -> list[Any]:
    """At most ``limit`` rows after the place. Each part is one range of one index, in its order."""
    base = ROWS.where(*filters)
    index = LATENT.c.latent_index
    if query.sort == "index":
        after = [] if place is None else [index > place.index if query.order == "asc" else index < place.index]
        ordered = base.where(*after).order_by(index if query.order == "asc" else index.desc())
        return list(session.execute(ordered.limit(limit)).mappings())
    column = LATENT.c[query.sort]
    rows: list[Any] = []
    if place is None or place.value is not None:
        rows = list(session.execute(_by_value(base, column, query.order, place).limit(limit)).mappings())
        place = None
    if len(rows) < limit and column.nullable:
        unknown = base.where(column.is_(None), *([] if place is None else [index > place.index])).order_by(index)
        rows += session.execute(unknown.limit(limit - len(rows))).mappings()
    return rows


def _by_value(base: sa.Select[Any], column: sa.ColumnElement[Any], order: str, place: Place | None) -> sa.Select[Any]:
    index = LATENT.c.latent_index
    key = sa.tuple_(column, index)
    base = base.where(column.is_not(None))
    if order == "asc":
        after = [] if place is None else [key > (place.value, place.index)]
        return base.where(*after).order_by(column, index)
    after = [] if place is None else [key < (place.value, place.index)]
    return base.where(*after).order_by(column.desc(), index.desc())


def _as_rows(session: Session, source: SourceInfo, found: Sequence[Any]) -> tuple[LatentRow, ...]:
    promoted = [unpack_token_values(row["promoted"]) for row in found]
    texts = token_texts(session, source.language_model_id, {item.token_id for items in promoted for item in items})
    named = labels(session, source, [row["latent_index"] for row in found])
    return tuple(
        LatentRow(
            index=row["latent_index"],
            label=named.get(row["latent_index"]),
            n_active=row["n_active"],
            density=row["density"],
            max_activation=row["max_activation"],
            mean_activation=row["mean_activation"],
            output_score=row["output_score"],
            top_token=row["top_token"],
            top_token_share=row["top_token_share"],
            promoted=tuple(texts[item.token_id] for item in items),
        )
        for row, items in zip(found, promoted, strict=True)
    )


def _encode(query: LatentQuery, row: Any) -> str:
    value = None if query.sort == "index" else row[query.sort]
    text = json.dumps([query.sort, query.order, value, row["latent_index"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, query: LatentQuery) -> Place:
    """The place a cursor stands for; BadCursor unless this application made it for this sort and order."""
    bad = BadCursor("This cursor does not belong to this list; begin again without a cursor.")
    if len(cursor) > MAX_CURSOR:
        raise bad
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise bad from None
    if not isinstance(parts, list) or len(parts) != 4 or parts[:2] != [query.sort, query.order]:
        raise bad
    value, index = parts[2], parts[3]
    if type(index) is not int or not 0 <= index < 2**31 or not _value_fits(query.sort, value):
        raise bad
    return Place(None if value is None else float(value), index)


def _value_fits(sort: str, value: Any) -> bool:
    if value is None:
        return sort in ("index", "output_score")
    if sort == "index" or type(value) not in (int, float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
