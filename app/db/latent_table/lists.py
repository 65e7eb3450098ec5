"""Pages of the table of latents: sorted, filtered, searched; by keyset: page 1000 costs what page 1 does."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.latent_table.cursors import Place, decode, encode
from app.db.latent_table.filters import LatentQuery, matching
from app.db.latent_table.latents import index_of, vocabulary_index
from app.db.latent_table.order import Order
from app.db.latent_table.rest import Latents, Mask
from app.db.latent_table.texts import TextIndex
from app.db.packing import PAIR
from app.db.queries.answers import Label, LatentName, LatentPage, LatentRow, SourceInfo
from app.db.queries.texts import leading_labels
from app.db.tables.builds import Latent, LatentDetail
from app.errors import InvalidRequest, NotBuilt

LATENT = Latent.__table__
DETAIL = LatentDetail.__table__

MAX_LIMIT = 500
#: More promoted tokens than a latent has.
ALL = 1000

#: Put together once: that takes longer than the database needs to answer it.
ROWS = (
    sa.select(*[column for column in LATENT.c if column.name != "build_id"], DETAIL.c.promoted)
    .join(DETAIL, (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == LATENT.c.latent_index))
    .where(
        LATENT.c.build_id == sa.bindparam("build_id"),
        LATENT.c.latent_index.in_(sa.bindparam("indices", expanding=True)),
    )
)


def latent_page(
    session: Session,
    source: SourceInfo,
    query: LatentQuery,
    limit: int = 50,
    cursor: str | None = None,
    promoted: int = ALL,
) -> LatentPage:
    """The latents of the shown build that match, from the cursor on, with that many promoted tokens at most."""
    index = index_of(session, source)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit is a number of latents from 1 to {MAX_LIMIT}, not {limit}.")
    place = decode(cursor, query) if cursor else None
    mask, total = matching(session, index, query)
    shown, has_previous, has_next = _page(index.order(session, query.sort), query, mask, place, limit)
    rows = _rows(session, source, shown, promoted)
    return LatentPage(
        rows=rows,
        next_cursor=encode(query, rows[-1]) if rows and has_next else None,
        previous_cursor=encode(query, rows[0], is_back=True) if rows and has_previous else None,
        total=total,
    )


def beside(session: Session, source: SourceInfo, query: LatentQuery, latent: int) -> tuple[int | None, int | None]:
    """The latents before and after one in the list of a query, in which it need not be itself; None: there is none."""
    index = index_of(session, source)
    mask, _ = matching(session, index, query)
    order, is_down = index.order(session, query.sort), query.order == "desc"
    end, first = order.gap_of(latent, is_down)
    before, after = order.backward(end, mask, 1, is_down), order.forward(first, mask, 1, is_down)
    return (int(before[0]) if len(before) else None), (int(after[0]) if len(after) else None)


def all_matching(session: Session, source: SourceInfo, query: LatentQuery) -> Latents:
    """The index of every latent that matches, in the order of the query; four bytes each."""
    index = index_of(session, source)
    mask, _ = matching(session, index, query)
    order = index.order(session, query.sort)
    found = order.latents(0, len(order), query.order == "desc")
    return found if mask is None else found[mask[found]]


def rows_in_order(session: Session, source: SourceInfo, indices: Latents) -> tuple[LatentRow, ...]:
    """The rows of these latents in this order; memory for all of them. NotBuilt where there is no build."""
    if source.build is None:
        raise NotBuilt(source.slug)
    return _rows(session, source, indices)


def has_output_scores(session: Session, source: SourceInfo) -> bool:
    """Whether any latent of the shown build has an output score."""
    return index_of(session, source).order(session, "output_score").n_known > 0


def has_labels(session: Session, source: SourceInfo) -> bool:
    """Whether any latent has a label."""
    return len(index_of(session, source).labels(session).latents) > 0


def latents_by_index(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, LatentRow]:
    """The rows of these latents; an index that does not exist is left out."""
    if source.build is None:
        raise NotBuilt(source.slug)
    known = sorted({index for index in indices if 0 <= index < source.facts.d_sae})
    return {row.index: row for row in _rows(session, source, known)}


def _page(
    order: Order, query: LatentQuery, mask: Mask | None, place: Place | None, limit: int
) -> tuple[Latents, bool, bool]:
    """(latents of the page, whether there are some before it, whether there are some after it)."""
    is_down = query.order == "desc"
    if place is None:
        found = order.forward(0, mask, limit + 1, is_down)
        return found[:limit], False, len(found) > limit
    end, first = order.gap(place.value, place.index, is_down) if place.has_value else order.gap_of(place.index, is_down)
    if place.is_back:
        found = order.backward(end, mask, limit + 1, is_down)
        return found[-limit:], len(found) > limit, True
    found = order.forward(first, mask, limit + 1, is_down)
    return found[:limit], True, len(found) > limit


def _rows(
    session: Session, source: SourceInfo, indices: Latents | Sequence[int], promoted: int = ALL
) -> tuple[LatentRow, ...]:
    """The rows of these latents in this order, in two queries."""
    assert source.build is not None  # noqa: S101 (the callers have looked)
    wanted = [int(index) for index in indices]
    if not wanted:
        return ()
    found = {row.latent_index: row for row in session.execute(ROWS, {"build_id": source.build.id, "indices": wanted})}
    named = leading_labels(session, source, wanted)
    texts = vocabulary_index(session, source)
    return tuple(_row(found[number], named.get(number), texts, promoted) for number in wanted if number in found)


def _row(row: Any, label: Label | None, texts: TextIndex, promoted: int) -> LatentRow:
    promotes = tuple(map(texts.text, np.frombuffer(row.promoted, PAIR)["id"][:promoted].tolist()))
    return LatentRow(
        index=row.latent_index,
        name=LatentName(label, row.top_token, promotes[0] if promotes else None),
        n_active=row.n_active,
        density=row.density,
        max_activation=row.max_activation,
        mean_activation=row.mean_activation,
        output_score=row.output_score,
        top_token=row.top_token,
        top_token_share=row.top_token_share,
        promoted=promotes,
    )
