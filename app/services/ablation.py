"""Causal questions about a prediction: which latents it rests on, whether they suffice, whom else they serve."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import answers_causal as answers
from app.db import queries
from app.db.queries import LatentName, SourceInfo
from app.engine import ModelEngine
from app.errors import InvalidRequest
from app.jobs.ablation import AblateJob, Answer, Asked, PatchJob, SelectivityJob, SetJob
from app.jobs.texts import TextInput
from app.services.activations import named
from app.services.corpus_groups import LabelGroup, texts_of
from app.services.engine_sources import Reader, key_of, notes_on
from app.services.names import answer_fields
from models.chat import PromptTokens

if TYPE_CHECKING:
    from models.attribution import Ablation, LatentEffect
    from models.metrics import Metrics
    from models.patching import Patching, SetEffect
    from models.selectivity import GroupEffect

MAX_TOP_K, MAX_SET, MAX_GROUPS, MAX_GROUP_TEXTS, MAX_CONTROLS = 500, 5000, 8, 64, 64
#: Differences below this share of the larger effect, or below so many nats, are not worth a word.
_SAME_SHARE, _SAME_NATS = 0.25, 0.01


@dataclass(frozen=True)
class SelectivityRequest:
    """Groups by name, each of texts or of those with a label of the corpus, and the latents removed together."""

    source: str
    latents: Sequence[int]
    groups: Mapping[str, Sequence[str] | LabelGroup]
    controls: int
    seed: int


async def ablate(engine: ModelEngine, reader: Reader, slug: str, asked: Asked, top_k: int) -> answers.AblateAnswer:
    """Remove the latents that seem to matter, one by one."""
    _check_top_k(top_k)
    source = await reader.work(reader.find_one, slug)
    job = AblateJob(source.facts.model.location, key_of(source), asked, top_k, reader.limits(source))
    return await reader.work(_ablation, reader, source, await engine.run(job))


async def patch(
    engine: ModelEngine, reader: Reader, slug: str, asked: Asked, other: str, top_k: int
) -> answers.PatchAnswer:
    """Take values over from a second prompt of the same length, both ways."""
    _check_top_k(top_k)
    source = await reader.work(reader.find_one, slug)
    given = TextInput(other, name="The other prompt")
    job = PatchJob(source.facts.model.location, key_of(source), asked, given, top_k, reader.limits(source))
    answer, other_tokens = await engine.run(job)
    return await reader.work(_patching, reader, source, answer, other_tokens)


async def remove_set(
    engine: ModelEngine,
    reader: Reader,
    slug: str,
    asked: Asked,
    chosen: Sequence[tuple[int, int | None]],
    *,
    keep: bool,
) -> answers.SetAnswer:
    """Remove a set of latents together, or all others."""
    if len(chosen) > MAX_SET or (not chosen and not keep):
        raise InvalidRequest(f"latents has {len(chosen)} entries; from {0 if keep else 1} to {MAX_SET} can be given.")
    source = await reader.work(reader.find_one, slug, *(index for index, _ in chosen))
    limits = reader.limits(source)
    job = SetJob(source.facts.model.location, key_of(source), asked, tuple(chosen), keep, limits)
    return _set(source, await engine.run(job), keep)


async def selectivity(engine: ModelEngine, reader: Reader, request: SelectivityRequest) -> answers.SelectivityAnswer:
    """The loss of each group of texts with and without the latents, beside random directions of the same size."""
    if not 1 <= len(request.groups) <= MAX_GROUPS:
        raise InvalidRequest(f"{len(request.groups)} groups were given; from 1 to {MAX_GROUPS} can be compared.")
    if not 0 <= request.controls <= MAX_CONTROLS:
        raise InvalidRequest(f"controls is a number of random sets from 0 to {MAX_CONTROLS}, not {request.controls}.")
    if not 1 <= len(set(request.latents)) <= MAX_CONTROLS:
        raise InvalidRequest(f"latents has {len(set(request.latents))} entries; from 1 to {MAX_CONTROLS} can be given.")
    source = await reader.work(reader.find_one, request.source, *request.latents)
    given, notes = await reader.work(texts_of, reader, source, request.groups)
    for name, texts in given.items():
        if not 1 <= len(texts) <= MAX_GROUP_TEXTS:
            raise InvalidRequest(
                f"Group {name[:40]!r} has {len(texts)} texts; from 1 to {MAX_GROUP_TEXTS} can be given."
            )
    groups = tuple((name, named(texts, f"Text of {name[:40]!r},")) for name, texts in given.items())
    latents = tuple(dict.fromkeys(request.latents))
    job = SelectivityJob(
        source.facts.model.location, key_of(source), groups, latents, request.controls, request.seed,
        reader.limits(source),
    )  # fmt: skip
    found: Sequence[GroupEffect] = await engine.run(job)
    notes.append(
        "The change is of the mean loss per token that counts, in nats; positive: the group is predicted worse without."
    )
    if request.controls == 0:
        notes.append("Without controls nothing says whether another direction of the same size would do the same.")
    return answers.SelectivityAnswer(source.slug, list(latents), [_group(effect) for effect in found], notes)


def _check_top_k(top_k: int) -> None:
    if not 1 <= top_k <= MAX_TOP_K:
        raise InvalidRequest(f"top_k is a number of latents from 1 to {MAX_TOP_K}, not {top_k}.")


def _names(reader: Reader, source: SourceInfo, indices: Sequence[int]) -> dict[int, LatentName]:
    with reader.sessions() as session:
        return queries.latent_names(session, source, list(indices))


def _ablation(reader: Reader, source: SourceInfo, answer: Answer) -> answers.AblateAnswer:
    found: Ablation = answer.found
    names = _names(reader, source, [effect.latent for effect in found.effects])
    tokens = answer.tokens
    notes = notes_on(source, len(tokens)) if source.build else []
    if not all(tokens.counts):
        notes.append("Latents on BOS and other tokens that statistics leave out are not removed.")
    if not found.effects:
        notes.append("No latent of this source fires on a token that counts.")
    later = [_later_layers(effect) for effect in found.effects]
    if "unknown" in later:
        notes.append(f"What is written at {source.facts.hook_name} has no direct path to the logits that is known.")
    elif len(tokens) > 1:
        notes.append(
            "Only latents at the last position have a direct path to this prediction; what earlier ones do, later "
            "layers carry there."
        )
    return answers.AblateAnswer(
        source=source.slug,
        tokens=list(tokens.texts),
        token_ids=list(tokens.ids),
        counted=list(tokens.counts),
        target=answer.target,
        contrast=answer.contrast,
        metric=found.target.metric,
        baseline=found.baseline.main(found.target),
        baselines=_metrics(found.baseline),
        n_active=found.n_active,
        correlation=found.correlation,
        latents=[
            answers.AblatedLatent(
                index=effect.latent,
                position=effect.position,
                activation=effect.activation,
                estimate=effect.estimate,
                exact=effect.exact,
                direct=effect.direct,
                later_layers=said,
                change=_metrics(effect.change),
                **answer_fields(names[effect.latent]),
            )
            for effect, said in zip(found.effects, later, strict=True)
        ],
        notes=notes,
    )


def _later_layers(effect: "LatentEffect") -> str:
    """What later layers do to the direct effect: add to it, make up for some of it, outweigh it the other way, or leave
    it as it is.

    They make up for it only where less is left than the direct effect: +0.018 directly and −0.339 in all is no repair.
    """
    if effect.direct is None:
        return "unknown"
    difference = effect.exact - effect.direct
    if abs(difference) <= max(_SAME_NATS, _SAME_SHARE * max(abs(effect.exact), abs(effect.direct))):
        return "same"
    if abs(effect.exact) < abs(effect.direct):
        return "make up"
    return "outweigh" if effect.direct * effect.exact < 0 else "add"


def _metrics(metrics: "Metrics") -> answers.MetricsAnswer:
    return answers.MetricsAnswer(metrics.log_prob, metrics.probability, metrics.rank, metrics.logit_difference)


def _patching(reader: Reader, source: SourceInfo, answer: Answer, other_tokens: PromptTokens) -> answers.PatchAnswer:
    found: Patching = answer.found
    names = _names(reader, source, [effect.latent for effect in found.effects])

    def share(value: float) -> float | None:
        return value / found.gap if abs(found.gap) > 1e-6 else None

    return answers.PatchAnswer(
        source=source.slug,
        tokens=list(answer.tokens.texts),
        other_tokens=list(other_tokens.texts),
        target=answer.target,
        contrast=answer.contrast,
        metric=found.target.metric,
        baseline=found.baseline.main(found.target),
        other_baseline=found.other_baseline.main(found.target),
        gap=found.gap,
        n_differing=found.n_differing,
        latents=[
            answers.PatchedLatent(
                index=effect.latent,
                position=effect.position,
                activation=effect.value,
                other_activation=effect.other_value,
                breaks=effect.noising,
                breaks_estimate=effect.noising_estimate,
                breaks_share=share(-effect.noising),
                suffices=effect.denoising,
                suffices_estimate=effect.denoising_estimate,
                suffices_share=share(effect.denoising),
                **answer_fields(names[effect.latent]),
            )
            for effect in found.effects
        ],
        references=[
            answers.PatchReferenceAnswer(r.name, r.noising, share(-r.noising), r.denoising, share(r.denoising))
            for r in found.references
        ],
        notes=_patch_notes(found),
    )


def _patch_notes(found: "Patching") -> list[str]:
    notes = [
        "breaks: the text with the other prompt's value, does the prediction break? suffices: the other prompt with "
        "the text's value, does that bring the prediction back? Shares are of the gap between the two prompts."
    ]
    if abs(found.gap) < 0.1:
        notes.append("The two prompts hardly differ in the metric, so shares of the gap say little.")
    return notes


def _set(source: SourceInfo, answer: Answer, keep: bool) -> answers.SetAnswer:
    found: SetEffect = answer.found
    notes = []
    if found.n_removed == 0:
        notes.append("None of these latents fires here, so nothing was removed.")
    if keep:
        notes.append("The SAE's bias and what it does not explain (the error term) stay in place.")
    return answers.SetAnswer(
        source=source.slug,
        tokens=list(answer.tokens.texts),
        target=answer.target,
        contrast=answer.contrast,
        metric=found.target.metric,
        keep=keep,
        baseline=found.baseline.main(found.target),
        baselines=_metrics(found.baseline),
        changed=_metrics(found.changed),
        change=_metrics(found.changed.minus(found.baseline)),
        n_removed=found.n_removed,
        n_active=found.n_active,
        notes=notes,
    )


def _group(effect: "GroupEffect") -> answers.GroupAnswer:
    controls = list(effect.controls)
    return answers.GroupAnswer(
        name=effect.name,
        n_texts=effect.n_texts,
        n_tokens=effect.n_tokens,
        n_active=effect.n_active,
        loss=effect.loss,
        change=effect.change,
        controls=controls,
        control_mean=math.fsum(controls) / len(controls) if controls else None,
        controls_as_large=sum(abs(control) >= abs(effect.change) for control in controls),
    )
