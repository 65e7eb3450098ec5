"""Several pairs of prompts at once: what taking a latent's values over does on average, with an interval.

1. For each pair, as ``models.causal.patching`` has it: the values that differ, and both first-order effects of each.
2. A latent counts as one, whatever the tokens: all its values that differ are taken over together. Its estimate is the
   sum over them, and the latents with the largest mean sizes over the pairs are patched, two rows for each pair.
3. Over the pairs: mean and Student's 95 % interval. Where a latent does not differ its effect is 0, which counts.

The pairs are the sample: the interval says how far the mean of other pairs like these may lie from it.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import stdtrit

from models.causal.attribution import Pairs, Prompt
from models.causal.patching import aligned, change_steps, reference_steps
from models.causal.shortlist import BUDGET, runs_within
from models.errors import InputMismatch
from models.running.metrics import Metrics, Target, find_target, measure
from models.running.pace import telling

#: Sure that the mean lies within an interval.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Mean:
    """A mean over pairs of prompts, and the interval that it lies in."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class LatentMean:
    """One latent, at all positions where it differs, in ``n_pairs`` of the pairs: changes of the main metric."""

    latent: int
    n_pairs: int
    noising: Mean
    denoising: Mean


@dataclass(frozen=True)
class ReferenceMean:
    """The same for all latents together, the error term, or everything at the site."""

    name: str
    noising: Mean
    denoising: Mean


@dataclass(frozen=True)
class PairsPatching:
    """The strongest latents by the larger of the two means; ``targets`` and ``gaps`` are those of each pair in turn.

    ``n_exact`` of the ``n_differing`` latents were patched.
    """

    targets: tuple[Target, ...]
    gaps: tuple[float, ...]
    gap: Mean
    n_differing: int
    n_exact: int
    effects: tuple[LatentMean, ...]
    references: tuple[ReferenceMean, ...]


@dataclass(frozen=True, eq=False)
class _Pair:
    text: Prompt
    other: Prompt
    target: Target
    bases: tuple[Metrics, Metrics]
    here: Pairs
    there: Pairs
    estimates: NDArray[np.float64]  # (n,), the larger of both ways
    latents: torch.Tensor  # (pos, d_out), all together

    @property
    def gap(self) -> float:
        return self.bases[0].main(self.target) - self.bases[1].main(self.target)


def mean_of(values: Sequence[float] | NDArray[np.float64]) -> Mean:
    """Student's interval around the mean of two values or more."""
    found = np.asarray(values, float)
    n = len(found)
    reach = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2) * found.std(ddof=1) / np.sqrt(n))
    mean = float(found.mean())
    return Mean(mean, mean - reach, mean + reach)


def patch_pairs(
    pairs: Sequence[tuple[Prompt, Prompt]], token: str | None, contrast: str | None, top_k: int
) -> Generator[tuple[int, int], None, PairsPatching]:
    """Means over two pairs or more; yields (rows done, in all).

    Raises:
        InputMismatch: a pair of different lengths, named by its number, or a target that is not one token.
    """
    found: list[_Pair] = []
    for number, (text, other) in enumerate(pairs, 1):
        found.append((yield from telling((0, 0), _pair(number, text, other, token, contrast))))
    every = np.unique(np.concatenate([pair.here.latents for pair in found]))
    sizes = np.zeros(len(every))
    for pair in found:
        sums = np.zeros(len(every))
        np.add.at(sums, np.searchsorted(every, pair.here.latents), pair.estimates)
        sizes += np.abs(sums)
    runs = max(runs_within(pair.text, BUDGET, top_k) for pair in found)
    n_exact = min(len(every), max(top_k, runs // (2 * len(found))))
    chosen = every[np.argsort(-sizes, kind="stable")[:n_exact]]
    total = 2 * n_exact * len(found)
    effects = np.zeros((len(found), 2, n_exact))
    done = 0
    for place, pair in enumerate(found):
        for way in (0, 1):
            effects[place, way] = yield from telling((done, total), _effects(pair, chosen, way))
            done += n_exact
    names, values = [], []
    for pair in found:
        step = reference_steps(pair.text, pair.other, pair.target, pair.bases, pair.latents)
        parts = yield from telling((total, total), step)
        names = [part.name for part in parts]
        values.append([(part.noising, part.denoising) for part in parts])
    table = np.array(values)  # (pairs, references, ways)
    differs = np.array([np.isin(chosen, pair.here.latents) for pair in found]).sum(0)
    means = [
        LatentMean(int(latent), int(differs[n]), mean_of(effects[:, 0, n]), mean_of(effects[:, 1, n]))
        for n, latent in enumerate(chosen)
    ]
    means.sort(key=lambda effect: -max(abs(effect.noising.mean), abs(effect.denoising.mean)))
    return PairsPatching(
        targets=tuple(pair.target for pair in found),
        gaps=tuple(pair.gap for pair in found),
        gap=mean_of([pair.gap for pair in found]),
        n_differing=len(every),
        n_exact=n_exact,
        effects=tuple(means[:top_k]),
        references=tuple(
            ReferenceMean(name, mean_of(table[:, n, 0]), mean_of(table[:, n, 1])) for n, name in enumerate(names)
        ),
    )


def _pair(
    number: int, text: Prompt, other: Prompt, token: str | None, contrast: str | None
) -> Generator[None, None, _Pair]:
    if text.n_tokens != other.n_tokens:
        raise InputMismatch(
            f"The prompts of pair {number} have {text.n_tokens} and {other.n_tokens} tokens; values can be taken over "
            "only between prompts of the same length."
        )
    target = find_target(text.model, token, contrast, int(text.logits[0].argmax()))
    bases = measure(text.logits, target)[0], measure(other.logits, target)[0]
    here, there = aligned(text.pairs, other.pairs)
    change = yield from change_steps(text, other, target, here, there)
    larger = np.where(np.abs(change.breaks) > np.abs(change.suffices), -change.breaks, change.suffices)
    return _Pair(text, other, target, bases, here, there, larger, change.latents)


def _effects(pair: _Pair, chosen: NDArray[np.int64], way: int) -> Generator[None, None, NDArray[np.float64]]:
    """Changes of the metric (n,) by each chosen latent with its values taken over, on the text (0) or the other (1)."""
    prompt, sign = ((pair.text, 1.0), (pair.other, -1.0))[way]
    effects = np.zeros(len(chosen))
    concerned = np.flatnonzero(np.isin(chosen, pair.here.latents))
    done = 0
    while done < len(concerned):
        part = concerned[done : done + prompt.rows_at_once()]
        done += len(part)
        row_of = np.full(int(chosen.max()) + 1, -1)
        row_of[chosen[part]] = np.arange(len(part))
        known = pair.here.latents <= chosen.max()
        places = np.flatnonzero(known)[row_of[pair.here.latents[known]] >= 0]
        rows = torch.from_numpy(row_of[pair.here.latents[places]])
        vectors = pair.other.writes(pair.there.take(places)) - pair.text.writes(pair.here.take(places))
        positions = torch.from_numpy(pair.here.positions[places])
        found = prompt.measure_adding(len(part), rows, positions, sign * vectors, pair.target)
        effects[part] = [metrics.minus(pair.bases[way]).main(pair.target) for metrics in found]
        yield
    return effects
