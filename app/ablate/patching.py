"""Taking latents' values over from a second prompt: does the prediction break, does it suffice?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ablate import schemas as answers
from app.ablate.service import check_top_k, names_of
from app.ablate.task import Answer, Asked, PairsAnswer, PatchJob, PatchPairsJob
from app.db.queries.answers import SourceInfo
from app.engine.engine import ModelEngine
from app.engine.sources import Reader, key_of
from app.engine.texts import TextInput
from app.errors import InvalidRequest
from app.text.formats import count
from app.text.names import answer_fields
from models.running.chat import PromptTokens

if TYPE_CHECKING:
    from models.causal.patch_pairs import Mean
    from models.causal.patching import Patching

#: Shares are given of a gap of at least so much, and of so many times what random changes do.
LEAST_GAP, SPREADS = 0.1, 2.0
#: Pairs of prompts of one question.
MAX_PAIRS = 16


@dataclass(frozen=True)
class PairsRequest:
    """Pairs of prompts; ``target`` and ``contrast`` are of all of them, None: each first prompt's own, none."""

    source: str
    pairs: Sequence[tuple[str, str]]
    target: str | None = None
    contrast: str | None = None
    top_k: int = 20


async def patch(
    engine: ModelEngine, reader: Reader, slug: str, asked: Asked, other: str, top_k: int
) -> answers.PatchAnswer:
    """Take values over from a second prompt of the same length, both ways."""
    check_top_k(top_k)
    source = await reader.work(reader.find_one, slug)
    given = TextInput(other, name="The other prompt")
    job = PatchJob(source.facts.model.location, key_of(source), asked, given, top_k, reader.limits(source))
    answer, other_tokens = await engine.run(job)
    return await reader.work(_patching, reader, source, answer, other_tokens)


def _patching(reader: Reader, source: SourceInfo, answer: Answer, other_tokens: PromptTokens) -> answers.PatchAnswer:
    found: Patching = answer.found
    names = names_of(reader, source, [effect.latent for effect in found.effects])

    gap_is = judge_gap(found.gap, found.spread)

    def share(value: float) -> float | None:
        return value / found.gap if gap_is == "clear" else None

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
        spread=found.spread,
        gap_is=gap_is,
        n_differing=found.n_differing,
        n_exact=found.n_exact,
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


def judge_gap(gap: float, spread: float) -> str:
    """Whether shares of a gap mean anything: ``clear``, or why not."""
    if abs(gap) < max(LEAST_GAP, SPREADS * spread):
        return "small"
    return "clear" if gap > 0 else "reversed"


def _patch_notes(found: "Patching") -> list[str]:
    notes = [
        "breaks: the text with the other prompt's value, does the prediction break? suffices: the other prompt with "
        "the text's value, does that bring the prediction back? Shares are of the gap between the two prompts."
    ]
    if found.n_exact < found.n_differing:
        notes.append(
            f"{count(found.n_exact)} of {count(found.n_differing)} values that differ were taken over one by one: "
            "those with the largest estimates, and the largest of each token. One of the others may do more than its "
            "estimate says."
        )
    gap_is = judge_gap(found.gap, found.spread)
    if gap_is == "small":
        notes.append(
            "The two prompts hardly differ in the metric beside what any change as large as theirs does, so no shares "
            "of the gap are given."
        )
    if gap_is == "reversed":
        notes.append(
            "The target is likelier after the other prompt than after the text, so no shares of the gap are given; "
            "swap the prompts, or choose a target that the text makes likelier."
        )
    return notes


async def patch_pairs(engine: ModelEngine, reader: Reader, request: PairsRequest) -> answers.PatchPairsAnswer:
    """Take values over in every pair, and give means with intervals."""
    check_top_k(request.top_k)
    if not 2 <= len(request.pairs) <= MAX_PAIRS:
        raise InvalidRequest(f"{len(request.pairs)} pairs were given; means are taken over 2 to {MAX_PAIRS}.")
    source = await reader.work(reader.find_one, request.source)
    pairs = tuple(
        (TextInput(text, name=f"The first prompt of pair {n}"), TextInput(other, name=f"The second prompt of pair {n}"))
        for n, (text, other) in enumerate(request.pairs, 1)
    )
    job = PatchPairsJob(
        source.facts.model.location, key_of(source), pairs, request.target, request.contrast, request.top_k,
        reader.limits(source),
    )  # fmt: skip
    return await reader.work(_pairs, reader, source, await engine.run(job))


def judge_mean_gap(gap: "Mean") -> str:
    """``clear`` where the interval leaves no doubt of the sign, else as ``judge_gap``."""
    if abs(gap.mean) < LEAST_GAP or gap.low <= 0 <= gap.high:
        return "small"
    return "clear" if gap.mean > 0 else "reversed"


def _pairs(reader: Reader, source: SourceInfo, answer: PairsAnswer) -> answers.PatchPairsAnswer:
    found = answer.found
    names = names_of(reader, source, [effect.latent for effect in found.effects])
    gap_is = judge_mean_gap(found.gap)

    def share(value: float) -> float | None:
        return value / found.gap.mean if gap_is == "clear" else None

    def mean(value: "Mean") -> answers.MeanAnswer:
        return answers.MeanAnswer(value.mean, value.low, value.high)

    notes = ["Means over the pairs with 95 % intervals (Student's), which say how far the mean of other pairs may lie."]
    if gap_is != "clear":
        notes.append("The mean gap is small beside its own interval, or negative, so no shares of it are given.")
    return answers.PatchPairsAnswer(
        source=source.slug,
        targets=list(answer.targets),
        contrast=answer.contrast,
        metric=found.targets[0].metric,
        gaps=list(found.gaps),
        gap=mean(found.gap),
        gap_is=gap_is,
        n_differing=found.n_differing,
        n_exact=found.n_exact,
        latents=[
            answers.PairsLatent(
                index=effect.latent,
                n_pairs=effect.n_pairs,
                breaks=mean(effect.noising),
                breaks_share=share(-effect.noising.mean),
                suffices=mean(effect.denoising),
                suffices_share=share(effect.denoising.mean),
                **answer_fields(names[effect.latent]),
            )
            for effect in found.effects
        ],
        references=[
            answers.PairsReference(
                r.name, mean(r.noising), share(-r.noising.mean), mean(r.denoising), share(r.denoising.mean)
            )
            for r in found.references
        ],
        notes=notes,
    )
