"""Two prompts of one length, and sets of latents: does it break without, does it suffice alone?

Necessary and sufficient are two questions (Heimersheim and Nanda 2024, arXiv 2404.15255). Noising runs the first prompt
with a latent's value from the second: does the prediction break? Denoising runs the second prompt with the latent's
value from the first: does that suffice to bring the prediction back? A prediction that rests on either of two latents
breaks without neither, though each suffices.

A share of the gap between the prompts means something only where the gap is more than what any change of that size
does:
``spread`` is the root mean square change of the metric when the activations of either prompt move as far as they are
apart from the other's, at every token, in random directions.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.causal.attribution import Pairs, Prompt, added_together, pairs_pace
from models.causal.removal import ZERO, Removal
from models.causal.shortlist import BUDGET, by_estimate_and_size, runs_within
from models.errors import InputMismatch
from models.running.metrics import Metrics, Target, find_target, mean_of, measure
from models.running.pace import result_of, telling

#: Random directions on each of the two prompts.
RANDOM_DIRECTIONS = 8


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
    """The strongest latents by the larger of the two exact effects; ``gap`` is the metric on text minus on other.

    ``n_exact`` of the ``n_differing`` pairs were patched.

    ``spread``: what a change as large as that between the prompts does to the metric, in random directions.
    """

    target: Target
    baseline: Metrics
    other_baseline: Metrics
    gap: float
    spread: float
    n_differing: int
    n_exact: int
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
) -> Generator[tuple[int, int], None, Patching]:
    """Exact effects both ways of as many pairs as the budget allows, of which ``top_k`` are given; yields (rows done,
    in all).

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
    here, there = aligned(text.pairs, other.pairs)
    n_exact = min(len(here), max(top_k, runs_within(text, BUDGET, top_k) // 2))
    total = 2 * n_exact
    change = yield from telling((0, total), change_steps(text, other, target, here, there))
    estimates = np.maximum(np.abs(change.breaks), np.abs(change.suffices))
    order = by_estimate_and_size(here.positions, estimates, change.sizes, n_exact)
    vectors = other.writes(there.take(order)) - text.writes(here.take(order))
    exact: list[list[float]] = []
    for prompt, base, sign in ((text, own, 1.0), (other, theirs, -1.0)):
        values: list[float] = []
        while len(values) < len(order):
            part = order[len(values) : len(values) + prompt.rows_at_once()]
            rows, positions = torch.arange(len(part)), torch.from_numpy(here.positions[part])
            added = sign * vectors[len(values) : len(values) + len(part)]
            found = prompt.measure_adding(len(part), rows, positions, added, target)
            values += [m.minus(base).main(target) for m in found]
            yield len(exact) * len(order) + len(values), total
        exact.append(values)
    effects = [
        PatchEffect(
            position=int(here.positions[place]),
            latent=int(here.latents[place]),
            value=float(here.values[place]),
            other_value=float(there.values[place]),
            noising_estimate=float(change.breaks[place]),
            noising=noising,
            denoising_estimate=float(change.suffices[place]),
            denoising=denoising,
        )
        for place, noising, denoising in zip(order.tolist(), *exact, strict=True)
    ]
    effects.sort(key=lambda effect: -max(abs(effect.noising), abs(effect.denoising)))
    del effects[top_k:]
    gap = own.main(target) - theirs.main(target)
    references = yield from telling((total, total), reference_steps(text, other, target, (own, theirs), change.latents))
    spread = yield from telling((total, total), _spread(text, other, target, (own, theirs)))
    return Patching(target, own, theirs, gap, spread, len(here), n_exact, tuple(effects), references)


def remove_or_keep(
    prompt: Prompt,
    token: str | None,
    contrast: str | None,
    chosen: Sequence[tuple[int, int | None]],
    *,
    keep: bool,
    removal: Removal = ZERO,
) -> SetEffect:
    """``set_steps`` in one go."""
    return result_of(set_steps(prompt, token, contrast, chosen, keep=keep, removal=removal))


def set_steps(
    prompt: Prompt,
    token: str | None,
    contrast: str | None,
    chosen: Sequence[tuple[int, int | None]],
    *,
    keep: bool,
    removal: Removal = ZERO,
) -> Generator[None, None, SetEffect]:
    """Remove the chosen latents together, or all active latents but them; bias and error term always stay.

    ``chosen``: latent and position, ``None`` for every position that counts. Resampled, the numbers are means over as
    many runs as there are draws.
    """
    target = find_target(prompt.model, token, contrast, int(prompt.logits[0].argmax()))
    pairs = prompt.pairs
    is_chosen = np.isin(pairs.latents, [latent for latent, position in chosen if position is None])
    width = prompt.dictionary.d_sae
    places = [position * width + latent for latent, position in chosen if position is not None]
    is_chosen |= np.isin(pairs.positions * width + pairs.latents, places)
    removed = pairs.take(np.flatnonzero(~is_chosen if keep else is_chosen))
    runs = []
    for amounts in removal.amounts(removed).T:
        added = yield from added_together(prompt, replace(removed, values=amounts))
        everywhere = torch.arange(prompt.n_tokens)
        runs += prompt.measure_adding(1, torch.zeros_like(everywhere), everywhere, added, target)
    return SetEffect(target, measure(prompt.logits, target)[0], mean_of(runs), len(removed), len(pairs))


def aligned(a: Pairs, b: Pairs) -> tuple[Pairs, Pairs]:
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


@dataclass(frozen=True, eq=False)
class _Change:
    """What the other prompt's values write instead of the text's: first-order effects of each pair (n,) on the metric
    either way, the lengths of what each writes (n,), and all of them together (pos, d_out).
    """

    breaks: NDArray[np.float64]
    suffices: NDArray[np.float64]
    sizes: NDArray[np.float64]
    latents: Tensor


def change_steps(
    text: Prompt, other: Prompt, target: Target, here: Pairs, there: Pairs
) -> Generator[None, None, _Change]:
    """In steps: a gradient each, then some thousand pairs."""
    gradients = [text.gradient(target)]
    yield
    gradients.append(other.gradient(target))
    yield
    device = text.dictionary.device
    found = _Change(
        np.zeros(len(here)),
        np.zeros(len(here)),
        np.zeros(len(here)),
        torch.zeros_like(text.state, dtype=torch.float32, device=device),
    )
    pace = pairs_pace(text.dictionary)
    for piece in pace.pieces(len(here)):
        with pace.timed(piece.stop - piece.start):
            places = np.arange(piece.start, piece.stop)
            _change_of(text, other, (here.take(places), there.take(places)), gradients, found, piece)
        yield
    return found


@torch.inference_mode()
def _change_of(
    text: Prompt, other: Prompt, pairs: tuple[Pairs, Pairs], gradients: Sequence[Tensor], found: _Change, piece: slice
) -> None:
    here, there = pairs
    vectors = other.writes(there) - text.writes(here)  # what noising adds, (n, d_out)
    positions = torch.from_numpy(here.positions).to(vectors.device)
    slopes = [(g.to(vectors.device)[positions] * vectors).sum(1).double().cpu().numpy() for g in gradients]
    found.breaks[piece], found.suffices[piece] = slopes[0], -slopes[1]
    found.sizes[piece] = vectors.norm(dim=1).double().cpu().numpy()
    found.latents.index_put_((positions,), vectors, accumulate=True)


def reference_steps(
    text: Prompt, other: Prompt, target: Target, bases: tuple[Metrics, Metrics], latents: Tensor
) -> Generator[None, None, tuple[PatchReference, ...]]:
    """All latents together (pos, d_out), the error term alone, everything at the tokens that count; a row a step."""
    whole = _difference(text, other)
    places = torch.arange(text.n_tokens)
    found = []
    for name, step in (("all latents", latents), ("error term", whole - latents), ("everything", whole)):
        effects = []
        for prompt, base, sign in ((text, bases[0], 1.0), (other, bases[1], -1.0)):
            changed = prompt.measure_adding(1, torch.zeros_like(places), places, sign * step, target)
            effects.append(changed[0].minus(base).main(target))
            yield
        found.append(PatchReference(name, *effects))
    return tuple(found)


def _difference(text: Prompt, other: Prompt) -> Tensor:
    """The other prompt's activations minus the text's, (pos, d_out), where both count; on the dictionary's device."""
    device = text.dictionary.device
    both = torch.from_numpy(text.counts & other.counts).to(device)
    return torch.where(both.unsqueeze(1), (other.state - text.state).float().to(device), 0)


def _spread(
    text: Prompt, other: Prompt, target: Target, bases: tuple[Metrics, Metrics]
) -> Generator[None, None, float]:
    """Root mean square of the changes by ``RANDOM_DIRECTIONS`` on each prompt; a few rows a step."""
    lengths = _difference(text, other).norm(dim=1, keepdim=True)  # (pos, 1)
    generator = torch.Generator().manual_seed(0)
    n, width = text.n_tokens, text.state.shape[1]
    changes: list[float] = []
    for prompt, base in zip((text, other), bases, strict=True):
        done = 0
        while done < RANDOM_DIRECTIONS:
            rows = min(RANDOM_DIRECTIONS - done, prompt.rows_at_once())
            directions = torch.randn(rows, n, width, generator=generator).to(lengths.device)
            added = (lengths * directions / directions.norm(dim=2, keepdim=True)).flatten(0, 1)
            places = torch.arange(rows).repeat_interleave(n)
            found = prompt.measure_adding(rows, places, torch.arange(n).repeat(rows), added, target)
            changes += [metrics.minus(base).main(target) for metrics in found]
            done += rows
            yield
    return float(np.sqrt(np.mean(np.square(changes))))
