"""Texts that go with numbers: display strings of tokens, labels and explanations of latents."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.answers import ExplanationInfo, Label, SourceInfo
from app.db.tables.sources import Token
from app.db.tables.steering import Explanation
from models.statistics.label_tests import FAILED

TOKEN = Token.__table__
EXPLANATION = Explanation.__table__

#: Texts about one latent that its page and its answer show, the newest ones; the rest are read a page at a time.
SHOWN_TEXTS = 50
#: Numbers in one IN list; SQLite allows 32766 in a statement, PostgreSQL 65535.
MAX_IN = 10_000
#: Labels of latents: those that lead for the weights that the source has, unless they failed their test. Put together
#: once: that takes longer than the database needs to answer it.
LEADING = (
    EXPLANATION.c.source_id == sa.bindparam("source_id"),
    EXPLANATION.c.weights_hash == sa.bindparam("weights_hash"),
    EXPLANATION.c.leads,
)
LABEL_COLUMNS = [EXPLANATION.c[name] for name in ("latent_index", "text", "kind", "status", "score")]
ALL_LABELS = sa.select(*LABEL_COLUMNS).where(*LEADING)
LABELS = ALL_LABELS.where(EXPLANATION.c.latent_index.in_(sa.bindparam("indices", expanding=True)))
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
    """The labels of those of the latents that have one that did not fail, one query."""
    found = leading_labels(session, source, indices)
    return {index: label.text for index, label in found.items() if label.status != FAILED}


def leading_labels(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, Label]:
    """The leading labels of those of the latents that have one, one query; one that failed is among them."""
    found: dict[int, Label] = {}
    for part in in_parts(indices):
        wanted = {"source_id": source.id, "weights_hash": source.facts.weights_hash, "indices": part}
        found.update((index, Label(*rest)) for index, *rest in session.execute(LABELS, wanted))
    return found


def explanations(
    session: Session, source: SourceInfo, index: int, limit: int | None = None, offset: int = 0
) -> tuple[ExplanationInfo, ...]:
    """Explanations of a latent, newest first, all or so many after the first ``offset``; those for other weights are
    marked.
    """
    query = EXPLANATIONS if limit is None else EXPLANATIONS.limit(limit).offset(offset)
    rows = session.execute(query, {"source_id": source.id, "index": index}).mappings()
    return tuple(_explanation(row, source) for row in rows)


def every_explanation(session: Session, source: SourceInfo) -> Iterator[tuple[int, ExplanationInfo]]:
    """(latent, text) of all texts of a source, in the order of the latents and then as they were written."""
    query = sa.select(EXPLANATION).where(EXPLANATION.c.source_id == source.id)
    ordered = query.order_by(EXPLANATION.c.latent_index, EXPLANATION.c.id).execution_options(yield_per=1000)
    for row in session.execute(ordered).mappings():
        yield row["latent_index"], _explanation(row, source)


def _explanation(row: Mapping[Any, Any], source: SourceInfo) -> ExplanationInfo:
    return ExplanationInfo(
        id=row["id"],
        text=row["text"],
        author=row["author"],
        method=row["method"],
        scores=row["scores"],
        created=row["created"],
        is_current=row["weights_hash"] == source.facts.weights_hash,
        weights_hash=row["weights_hash"],
        kind=row["kind"],
        status=row["status"],
        n=row["n"],
        score=row["score"],
        precision=row["precision"],
        recall=row["recall"],
        auroc_token=row["auroc_token"],
        auroc_text=row["auroc_text"],
        rule=row["rule"] or "",
        leads=row["leads"],
        ended=row["ended"],
        ended_as=row["ended_as"] or "",
    )


def texts_by(session: Session, source: SourceInfo, author: str, kind: str) -> list[tuple[int, str]]:
    """The (latent, text) of all that an author has of a kind for the present weights, sorted."""
    query = sa.select(EXPLANATION.c.latent_index, EXPLANATION.c.text).where(
        EXPLANATION.c.source_id == source.id,
        EXPLANATION.c.weights_hash == source.facts.weights_hash,
        EXPLANATION.c.author == author,
        EXPLANATION.c.kind == kind,
    )
    return sorted((row[0], row[1]) for row in session.execute(query))


def count_explanations(session: Session, source: SourceInfo, index: int) -> int:
    """How many texts a latent has."""
    query = sa.select(sa.func.count()).select_from(EXPLANATION)
    query = query.where(EXPLANATION.c.source_id == source.id, EXPLANATION.c.latent_index == index)
    return session.execute(query).scalar_one()
