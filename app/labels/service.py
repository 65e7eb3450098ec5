"""Labels of a latent: what it is called, who says so, what that is worth, and what it was called before."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.db.queries.answers import ExplanationInfo
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import SHOWN_TEXTS, count_explanations, explanations
from app.db.writes.explanations import MAX_AUTHOR, MAX_LABEL, MAX_RULE, WITHDRAWN, add_label, withdraw_label
from app.errors import UnknownLatent
from app.labels.views import ExplanationView, FigureRow, LabelsView
from app.text.formats import count, moment, number, percent
from app.text.tokens import plain
from app.web.paging import Part
from models.statistics.label_tests import CAUSAL, FAILED, HUMAN, TESTED, LabelTest

#: Controls and marks of direction. The field for a new text begins without those of the present one: there they would
#: act, unseen, on what a person types.
MARKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Names of scores that have another one among people.
NAMES = {"auroc": "AUROC"}
#: Scores that say how many texts or tokens the others were taken on.
COUNTS = {"n_texts": ("text", "texts"), "n_tokens": ("token", "tokens"), "n_windows": ("window", "windows")}
UNITS = {"tokens": ("token", "tokens"), "windows": ("window", "windows"), "texts": ("text", "texts")}
#: Figures of a test: their name, and what they say.
FIGURES = {
    "precision": ("Precision", "of the {many} of which it says so, the latent fires on"),
    "recall": ("Recall", "of the {many} on which the latent fires, it covers"),
    "auroc_token": ("AUROC by token", "how well the activation tells its tokens from all others; 0.5 is chance"),
    "auroc_text": (
        "AUROC by text",
        "how well a text's largest activation tells its texts from others; one token in a text is enough for it",
    ),
}
#: Parts of ``scores`` that stand elsewhere.
SHOWN_ELSEWHERE = ("unit", "intervals")


def save_label(
    session: Session, slug: str, index: int, text: str, author: str, rule: str = "", test: LabelTest | None = None
) -> ExplanationInfo:
    """Store a label; it is bound to the weights that the source has now."""
    source = source_by_slug(session, slug)
    made = add_label(session, source, index, text, author, rule=rule, test=test)
    # The newest, unless the same words were there already.
    return next(item for item in explanations(session, source, index, SHOWN_TEXTS) if item.id == made)


def withdraw(session: Session, slug: str, index: int, number_of_label: int) -> None:
    """Take back what a person called the latent."""
    withdraw_label(session, source_by_slug(session, slug), index, number_of_label)


def labels_view(
    slug: str,
    index: int,
    items: tuple[ExplanationInfo, ...],
    n_all: int,
    *,
    summary: str = "",
    rule_part_href: str = "",
    rule_help: str = "",
    text: str = "",
    author: str = "",
    rule: str = "",
    error: str = "",
) -> LabelsView:
    """The panel; ``items`` are the newest of ``n_all``. ``text``, ``author`` and ``rule`` are what was sent and refused
    because of ``error``.
    """
    action = f"/sources/{slug}/latents/{index}/labels"
    present = [item for item in items if item.is_current and not item.ended_as]
    leading = next((item for item in present if item.leads), None)
    others = [item for item in present if item is not leading]
    mine = next((item for item in present if item.kind == HUMAN), leading)
    return LabelsView(
        action=action,
        label=None if leading is None else explanation_view(leading, action),
        summary=summary,
        others=tuple(explanation_view(item, action) for item in others),
        history=tuple(explanation_view(item, action) for item in items if item not in present),
        all_href=action if n_all > len(items) else "",
        n_all=n_all,
        text=text if error else (MARKS.sub("", mine.text) if mine else ""),
        author=author,
        rule=rule if error else (MARKS.sub("", mine.rule) if mine else ""),
        error=error,
        max_label=MAX_LABEL,
        max_author=MAX_AUTHOR,
        max_rule=MAX_RULE,
        rule_part_href=rule_part_href,
        rule_help=rule_help,
    )


def said_of(item: ExplanationInfo) -> str:
    """Who wrote a label, when, and how it did when it was tested, in one line."""
    view = explanation_view(item, "")
    by = f"{view.method}, {view.author}" if view.method else view.author
    ended = f" · {view.ended}" if view.ended else ""
    worth = ", ".join((view.verdict, *view.rest)) if view.rest else view.verdict
    return f"{by}, {view.when} · {worth}{ended}" + ("" if view.is_current else " · written for other weights")


def some_labels(session: Session, slug: str, index: int, part: Part) -> tuple[list[ExplanationInfo], int]:
    """(a part of a latent's texts, newest first; how many it has)."""
    source = source_by_slug(session, slug)
    if not 0 <= index < source.facts.d_sae:
        raise UnknownLatent(slug, index, source.facts.d_sae)
    found = explanations(session, source, index, part.limit, part.offset)
    return list(found), count_explanations(session, source, index)


def explanation_view(item: ExplanationInfo, action: str) -> ExplanationView:
    """A label as its panel shows it; ``action``: where labels are written, empty where they cannot be."""
    can_withdraw = item.kind == HUMAN and not item.ended_as and action
    ended = ""
    if item.ended_as and item.ended:
        how = "withdrawn" if item.ended_as == WITHDRAWN else "replaced by its author"
        ended = f"{how} {moment(item.ended)}"
    return ExplanationView(
        text=plain(item.text),
        kind=item.kind,
        author=plain(item.author) or "somebody",
        method="" if item.kind == HUMAN else plain(item.method),
        when=moment(item.created),
        status=item.status,
        verdict=_verdict(item),
        figures=_figures(item),
        rest=_scores(item.scores),
        rule=plain(item.rule),
        is_current=item.is_current,
        ended=ended,
        withdraw_href=f"{action}/{item.id}/withdraw" if can_withdraw else "",
    )


def verdict(status: str, n: int, unit: str, precision: float | None, recall: float | None) -> str:
    """What a test found, with the label's false alarms and misses."""
    one, many = UNITS.get(unit, UNITS["tokens"])
    on = f"on {count(n)} {one if n == 1 else many}"
    errors = ""
    if precision is not None and recall is not None:
        errors = f": {percent(1 - precision, 2)} false alarms, {percent(1 - recall, 2)} misses"
    if status == FAILED:
        return f"failed {on}{errors}"
    if status in (TESTED, CAUSAL):
        steers = "; steering with the latent did what it says" if status == CAUSAL else ""
        return f"tested {on}{errors}{steers}"
    return f"still a guess: measured {on}{errors}, which is too little to tell"


def figure_rows(values: Mapping[str, float | None], intervals: Mapping[str, Any], unit: str) -> tuple[FigureRow, ...]:
    """The figures that were measured, with their intervals."""
    many = UNITS.get(unit, UNITS["tokens"])[1]
    rows = []
    for name, (title, meaning) in FIGURES.items():
        value = values.get(name)
        if value is None:
            continue
        ends = intervals.get(name)
        interval = ""
        if isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, int | float) for end in ends):
            interval = f"{ends[0]:.3f}\N{EN DASH}{ends[1]:.3f}"
        rows.append(FigureRow(title, f"{value:.3f}", interval, meaning.format(many=many)))
    return tuple(rows)


