"""Columns of a build as arrays: packed by ``app.db.writes.columns`` when the build was finished, or, for a build from
before there were packed columns, from its rows.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.packing import PAIR
from app.db.queries.indexes.postings import Lists
from app.db.tables import BuildColumn, Latent, LatentDetail, LatentsOfToken

COLUMN = BuildColumn.__table__
LATENT = Latent.__table__
DETAIL = LatentDetail.__table__
POSTING = LatentsOfToken.__table__

Tokens = NDArray[np.uint32]
#: Columns of numbers, and what they are packed as.
NUMBER = np.dtype("<f8")
TOKEN = np.dtype("<u4")
#: Stands for "no token" in the columns of tokens.
NO_TOKEN = 2**32 - 1
#: Rows of latents held at once.
ROWS_STEP = 4096
#: Lists of latents held at once.
LISTS_STEP = 1000


def read_column(session: Session, build_id: int, name: str, d_sae: int) -> NDArray[Any]:
    """A packed column (d_sae,): numbers, NaN where there is no such latent, or token ids. LookupError: not packed."""
    dtype = TOKEN if name in ("top_token", "promoted") else NUMBER
    parts = sa.select(COLUMN.c.data).where(COLUMN.c.build_id == build_id, COLUMN.c.name == name)
    found = np.empty(d_sae, dtype)
    place = 0
    for data in session.scalars(parts.order_by(COLUMN.c.part)):
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


def read_all_lists(session: Session, build_id: int) -> Iterator[Lists]:
    """The packed lists of all tokens in their order, some lists at a time; none for a build without them."""
    query = sa.select(POSTING.c.token_id, POSTING.c.latents).where(POSTING.c.build_id == build_id)
    for part in in_steps(session, query, POSTING.c.token_id, LISTS_STEP):
        lengths = np.array([len(data) // 4 for _, data in part], np.int64)
        latents = np.frombuffer(b"".join(data for _, data in part), "<i4").astype(np.int32, copy=False)
        yield Lists(np.array([token for token, _ in part], np.int64), lengths, latents)


def read_lists(session: Session, build_id: int, token_ids: Sequence[int]) -> Iterator[NDArray[np.int32]]:
    """The latents that promote any of a few tokens, some more than once, from the packed lists."""
    lists = sa.select(POSTING.c.latents).where(POSTING.c.build_id == build_id, _is_one_of(session, token_ids))
    for data in session.scalars(lists):
        yield np.frombuffer(data, "<i4")


def in_steps(session: Session, query: sa.Select[Any], key: sa.ColumnElement[Any], step: int) -> Iterator[list[Any]]:
    """The rows in the order of ``key``, their first column, ``step`` at a time.

    Each step is a question of its own: a cursor on the server would need a transaction, which pages do not have.
    """
    ordered = query.where(key > sa.bindparam("last")).order_by(key).limit(step)
    last = -1
    while rows := list(session.execute(ordered, {"last": last})):
        yield rows
        last = rows[-1][0]


def _is_one_of(session: Session, token_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """One parameter however many tokens: with one for each, every search would be a new large statement to keep."""
    if session.get_bind().dialect.name == "sqlite":
        listed = sa.func.json_each(json.dumps(list(token_ids))).table_valued("value")
        return POSTING.c.token_id.in_(sa.select(listed.c.value))
    return POSTING.c.token_id == sa.any_(sa.literal(list(token_ids), sa.ARRAY(sa.Integer)))
