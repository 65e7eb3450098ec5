"""Labels by people: what a latent is called, who says so, and what it was called before."""

from typing import Any

from sqlalchemy.orm import Session

from app.db import queries, writes
from app.db.queries import ExplanationInfo
from app.formats import moment, number
from app.services.tokens import plain
from app.views import ExplanationView, LabelsView


def save_label(session: Session, slug: str, index: int, text: str, author: str) -> ExplanationInfo:
    """Store a label; it is bound to the weights that the source has now."""
    source = queries.source_by_slug(session, slug)
    made = writes.add_label(session, source, index, text, author)
    return next(item for item in queries.explanations(session, source, index) if item.id == made)


def labels_view(
    slug: str, index: int, items: tuple[ExplanationInfo, ...], *, text: str = "", author: str = "", error: str = ""
) -> LabelsView:
    """The panel; ``items`` newest first. ``text`` and ``author`` are what was sent and refused because of ``error``."""
    current = next((item for item in items if item.is_current), None)
    return LabelsView(
        action=f"/sources/{slug}/latents/{index}/labels",
        label=None if current is None else _explanation(current),
        history=tuple(_explanation(item) for item in items if item is not current),
        text=text if error else (current.text if current else ""),
        author=author,
        error=error,
        max_label=writes.MAX_LABEL,
        max_author=writes.MAX_AUTHOR,
    )


def _explanation(item: ExplanationInfo) -> ExplanationView:
    scores = tuple(f"{plain(name)} {_score(value)}" for name, value in item.scores.items())
    is_human = item.method == writes.HUMAN
    return ExplanationView(
        text=plain(item.text),
        author=plain(item.author) or "somebody",
        method="" if is_human else plain(item.method),
        when=moment(item.created),
        scores=scores,
        is_current=item.is_current,
    )


def _score(value: Any) -> str:
    return number(value) if isinstance(value, float) else plain(str(value))
