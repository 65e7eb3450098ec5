"""Selectivity over groups of texts -> what the Ablate page shows: whom does removing latents hurt?"""

from collections.abc import Mapping, Sequence

from app.ablate import schemas as answers
from app.ablate.patch_figures import GroupChange, selectivity_figure
from app.ablate.query import AblateQuery
from app.ablate.views import RemovedLatent, SelectivityRow, SelectivityView
from app.db.queries.answers import LatentName
from app.text.formats import NOT_RECORDED, count, number, percent, signed
from app.text.names import name_view
from app.text.tokens import plain


def empty_selectivity(state: str, query: AblateQuery, said: str = "", title: str = "") -> SelectivityView:
    """The panel in a state without data."""
    return SelectivityView(
        state=state,
        said=said,
        title=title,
        latents=(),
        verdict="",
        figure=None,
        rows=(),
        notes=(),
        link=query.link(),
    )


def selectivity_view(
    found: answers.SelectivityAnswer,
    query: AblateQuery,
    names: Mapping[int, LatentName],
    notes: Sequence[str],
    *,
    has_build: bool,
) -> SelectivityView:
    """The panel with data; ``names`` are those of the latents."""
    href = f"/sources/{found.source}/latents"
    return SelectivityView(
        state="data",
        said="",
        title="",
        latents=tuple(
            RemovedLatent(index, f"{href}/{index}" if has_build else "", name_view(index, names[index]))
            for index in found.latents
        ),
        verdict=_verdict(found.groups),
        figure=selectivity_figure(
            [GroupChange(_short(plain(group.name)), group.change, tuple(group.controls)) for group in found.groups]
        ),
        rows=tuple(_row(group) for group in found.groups),
        notes=(*notes, *found.notes),
        link=query.link(),
    )


def _verdict(groups: Sequence[answers.GroupAnswer]) -> str:
    """The group that loses most, beside the random sets and beside the other groups."""
    most = max(groups, key=lambda group: group.change)
    if all(group.n_active == 0 for group in groups):
        return "The latents fire on none of these texts, so removing them changes nothing."
    if most.change <= 0:
        return "No group is predicted worse without these latents."
    said = f"Removing them hurts “{plain(most.name)}” most: {signed(most.change)} nats per token"
    if not most.controls:
        return f"{said}."
    if most.controls_as_large == 0:
        said += f", more than any of {count(len(most.controls))} random directions of the same size"
    else:
        said += (
            f", but {count(most.controls_as_large)} of {count(len(most.controls))} random directions of the same size "
            "change the loss as much, so this says little about the latents"
        )
    others = [group for group in groups if group is not most]
    if not others:
        return f"{said}."
    next_most = max(others, key=lambda group: group.change)
    return f"{said}. Of the others “{plain(next_most.name)}” changes most: {signed(next_most.change)}."


def _row(group: answers.GroupAnswer) -> SelectivityRow:
    n = len(group.controls)
    return SelectivityRow(
        name=plain(group.name),
        n_texts=count(group.n_texts),
        n_tokens=count(group.n_tokens),
        firing=percent(group.n_active / group.n_tokens if group.n_tokens else None, 2),
        loss=number(group.loss),
        change=signed(group.change),
        control=NOT_RECORDED if group.control_mean is None else signed(group.control_mean),
        as_large=f"{count(group.controls_as_large)} of {count(n)}" if n else NOT_RECORDED,
        is_more=bool(n) and group.controls_as_large == 0 and group.n_active > 0,
    )


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"{name[:31]}…"
