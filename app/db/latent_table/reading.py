"""Columns of a build as arrays: packed by ``app.db.latent_table.columns`` when the build was finished, or, for a build
from before there were packed columns, from its rows.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.latent_table.postings import Lists
from app.db.packing import PAIR
from app.db.tables.builds import BuildColumn, Latent, LatentDetail, LatentsOfToken

COLUMN = BuildColumn.__table__
LATENT = Latent.__table__
DETAIL = LatentDetail.__table__
POSTING = LatentsOfToken.__table__

Tokens = NDArray[np.uint32]
Sizes = NDArray[np.int64]
#: Columns of numbers, and what they are packed as.
NUMBER = np.dtype("<f8")
TOKEN = np.dtype("<u4")
#: Stands for "no token" in the columns of tokens.
NO_TOKEN = 2**32 - 1
#: Rows of latents held at once.
ROWS_STEP = 4096
#: Latents of lists held at once.
LISTS_STEP = 1 << 15
#: Parts of a packed column held at once.
PARTS_STEP = 4


def read_column(session: Session, build_id: int, name: str, d_sae: int) -> NDArray[Any]:
    """A packed column (d_sae,): numbers, NaN where there is no such latent, or token ids. LookupError: not packed."""
    dtype = TOKEN if name in ("top_token", "promoted") else NUMBER
    parts = sa.select(COLUMN.c.part, COLUMN.c.data).where(COLUMN.c.build_id == build_id, COLUMN.c.name == name)
    found = np.empty(d_sae, dtype)
    place = 0
    for _, data in chain.from_iterable(in_steps(session, parts, COLUMN.c.part, PARTS_STEP)):
        part = np.frombuffer(data, dtype)
        found[place : place + len(part)] = part[: d_sae - place]
        place += len(part)
    if place != d_sae:
        raise LookupError(name)
    return found


def read_numbers(session: Session, build_id: int, name: str, d_sae: int) -> NDArray[np.float64]:
    """The column of ``latent`` (d_sae,) from its rows; NaN where it is null or the latent is missing."""
    found = np.full(d_sae, np.nan)
    query = sa.select(LATENT.c.latent_index, LATENT.c[name]).where(
        LATENT.c.build_id == build_id, LATENT.c[name].is_not(None), LATENT.c.latent_index < d_sae
    )
    for part in in_steps(session, query, LATENT.c.latent_index, ROWS_STEP):
        rows = np.array([tuple(row) for row in part])
        found[rows[:, 0].astype(np.int64)] = rows[:, 1]
    return found


def read_tokens(session: Session, build_id: int, d_sae: int) -> tuple[Tokens, Tokens]:
    """(top token (d_sae,), promoted tokens (d_sae, k), best first) from the rows; NO_TOKEN where there is none."""
    top = np.full(d_sae, NO_TOKEN, TOKEN)
    promoted = np.full((d_sae, 0), NO_TOKEN, TOKEN)
    query = sa.select(DETAIL.c.latent_index, DETAIL.c.top_tokens, DETAIL.c.promoted).where(
        DETAIL.c.build_id == build_id, DETAIL.c.latent_index < d_sae
    )
    # Without a bound on the rows in memory a million latents would be gigabytes of objects.
    for index, fires_on, effects in chain.from_iterable(in_steps(session, query, DETAIL.c.latent_index, ROWS_STEP)):
        if fires_on:
            top[index] = np.frombuffer(fires_on, PAIR, count=1)["id"][0]
        ids = np.frombuffer(effects, PAIR)["id"]
        if ids.size > promoted.shape[1]:
            promoted = np.pad(promoted, ((0, 0), (0, ids.size - promoted.shape[1])), constant_values=NO_TOKEN)
        promoted[index, : ids.size] = ids
    return top, promoted


def first_promoted(promoted: Tokens) -> Tokens:
    """The best promoted token of each latent (d_sae,)."""
    return promoted[:, 0].copy() if promoted.shape[1] else np.full(len(promoted), NO_TOKEN, TOKEN)


def lists_of(promoted: Tokens) -> Lists:
    """Turn the promoted tokens (d_sae, k) around: the latents of each token, ascending."""
    places = np.flatnonzero(promoted != NO_TOKEN)
    found = promoted.ravel()[places]
    latents = (places // max(1, promoted.shape[1])).astype(np.int32)
    tokens, lengths = np.unique(found, return_counts=True)
    return Lists(tokens.astype(np.int64), lengths.astype(np.int64), latents[np.argsort(found, kind="stable")])


def list_sizes(session: Session, build_id: int, token_ids: Sequence[int] | None = None) -> Sizes:
    """(token, how many latents promote it), (k, 2), for all packed lists in their order, or those of some tokens."""
    size = sa.func.length(POSTING.c.latents) / 4
    query = sa.select(POSTING.c.token_id, sa.cast(size, sa.Integer)).where(POSTING.c.build_id == build_id)
    if token_ids is not None:
        query = query.where(_is_one_of(session)).params(tokens=_listed(session, token_ids))
    found = [np.zeros((0, 2), np.int64)]
    for part in in_steps(session, query, POSTING.c.token_id, ROWS_STEP):
        found.append(np.array([tuple(row) for row in part], np.int64))
    return np.concatenate(found)


def read_lists(session: Session, build_id: int, sizes: Sizes) -> Iterator[Lists]:
    """The packed lists of tokens in their order, about ``LISTS_STEP`` latents at a time, so a long one in parts.

    The few most promoted tokens have a large share of all latents, and a connection to PostgreSQL keeps a buffer as
    large as the largest answer it ever had.
    """
    latents = sa.func.substr(POSTING.c.latents, sa.bindparam("first"), sa.bindparam("n"))
    query = sa.select(POSTING.c.token_id, latents).where(POSTING.c.build_id == build_id, _is_one_of(session))
    query = query.order_by(POSTING.c.token_id)
    for first, end in _cuts(sizes[:, 1]):
        wanted = _listed(session, sizes[first:end, 0].tolist())
        for start in range(0, int(sizes[first:end, 1].max()), LISTS_STEP):
            place = {"first": 4 * start + 1, "n": 4 * LISTS_STEP}
            rows = list(session.execute(query, {"tokens": wanted, **place}))
            lengths = np.array([len(data) // 4 for _, data in rows], np.int64)
            found = np.frombuffer(b"".join(data for _, data in rows), "<i4").astype(np.int32, copy=False)
            yield Lists(np.array([token for token, _ in rows], np.int64), lengths, found)


def _cuts(lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """(first, end) of neighbouring lists that are short enough together; a long one is alone."""
    ends = lengths.cumsum()
    first, before = 0, 0
    while first < len(lengths):
        end = max(first + 1, int(np.searchsorted(ends, before + LISTS_STEP, "right")))
        yield first, end
        first, before = end, int(ends[end - 1])


def in_steps(session: Session, query: sa.Select[Any], key: sa.ColumnElement[Any], step: int) -> Iterator[list[Any]]:
    """The rows in the order of ``key``, their first column, ``step`` at a time.

    Each step is a question of its own: a cursor on the server would need a transaction, which pages do not have.
    """
    ordered = query.where(key > sa.bindparam("last")).order_by(key).limit(step)
    last = -1
    while rows := list(session.execute(ordered, {"last": last})):
        yield rows
        last = rows[-1][0]


def _is_one_of(session: Session) -> sa.ColumnElement[bool]:
    """One parameter however many tokens: with one for each, every search would be a new large statement to keep."""
    if session.get_bind().dialect.name == "sqlite":
        listed = sa.func.json_each(sa.bindparam("tokens")).table_valued("value")
        return POSTING.c.token_id.in_(sa.select(listed.c.value))
    return POSTING.c.token_id == sa.any_(sa.bindparam("tokens", type_=sa.ARRAY(sa.Integer)))


def _listed(session: Session, token_ids: Sequence[int]) -> Any:
    """The parameter of ``_is_one_of``."""
    return json.dumps(list(token_ids)) if session.get_bind().dialect.name == "sqlite" else list(token_ids)
