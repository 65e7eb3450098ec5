"""Which latents a prediction rests on: removed one by one, or a set of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ablate import schemas as answers
from app.ablate.removal import removal_of
from app.ablate.task import AblateJob, Answer, Asked, SetJob
from app.db.queries.activity import activities
from app.db.queries.answers import LatentName, SourceInfo
from app.db.queries.names import latent_names
from app.engine.engine import ModelEngine
from app.engine.sources import Reader, key_of, notes_on
from app.errors import Conflict, InvalidRequest
from app.text.formats import count
from app.text.names import answer_fields
from models.causal.removal import DENSE

if TYPE_CHECKING:
    from models.causal.ablation import Ablation, LatentEffect
    from models.causal.patching import SetEffect
    from models.running.metrics import Metrics

MAX_TOP_K, MAX_SET, MAX_BUDGET = 500, 5000, 20_000
#: Runs beyond the list that a budget needs: the random sample that stands for what is not listed.
AUDIT_RUNS = 32
#: Differences below this share of the larger effect, or below so many nats, are not worth a word.
_SAME_SHARE, _SAME_NATS = 0.25, 0.01


@dataclass(frozen=True)
class AblateRequest:
    """``by``: what a removed value becomes; ``budget``: runs that exact removal may take, None: by model and prompt."""

    source: str
    asked: Asked
    top_k: int = 20
    by: str = "zero"
    budget: int | None = None


@dataclass(frozen=True)
class SetRequest:
    """``chosen``: latents, each at a position or at all; ``keep``: remove all others instead."""

    source: str
    asked: Asked
    chosen: Sequence[tuple[int, int | None]]
    keep: bool = False
    by: str = "zero"


async def ablate(engine: ModelEngine, reader: Reader, request: AblateRequest) -> answers.AblateAnswer:
    """Remove as many latents as the budget allows, one by one, and say what the others could do."""
    check_top_k(request.top_k)
    _check_budget(request)
    source = await reader.work(reader.find_one, request.source)
    removal = await removal_of(engine, reader, source, request.asked.text, request.by)
    job = AblateJob(
        source.facts.model.location, key_of(source), request.asked, request.top_k, reader.limits(source), removal,
        request.budget,
    )  # fmt: skip
    return await reader.work(_ablation, reader, source, await engine.run(job), request.by)


async def remove_set(engine: ModelEngine, reader: Reader, request: SetRequest) -> answers.SetAnswer:
    """Remove a set of latents together, or all others."""
    chosen, keep = request.chosen, request.keep
    if len(chosen) > MAX_SET or (not chosen and not keep):
        raise InvalidRequest(f"latents has {len(chosen)} entries; from {0 if keep else 1} to {MAX_SET} can be given.")
    source = await reader.work(reader.find_one, request.source, *(index for index, _ in chosen))
    removal = await removal_of(engine, reader, source, request.asked.text, request.by)
    limits = reader.limits(source)
    job = SetJob(source.facts.model.location, key_of(source), request.asked, tuple(chosen), keep, limits, removal)
    return _set(source, await engine.run(job), request)


def check_top_k(top_k: int) -> None:
    """Raises InvalidRequest for a list that is too short or too long."""
    if not 1 <= top_k <= MAX_TOP_K:
        raise InvalidRequest(f"top_k is a number of latents from 1 to {MAX_TOP_K}, not {top_k}.")


def _check_budget(request: AblateRequest) -> None:
    budget, least = request.budget, request.top_k + AUDIT_RUNS
    if budget is None:
        return
    if not 1 <= budget <= MAX_BUDGET:
        raise InvalidRequest(f"budget is a number of runs from 1 to {MAX_BUDGET}, not {budget}.")
    if budget < least:
        raise Conflict(
            f"A budget of {budget} is too small for a list of {request.top_k}, which takes {least} runs or more."
        )


def names_of(reader: Reader, source: SourceInfo, indices: Sequence[int]) -> dict[int, LatentName]:
    """What each of the latents is called."""
    with reader.sessions() as session:
        return latent_names(session, source, list(indices))


def _densities(reader: Reader, source: SourceInfo, indices: Sequence[int]) -> dict[int, float]:
    if source.build is None:
        return {}
    with reader.sessions() as session:
        return {i: latent.density for i, latent in activities(session, source, indices).items()}


def _notes(source: SourceInfo, answer: Answer, later: Sequence[str], by: str, dense: int) -> list[str]:
    tokens = answer.tokens
    notes = notes_on(source, len(tokens)) if source.build else []
    if not all(tokens.counts):
        notes.append("Latents on BOS and other tokens that statistics leave out are not removed.")
    if not answer.found.effects:
        notes.append("No latent of this source fires on a token that counts.")
    if by == "zero" and dense:
        fire = "latent fires" if dense == 1 else "latents fire"
        notes.append(
            f"{count(dense)} of the listed {fire} on more than {DENSE:.0%} of the corpus, so zero is a value that the "
            "model seldom sees there: remove by the mean, or by values from the corpus, to compare."
        )
    if "unknown" in later:
        notes.append(f"What is written at {source.facts.hook_name} has no direct path to the logits that is known.")
    elif len(tokens) > 1:
        notes.append(
            "Only latents at the last position have a direct path to this prediction; what earlier ones do, later "
            "layers carry there."
        )
    return notes


def _ablation(reader: Reader, source: SourceInfo, answer: Answer, by: str) -> answers.AblateAnswer:
    found: Ablation = answer.found
    tokens = answer.tokens
    indices = [effect.latent for effect in found.effects]
    names, densities = names_of(reader, source, indices), _densities(reader, source, indices)
    later = [_later_layers(effect) for effect in found.effects]
    dense = len({index for index in indices if densities.get(index, 0.0) > DENSE})
    return answers.AblateAnswer(
        source=source.slug,
        tokens=list(tokens.texts),
        token_ids=list(tokens.ids),
        counted=list(tokens.counts),
        target=answer.target,
        contrast=answer.contrast,
        metric=found.target.metric,
        by=by,
        baseline=found.baseline.main(found.target),
        baselines=_metrics(found.baseline),
        n_active=found.n_active,
        audit=answers.AuditAnswer(**vars(found.audit), n_gradients=found.point_rows),
        correlation=found.correlation,
        largest_miss=found.largest_miss,
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
                density=densities.get(effect.latent),
                **answer_fields(names[effect.latent]),
            )
            for effect, said in zip(found.effects, later, strict=True)
        ],
        notes=_notes(source, answer, later, by, dense),
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


def _set(source: SourceInfo, answer: Answer, request: SetRequest) -> answers.SetAnswer:
    found: SetEffect = answer.found
    notes = []
    if found.n_removed == 0:
        notes.append("None of these latents fires here, so nothing was removed.")
    if request.keep:
        notes.append("The SAE's bias and what it does not explain (the error term) stay in place.")
    return answers.SetAnswer(
        source=source.slug,
        tokens=list(answer.tokens.texts),
        target=answer.target,
        contrast=answer.contrast,
        metric=found.target.metric,
        by=request.by,
        keep=request.keep,
        baseline=found.baseline.main(found.target),
        baselines=_metrics(found.baseline),
        changed=_metrics(found.changed),
        change=_metrics(found.changed.minus(found.baseline)),
        n_removed=found.n_removed,
        n_active=found.n_active,
        notes=notes,
    )
