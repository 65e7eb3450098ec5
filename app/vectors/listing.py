"""Vectors as the page shows them: the preview of one, and the list of those that are saved."""

from collections.abc import Collection, Sequence

from app.db.queries.vectors import VectorFacts
from app.text.block_views import Measure
from app.text.formats import count, moment, number, percent, signed
from app.text.names import name_view
from app.text.token_views import TokenBar
from app.text.tokens import chip, plain
from app.vectors.figures import projections_figure
from app.vectors.query import PATH, PLACES, VectorsQuery
from app.vectors.schemas import NearLatent, PromotedToken, VectorAnswer
from app.vectors.views import NearLatentView, ProjectionRow, SavedVector, SavedVectors, VectorPreview

#: Latents that are listed.
NEAREST = 12
#: AUROC from which on the lists part well, partly, and (below) hardly.
WELL, PARTLY = 0.9, 0.7


def empty_preview(state: str, query: VectorsQuery, said: str = "", title: str = "") -> VectorPreview:
    """The preview in a state without data."""
    return VectorPreview(
        state=state,
        said=said,
        title=title,
        hook=query.hook,
        measures=(),
        separation="",
        warnings=(),
        figure=None,
        rows=(),
        promoted=(),
        suppressed=(),
        unpromoted="",
        nearest=(),
        no_latents="",
        link=query.link(),
    )


def vector_preview(found: VectorAnswer, query: VectorsQuery, built: Collection[str]) -> VectorPreview:
    """The preview with data; ``built`` are the slugs of sources whose latents have pages."""
    positive, negative = (
        [(plain(prompt), value) for prompt, value in zip(prompts, values, strict=True)]
        for prompts, values in zip(query.prompts, (found.projections.positive, found.projections.negative), strict=True)
    )
    rows = [(value, ProjectionRow(prompt, True, signed(value))) for prompt, value in positive]
    rows += [(value, ProjectionRow(prompt, False, signed(value))) for prompt, value in negative]
    rows.sort(key=lambda row: -row[0])
    return VectorPreview(
        state="data",
        said="",
        title="",
        hook=found.hook_name,
        measures=_measures(found),
        separation=_separation(found.auroc),
        warnings=tuple(found.warnings),
        figure=projections_figure(positive, negative),
        rows=tuple(row for _, row in rows),
        promoted=_bars(found.promoted),
        suppressed=_bars(found.suppressed),
        unpromoted="" if found.promoted is not None else _unpromoted(found.hook_name),
        nearest=tuple(_near(latent, built) for latent in found.nearest[:NEAREST]),
        no_latents="" if found.nearest else _no_latents(found.hook_name),
        link=query.link(),
    )


def saved_vectors(
    found: Sequence[VectorFacts], total: int, open_number: int | None, *, can_steer: bool
) -> SavedVectors:
    """The newest of ``total``; ``open_number`` is the one whose prompts are in the form."""
    rows = tuple(_saved(row, open_number, can_steer) for row in found)
    return SavedVectors(rows, total, f"{PATH}/saved" if total > len(rows) else "")


def _measures(found: VectorAnswer) -> tuple[Measure, ...]:
    prompts = found.projections
    return (
        Measure("Norm", number(found.norm), "", "length of the vector"),
        Measure(
            "Share of the norm",
            percent(found.residual_share),
            "",
            f"of {number(found.mean_norm)}, the mean norm of the activation on these prompts",
        ),
        Measure(
            "Separation",
            None if found.auroc is None else number(found.auroc),
            "" if found.auroc is None else "AUROC",
            "on prompts left out; 0.5 is chance, 1 is perfect",
        ),
        Measure("Prompts", f"{len(prompts.positive)} + {len(prompts.negative)}", "", "towards and away from"),
    )


def _separation(auroc: float | None) -> str:
    if auroc is None:
        return "With two or more prompts in each list the page also tells whether the vector holds for unseen prompts."
    share = f"in {percent(auroc)} of the pairs the prompt towards it lies further along than the one away from it"
    if auroc >= WELL:
        return f"The two lists part well: on prompts left out, {share}."
    if auroc >= PARTLY:
        return f"The two lists part, with exceptions: on prompts left out, {share}."
    return f"The two lists hardly part: on prompts left out, {share}."


def _unpromoted(hook: str) -> str:
    return f"What is written at {plain(hook)} has no direct path to the logits that is known."


def _no_latents(hook: str) -> str:
    return f"No source reads {plain(hook)}; hooks that one reads are marked in the list above."


def _bars(items: Sequence[PromotedToken] | None) -> tuple[TokenBar, ...]:
    longest = max((abs(item.value) for item in items or ()), default=0.0) or 1.0
    return tuple(TokenBar(chip(item.token), signed(item.value), abs(item.value) / longest) for item in items or ())


def _near(latent: NearLatent, built: Collection[str]) -> NearLatentView:
    return NearLatentView(
        slug=latent.source,
        index=latent.index,
        href=f"/sources/{latent.source}/latents/{latent.index}" if latent.source in built else "",
        name=name_view(latent.index, latent),
        cosine=f"{latent.cosine:.2f}".replace("-", "\N{MINUS SIGN}"),
    )


def _saved(row: VectorFacts, open_number: int | None, can_steer: bool) -> SavedVector:
    return SavedVector(
        number=row.id,
        name=plain(row.name),
        model=plain(row.model),
        hook=plain(row.hook_name),
        positions=PLACES[row.positions],
        norm=number(row.norm),
        share=percent(row.residual_share),
        prompts=f"{count(row.n_positive)} + {count(row.n_negative)}",
        created=moment(row.created),
        href=f"{PATH}?vector={row.id}",
        export_href=f"/api/v1/vectors/{row.id}.safetensors",
        steer_href=f"/steer?term=vector/{row.id}&mode=add&strength=1" if can_steer else "",
        delete_href=f"{PATH}/{row.id}/delete",
        is_open=row.id == open_number,
    )
