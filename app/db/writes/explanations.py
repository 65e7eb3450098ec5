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
from app.db.tables import Explanation
from app.db.writes.bulk import rolled_back_on_error
from app.errors import InvalidRequest, NotFound, UnknownLatent

MAX_TEXT = 2000


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
        session.commit()


def remove_explanation(session: Session, source: SourceInfo, explanation_id: int) -> None:
    """Delete one text of this source; the next newest becomes the label."""
    with rolled_back_on_error(session):
        changed: Any = session.execute(
            sa.delete(Explanation).where(Explanation.id == explanation_id, Explanation.source_id == source.id)
        )
        session.commit()
    if changed.rowcount != 1:
        raise NotFound(f"{source.slug} has no explanation {explanation_id}.")


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
        "search_text": text.lower(),
        "author": author,
        "method": method,
        "scores": dict(item.scores),
        "created": now,
    }
