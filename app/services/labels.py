"""Labels by people: what a latent is called, who says so, and what it was called before."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.db import queries, writes
from app.db.queries import ExplanationInfo
from app.db.queries.texts import SHOWN_TEXTS, count_explanations
from app.errors import UnknownLatent
from app.formats import count, moment, number
from app.services.paging import Part
from app.services.tokens import plain
from app.views import ExplanationView, LabelsView

#: Controls and marks of direction. The field for a new text begins without those of the present one: there they would
#: act, unseen, on what a person types.
MARKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Names of scores that have another one among people; the key of how many texts they were measured on.
NAMES = {"auroc": "AUROC"}
#: Scores that say how many texts or tokens the others were taken on.
COUNTS = {"n_texts": ("text", "texts"), "n_tokens": ("token", "tokens")}


def save_label(session: Session, slug: str, index: int, text: str, author: str) -> ExplanationInfo:
    """Store a label; it is bound to the weights that the source has now."""
    source = queries.source_by_slug(session, slug)
    made = writes.add_label(session, source, index, text, author)
    # The newest, unless the same words were there already.
    return next(item for item in queries.explanations(session, source, index, SHOWN_TEXTS) if item.id == made)


def labels_view(
    slug: str,
    index: int,
    items: tuple[ExplanationInfo, ...],
    n_all: int,
    *,
    text: str = "",
    author: str = "",
    error: str = "",
) -> LabelsView:
    """The panel; ``items`` are the newest of ``n_all``. ``text`` and ``author`` are what was sent and refused because
    of ``error``.
    """
    current = next((item for item in items if item.is_current), None)
    return LabelsView(
        action=f"/sources/{slug}/latents/{index}/labels",
        label=None if current is None else _explanation(current),
        history=tuple(_explanation(item) for item in items if item is not current),
        all_href=f"/sources/{slug}/latents/{index}/labels" if n_all > len(items) else "",
        n_all=n_all,
        text=text if error else (MARKS.sub("", current.text) if current else ""),
        author=author,
        error=error,
        max_label=writes.MAX_LABEL,
        max_author=writes.MAX_AUTHOR,
    )


def said_of(item: ExplanationInfo) -> str:
    """Who wrote a label, when, and how it did when it was tested, in one line."""
    view = _explanation(item)
    by = f"{view.method}, {view.author}" if view.method else view.author
    tested = ", ".join(view.scores) or "a guess, not tested"
    return f"{by}, {view.when} · {tested}" + ("" if view.is_current else " · written for other weights")


def some_labels(session: Session, slug: str, index: int, part: Part) -> tuple[list[ExplanationInfo], int]:
    """(a part of a latent's texts, newest first; how many it has)."""
    source = queries.source_by_slug(session, slug)
    if not 0 <= index < source.facts.d_sae:
        raise UnknownLatent(slug, index, source.facts.d_sae)
    found = queries.explanations(session, source, index, part.limit, part.offset)
    return list(found), count_explanations(session, source, index)


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
    """Scores as people read them; on how many texts or tokens stands with the first of the others."""
    said = [f"{_name(name)} {_score(value)}" for name, value in scores.items() if name not in COUNTS]
    known = next(((scores[name], words) for name, words in COUNTS.items() if scores.get(name) is not None), None)
    if known is None:
        return tuple(said)
    n, (one, many) = known
    on = f"on {_score(n)} {one if n == 1 else many}"
    return (f"{said[0]} {on}", *said[1:]) if said else (f"tested {on}",)


def _name(name: str) -> str:
    return NAMES.get(name, plain(name).replace("_", " "))


def _score(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    return number(value) if isinstance(value, float) else plain(str(value))