def _verdict(item: ExplanationInfo) -> str:
    if item.n is None:
        return "" if any(name not in SHOWN_ELSEWHERE for name in item.scores) else "a guess, not tested"
    return verdict(item.status, item.n, str(item.scores.get("unit")), item.precision, item.recall)


def _figures(item: ExplanationInfo) -> tuple[FigureRow, ...]:
    intervals = item.scores.get("intervals")
    values = {name: getattr(item, name) for name in FIGURES}
    return figure_rows(values, intervals if isinstance(intervals, dict) else {}, str(item.scores.get("unit")))


def _scores(scores: Mapping[str, Any]) -> tuple[str, ...]:
    """Scores as people read them; on how many texts or tokens stands with the first of the others."""
    flat = {
        f"{name} {inner}" if inner else name: value
        for name, whole in scores.items()
        if name not in (*COUNTS, *SHOWN_ELSEWHERE)
        for inner, value in (whole.items() if isinstance(whole, dict) else (("", whole),))
    }
    said = [f"{_name(name)} {_score(value)}" for name, value in flat.items()]
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
    if isinstance(value, list | tuple):
        return "\N{EN DASH}".join(map(_score, value)) if len(value) == 2 else ", ".join(map(_score, value))
    return number(value) if isinstance(value, float) else plain(str(value))
