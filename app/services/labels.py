"""Labels by people: what a latent is called, who says so, and what it was called before."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.db import queries, writes
from app.db.queries import ExplanationInfo
from app.formats import count, moment, number
from app.services.tokens import plain
from app.views import ExplanationView, LabelsView

#: Controls and marks of direction. The field for a new text begins without those of the present one: there they would
#: act, unseen, on what a person types.
MARKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Names of scores that have another one among people; the key of how many texts they were measured on.
NAMES = {"auroc": "AUROC"}
N_TEXTS = "n_texts"


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
        text=text if error else (MARKS.sub("", current.text) if current else ""),
        author=author,
        error=error,
        max_label=writes.MAX_LABEL,
        max_author=writes.MAX_AUTHOR,
    )


def _explanation(item: ExplanationInfo) -> ExplanationView:
    is_human = item.method == writes.HUMAN
    return ExplanationView(
        text=plain(item.text),
        author=plain(item.author) or "somebody",
        method="" if is_human else plain(item.method),
        when=moment(item.created),
        scores=_scores(item.scores),
        is_current=item.is_current,
    )


def _scores(scores: Mapping[str, Any]) -> tuple[str, ...]:
    """Scores as people read them; the number of texts stands with the first of the others."""
    said = [f"{_name(name)} {_score(value)}" for name, value in scores.items() if name != N_TEXTS]
    n = scores.get(N_TEXTS)
    if n is None:
        return tuple(said)
    on = f"on {_score(n)} {'text' if n == 1 else 'texts'}"
    return (f"{said[0]} {on}", *said[1:]) if said else (f"tested {on}",)


def _name(name: str) -> str:
    return NAMES.get(name, plain(name).replace("_", " "))


def _score(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    return number(value) if isinstance(value, float) else plain(str(value))
