"""Whom removing latents hurts: the loss of groups of texts with and without them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ablate import schemas as answers
from app.ablate.task import SelectivityJob
from app.corpus.asked_groups import LabelGroup, texts_of
from app.engine.activations import named
from app.engine.engine import ModelEngine
from app.engine.sources import Reader, key_of
from app.errors import InvalidRequest

if TYPE_CHECKING:
    from models.causal.selectivity import GroupEffect

MAX_GROUPS, MAX_GROUP_TEXTS, MAX_CONTROLS = 8, 64, 64


@dataclass(frozen=True)
class SelectivityRequest:
    """Groups by name, each of texts or of those with a label of the corpus, and the latents removed together."""

    source: str
    latents: Sequence[int]
    groups: Mapping[str, Sequence[str] | LabelGroup]
    controls: int
    seed: int


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
