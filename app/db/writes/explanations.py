"""Labels: texts that say what a latent means, bound to the weights they were written for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.display import displayable
from app.db.queries.answers import SourceInfo
from app.db.queries.texts import in_parts
from app.db.tables import Explanation, Source
from app.db.writes.bulk import rolled_back_on_error
from app.errors import InvalidRequest, NotFound, UnknownLatent

MAX_TEXT = 2000
MAX_LABEL, MAX_AUTHOR = 500, 80
#: The method of labels that people write on a latent's page.
HUMAN = "human"


@dataclass(frozen=True)
class NewExplanation:
    """A text for one latent. ``scores``: how it did when tested, with numbers of texts; empty: a guess."""

    latent_index: int
    text: str
    scores: Mapping[str, Any] = field(default_factory=dict)


def add_explanation(
    session: Session,
    source: SourceInfo,
    latent_index: int,
    text: str,
    *,
    author: str,
    method: str,
    scores: Mapping[str, Any] | None = None,
) -> int:
    """Store one text, which becomes the label; it replaces the same author's text by the same method."""
    add_explanations(session, source, [NewExplanation(latent_index, text, scores or {})], author=author, method=method)
    query = sa.select(sa.func.max(Explanation.id)).where(
        Explanation.source_id == source.id, Explanation.latent_index == latent_index
    )
    return session.scalars(query).one() or 0


def add_explanations(
    session: Session, source: SourceInfo, items: Sequence[NewExplanation], *, author: str, method: str
) -> None:
    """Store many texts at once, all or none."""
    now = datetime.now(UTC)
    rows = [_row(source, item, author, method, now) for item in items]
    if not rows:
        return
    with rolled_back_on_error(session):
        for part in in_parts(item.latent_index for item in items):
            session.execute(
                sa.delete(Explanation)
                .where(
                    Explanation.source_id == source.id,
                    Explanation.weights_hash == source.facts.weights_hash,
                    Explanation.author == author,
                    Explanation.method == method,
                    Explanation.latent_index.in_(part),
                )
                .execution_options(synchronize_session=False)
            )
        session.execute(sa.insert(Explanation), rows)
        _count_change(session, source)
        session.commit()


def add_label(session: Session, source: SourceInfo, latent_index: int, text: str, author: str = "") -> int:
    """Store what a person calls a latent; it becomes the label, and what was there before stays as its history.

    Gives the number of the row; the same words by the same author once more change nothing.
    """
    text, author = displayable(" ".join(text.split())), displayable(" ".join(author.split()))
    if not text:
        raise InvalidRequest(f"A label has 1 to {MAX_LABEL} characters; this one is empty.")
    if len(text) > MAX_LABEL:
        raise InvalidRequest(f"A label has at most {MAX_LABEL} characters, not {len(text)}.")
    if len(author) > MAX_AUTHOR:
        raise InvalidRequest(f"The name of an author has at most {MAX_AUTHOR} characters, not {len(author)}.")
    row = _row(source, NewExplanation(latent_index, text), author, HUMAN, datetime.now(UTC))
    with rolled_back_on_error(session):
        newest = sa.select(Explanation.id, Explanation.text, Explanation.author, Explanation.method).where(
            Explanation.source_id == source.id,
            Explanation.latent_index == latent_index,
            Explanation.weights_hash == source.facts.weights_hash,
        )
        last = session.execute(newest.order_by(Explanation.id.desc()).limit(1)).first()
        if last is not None and last[1:] == (text, author, HUMAN):
            return int(last[0])
        made: Any = session.execute(sa.insert(Explanation).values(row))
        _count_change(session, source)
        session.commit()
    return int(made.inserted_primary_key[0])


def remove_explanation(session: Session, source: SourceInfo, explanation_id: int) -> None:
    """Delete one text of this source; the next newest becomes the label."""
    with rolled_back_on_error(session):
        changed: Any = session.execute(
            sa.delete(Explanation).where(Explanation.id == explanation_id, Explanation.source_id == source.id)
        )
        _count_change(session, source)
        session.commit()
    if changed.rowcount != 1:
        raise NotFound(f"{source.slug} has no explanation {explanation_id}.")


def _count_change(session: Session, source: SourceInfo) -> None:
    """Tell the caches of the table of latents that labels changed."""
    changed = sa.update(Source).where(Source.id == source.id).values(table_version=Source.table_version + 1)
    session.execute(changed.execution_options(synchronize_session=False))


def _row(source: SourceInfo, item: NewExplanation, author: str, method: str, now: datetime) -> dict[str, Any]:
    if not 0 <= item.latent_index < source.facts.d_sae:
        raise UnknownLatent(source.slug, item.latent_index, source.facts.d_sae)
    text = displayable(" ".join(item.text.split()))
    if not text or len(text) > MAX_TEXT:
        raise InvalidRequest(f"An explanation has 1 to {MAX_TEXT} characters, not {len(text)}.")
    return {
        "source_id": source.id,
        "latent_index": item.latent_index,
        "weights_hash": source.facts.weights_hash,
        "text": text,
        "author": author,
        "method": method,
        "scores": dict(item.scores),
        "created": now,
    }
