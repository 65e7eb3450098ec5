"""Patching from a second prompt -> what the Ablate page shows: does it break, does it suffice?"""

from collections.abc import Mapping, Sequence

from app.ablate import schemas as answers
from app.ablate.metric_names import METRIC_NAMES
from app.ablate.patch_figures import BothWays, patch_figure
from app.ablate.patch_words import Gap, Part, answer, shown_share
from app.ablate.query import AblateQuery
from app.ablate.views import PatchReferenceRow, PatchRow, PatchView
from app.db.display import whole_characters
from app.text.block_views import Measure
from app.text.figure_view import FigureView
from app.text.formats import count, number, signed
from app.text.names import name_view, short_name
from app.text.token_views import ScopeText, ScopeToken, ScopeTurn
from app.text.tokens import chip, heat_step, pieces, plain

REFERENCES = {"all latents": "All latents together", "error term": "The error term alone", "everything": "Everything"}


def empty_patch(state: str, query: AblateQuery, said: str = "", title: str = "") -> PatchView:
    """The panel in a state without data."""
    return PatchView(
        state=state,
        said=said,
        title=title,
        target=None,
        is_own_target=True,
        contrast=None,
        metric="",
        measures=(),
        texts=(),
        breaks_said="",
        suffices_said="",
        figure=None,
        rows=(),
        references=(),
        notes=(),
        link=query.link(),
    )


def patch_view(found: answers.PatchAnswer, query: AblateQuery, *, has_build: bool) -> PatchView:
    """The panel with data."""
    metric, unit = METRIC_NAMES.get(found.metric, (found.metric.replace("_", " "), ""))
    here, there = whole_characters(found.tokens), whole_characters(found.other_tokens)
    named = [(_name(latent, here), latent) for latent in found.latents]
    return PatchView(
        state="data",
        said="",
        title="",
        target=chip(found.target),
        is_own_target=not query.target,
        contrast=None if found.contrast is None else chip(found.contrast),
        metric=f"{metric}, in {unit}" if unit else metric,
        measures=(
            Measure("Your prompt", signed(found.baseline), unit),
            Measure("Second prompt", signed(found.other_baseline), unit),
            Measure("Gap between them", signed(found.gap), unit),
            Measure("Random change", number(found.spread), unit, "as large as that between the prompts"),
            Measure("Values that differ", count(found.n_differing), "", "latents, by token"),
        ),
        texts=(
            _text("Your prompt", here, _by_place([(latent.position, latent.breaks) for latent in found.latents])),
            _text("Second prompt", there, _by_place([(latent.position, latent.suffices) for latent in found.latents])),
        ),
        breaks_said=_said(found, unit, "breaks", here),
        suffices_said=_said(found, unit, "suffices", here),
        figure=_figure(named, metric, unit),
        rows=tuple(_row(latent, here, there, query, has_build) for latent in found.latents),
        references=tuple(_reference(reference) for reference in found.references),
        notes=tuple(found.notes),
        link=query.link(),
    )


def _name(latent: answers.PatchedLatent, shown: Sequence[str]) -> str:
    return f"{short_name(latent.index, latent)} on {plain(shown[latent.position]).strip() or 'space'}"


def _spoken(latent: answers.PatchedLatent, shown: Sequence[str]) -> str:
    name = latent.label or latent.summary
    known = f" ({plain(name)})" if name else ""
    return f"latent {latent.index}{known} on “{plain(shown[latent.position]).strip()}”"


def _said(found: answers.PatchAnswer, unit: str, question: str, here: Sequence[str]) -> str:
    """The answer to whether it ``breaks`` or ``suffices``."""

    def part(name: str, item: answers.PatchedLatent | answers.PatchReferenceAnswer) -> Part:
        if question == "breaks":
            return Part(name, item.breaks, item.breaks_share)
        return Part(name, item.suffices, item.suffices_share)

    gap = Gap(found.gap, found.spread, found.gap_is, unit, "takes away" if question == "breaks" else "brings back")
    others = {reference.name: part(reference.name, reference) for reference in found.references}
    parts = [part(_spoken(latent, here), latent) for latent in found.latents]
    return answer(gap, parts, others.get("all latents"), others.get("error term"))


def _figure(named: Sequence[tuple[str, answers.PatchedLatent]], metric: str, unit: str) -> FigureView | None:
    if not named:
        return None
    short = [(name if len(name) <= 32 else f"{name[:31]}…", latent) for name, latent in named]
    return patch_figure([BothWays(name, latent.breaks, latent.suffices) for name, latent in short], metric, unit)


def _row(
    latent: answers.PatchedLatent, here: Sequence[str], there: Sequence[str], query: AblateQuery, has_build: bool
) -> PatchRow:
    place = latent.position
    return PatchRow(
        index=latent.index,
        href=f"/sources/{query.source}/latents/{latent.index}" if has_build else "",
        name=name_view(latent.index, latent),
        token=chip(here[place]),
        other_token=None if here[place] == there[place] else chip(there[place]),
        position=place,
        activation=number(latent.activation),
        other_activation=number(latent.other_activation),
        breaks=signed(latent.breaks),
        breaks_share=shown_share(latent.breaks_share),
        suffices=signed(latent.suffices),
        suffices_share=shown_share(latent.suffices_share),
    )


def _reference(found: answers.PatchReferenceAnswer) -> PatchReferenceRow:
    return PatchReferenceRow(
        name=REFERENCES.get(found.name, found.name),
        breaks=signed(found.breaks),
        breaks_share=shown_share(found.breaks_share),
        suffices=signed(found.suffices),
        suffices_share=shown_share(found.suffices_share),
    )


def _by_place(effects: Sequence[tuple[int, float]]) -> dict[int, float]:
    found: dict[int, float] = {}
    for place, effect in effects:
        found[place] = max(found.get(place, 0.0), abs(effect))
    return found


def _text(title: str, shown: Sequence[str], by_place: Mapping[int, float]) -> ScopeText:
    """A prompt, each token by the largest effect of a latent there."""
    largest = max(by_place.values(), default=0.0)
    tokens = tuple(
        ScopeToken(
            position=place,
            pieces=pieces(text),
            step=heat_step(by_place.get(place, 0.0), largest),
            said=f"up to {number(by_place[place])}" if place in by_place else "",
            is_chosen=False,
            is_special=False,
        )
        for place, text in enumerate(shown)
    )
    return ScopeText(title, (ScopeTurn("", tokens),), can_choose=False)
