"""Texts that go with numbers: display strings of tokens, labels and explanations of latents."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.answers import ExplanationInfo, SourceInfo
from app.db.tables import Explanation, Token

TOKEN = Token.__table__
EXPLANATION = Explanation.__table__

#: Texts about one latent that its page and its answer show, the newest ones; the rest are read a page at a time.
SHOWN_TEXTS = 50
#: Numbers in one IN list; SQLite allows 32766 in a statement, PostgreSQL 65535.
MAX_IN = 10_000
#: Labels of latents: the newest text of each for the weights that the source has. Put together once: that takes longer
#: than the database needs to answer it.
LABELS = sa.select(EXPLANATION.c.latent_index, EXPLANATION.c.text).where(
    EXPLANATION.c.id.in_(
        sa.select(sa.func.max(EXPLANATION.c.id))
        .where(
            EXPLANATION.c.source_id == sa.bindparam("source_id"),
            EXPLANATION.c.weights_hash == sa.bindparam("weights_hash"),
            EXPLANATION.c.latent_index.in_(sa.bindparam("indices", expanding=True)),
        )
        .group_by(EXPLANATION.c.latent_index)
    )
)
#: All texts about one latent, newest first.
EXPLANATIONS = (
    sa.select(EXPLANATION)
    .where(
        EXPLANATION.c.source_id == sa.bindparam("source_id"),
        EXPLANATION.c.latent_index == sa.bindparam("index"),
    )
    .order_by(EXPLANATION.c.id.desc())
)


def in_parts(numbers: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """The numbers once each and sorted, in lists short enough for one statement."""
    rest = iter(sorted(set(numbers)))
    while part := tuple(islice(rest, MAX_IN)):
        yield part


def token_texts(session: Session, language_model_id: int, ids: Collection[int]) -> dict[int, str]:
    """Display strings of the token ids, one query; an id outside the vocabulary reads ``<id>``."""
    texts = {token_id: f"<{token_id}>" for token_id in ids}
    for part in in_parts(texts):
        query = sa.select(TOKEN.c.token_id, TOKEN.c.text).where(
            TOKEN.c.language_model_id == language_model_id, TOKEN.c.token_id.in_(part)
        )
        texts.update((token_id, text) for token_id, text in session.execute(query))
    return texts


def vocabulary(session: Session, language_model_id: int) -> dict[int, str]:
    """Display strings of the whole vocabulary; for a build, not for a page."""
    query = sa.select(TOKEN.c.token_id, TOKEN.c.text).where(TOKEN.c.language_model_id == language_model_id)
    return {row[0]: row[1] for row in session.execute(query)}


def labels(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, str]:
    """The labels of those of the latents that have one, one query."""
    found: dict[int, str] = {}
    for part in in_parts(indices):
        wanted = {"source_id": source.id, "weights_hash": source.facts.weights_hash, "indices": part}
        found.update((index, text) for index, text in session.execute(LABELS, wanted))
    return found


def explanations(
    session: Session, source: SourceInfo, index: int, limit: int | None = None, offset: int = 0
) -> tuple[ExplanationInfo, ...]:
    """Explanations of a latent, newest first, all or so many after the first ``offset``; those for other weights are
    marked.
    """
    query = EXPLANATIONS if limit is None else EXPLANATIONS.limit(limit).offset(offset)
    return tuple(
        ExplanationInfo(
            id=row["id"],
            text=row["text"],
            author=row["author"],
            method=row["method"],
            scores=row["scores"],
            created=row["created"],
            is_current=row["weights_hash"] == source.facts.weights_hash,
        )
        for row in session.execute(query, {"source_id": source.id, "index": index}).mappings()
    )


def count_explanations(session: Session, source: SourceInfo, index: int) -> int:
    """How many texts a latent has."""
    query = sa.select(sa.func.count()).select_from(EXPLANATION)
    query = query.where(EXPLANATION.c.source_id == source.id, EXPLANATION.c.latent_index == index)
    return session.execute(query).scalar_one()
