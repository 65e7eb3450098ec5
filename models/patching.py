"""Two prompts of one length, and sets of latents: does it break without, does it suffice alone?

Necessary and sufficient are two questions (Heimersheim and Nanda 2024, arXiv 2404.15255). Noising runs the first prompt
with a latent's value from the second: does the prediction break? Denoising runs the second prompt with the latent's
value from the first: does that suffice to bring the prediction back? A prediction that rests on either of two latents
breaks without neither, though each suffices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.attribution import Pairs, Prompt
from models.errors import InputMismatch
from models.metrics import Metrics, Target, find_target, measure


@dataclass(frozen=True)
class PatchEffect:
    """One latent at one position, taken over from the other prompt: changes of the main metric, either way."""

    position: int
    latent: int
    value: float  # in the text
    other_value: float  # in the other prompt
    noising_estimate: float
    noising: float
    denoising_estimate: float
    denoising: float


@dataclass(frozen=True)
class PatchReference:
    """The same for more than one latent: all latents, the error term, or everything at the site."""

    name: str
    noising: float
    denoising: float


@dataclass(frozen=True)
class Patching:
    """The strongest latents by the larger of the two exact effects; ``gap`` is the metric on text minus on other."""

    target: Target
    baseline: Metrics
    other_baseline: Metrics
    gap: float
    n_differing: int
    effects: tuple[PatchEffect, ...]
    references: tuple[PatchReference, ...]


@dataclass(frozen=True)
class SetEffect:
    """Numbers with a set of latents removed, or with no others left; ``n_removed`` of ``n_active`` pairs were."""

    target: Target
    baseline: Metrics
    changed: Metrics
    n_removed: int
    n_active: int


def patch(
    text: Prompt, other: Prompt, token: str | None, contrast: str | None, top_k: int
) -> Iterator[tuple[int, int] | Patching]:
    """Exact effects both ways for the ``top_k`` latents with the largest estimates; yields progress, then the result.

    Raises:
        InputMismatch: prompts of different lengths, or a target that is not one token.
    """
    if text.n_tokens != other.n_tokens:
        raise InputMismatch(
            f"The two prompts have {text.n_tokens} and {other.n_tokens} tokens; values can be taken over only between "
            "prompts of the same length."
        )
    target = find_target(text.model, token, contrast, int(text.logits[0].argmax()))
    own, theirs = measure(text.logits, target)[0], measure(other.logits, target)[0]
    here, there = _aligned(text.pairs, other.pairs)
    change = other.writes(there) - text.writes(here)  # what noising adds, (n, d_out)
    breaks = _slopes(text.gradient(target), here, change)
    suffices = _slopes(other.gradient(target), here, -change)
    order = np.argsort(-np.maximum(np.abs(breaks), np.abs(suffices)), kind="stable")[:top_k]
    total = 2 * len(order)
    yield 0, total
    exact: list[list[float]] = []
    for prompt, base, sign in ((text, own, 1.0), (other, theirs, -1.0)):
        values: list[float] = []
        for part in np.array_split(order, max(1, -(-len(order) // prompt.rows_at_once()))):
            positions = torch.from_numpy(here.positions[part])
            vectors = sign * change[torch.from_numpy(part)]
            logits = prompt.run_adding(max(1, len(part)), torch.arange(len(part)), positions, vectors)
            values += [m.minus(base).main(target) for m in measure(logits, target)[: len(part)]]
            yield len(exact) * len(order) + len(values), total
        exact.append(values)
    effects = [
        PatchEffect(
            position=int(here.positions[place]),
            latent=int(here.latents[place]),
            value=float(here.values[place]),
            other_value=float(there.values[place]),
            noising_estimate=float(breaks[place]),
            noising=noising,
            denoising_estimate=float(suffices[place]),
            denoising=denoising,
        )
        for place, noising, denoising in zip(order.tolist(), *exact, strict=True)
    ]
    effects.sort(key=lambda effect: -max(abs(effect.noising), abs(effect.denoising)))
    gap = own.main(target) - theirs.main(target)
    references = _references(text, other, target, own, theirs, here, change)
    yield Patching(target, own, theirs, gap, len(here), tuple(effects), references)


def remove_or_keep(
    prompt: Prompt,
    token: str | None,
    contrast: str | None,
    chosen: Sequence[tuple[int, int | None]],
    *,
    keep: bool,
) -> SetEffect:
    """Remove the chosen latents together, or all active latents but them; bias and error term always stay.

    ``chosen``: latent and position, ``None`` for every position that counts.
    """
    target = find_target(prompt.model, token, contrast, int(prompt.logits[0].argmax()))
    pairs = prompt.pairs
    is_chosen = np.zeros(len(pairs), bool)
    for latent, position in chosen:
        is_chosen |= (pairs.latents == latent) & ((pairs.positions == position) if position is not None else True)
    removed = pairs.take(np.flatnonzero(~is_chosen if keep else is_chosen))
    rows = torch.zeros(len(removed), dtype=torch.long)
    logits = prompt.run_adding(1, rows, torch.from_numpy(removed.positions), -prompt.writes(removed))
    baseline = measure(prompt.logits, target)[0]
    return SetEffect(target, baseline, measure(logits, target)[0], len(removed), len(pairs))


def _aligned(a: Pairs, b: Pairs) -> tuple[Pairs, Pairs]:
    """The pairs of either prompt whose values differ, with both values; zero where a latent does not fire."""
    width = 1 + max([0, *a.latents.tolist(), *b.latents.tolist()])
    codes = [pairs.positions * width + pairs.latents for pairs in (a, b)]
    union = np.union1d(*codes)
    values = []
    for pairs, code in zip((a, b), codes, strict=True):
        full = np.zeros(len(union), np.float32)
        full[np.searchsorted(union, code)] = pairs.values
        values.append(full)
    differ = np.flatnonzero(values[0] != values[1])
    positions, latents = union[differ] // width, union[differ] % width
    return Pairs(positions, latents, values[0][differ]), Pairs(positions, latents, values[1][differ])


@torch.inference_mode()
def _slopes(gradient: Tensor, pairs: Pairs, vectors: Tensor) -> NDArray[np.float64]:
    rows = gradient.to(vectors.device)[torch.from_numpy(pairs.positions).to(vectors.device)]
    result: NDArray[np.float64] = (rows * vectors).sum(1).double().cpu().numpy()
    return result


def _references(
    text: Prompt, other: Prompt, target: Target, own: Metrics, theirs: Metrics, here: Pairs, change: Tensor
) -> tuple[PatchReference, ...]:
    """All latents together, the error term alone, everything at the tokens that count."""
    both = torch.from_numpy(text.counts & other.counts).to(change.device)
    whole = torch.where(both.unsqueeze(1), (other.state - text.state).float().to(change.device), 0)
    latents = torch.zeros_like(whole)
    latents.index_put_((torch.from_numpy(here.positions).to(change.device),), change, accumulate=True)
    places = torch.arange(text.n_tokens)
    found = []
    for name, step in (("all latents", latents), ("error term", whole - latents), ("everything", whole)):
        effects = []
        for prompt, base, sign in ((text, own, 1.0), (other, theirs, -1.0)):
            logits = prompt.run_adding(1, torch.zeros_like(places), places, sign * step)
            effects.append(measure(logits, target)[0].minus(base).main(target))
        found.append(PatchReference(name, *effects))
    return tuple(found)
