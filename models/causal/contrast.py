"""Which latents tell texts with a concept from texts without: by AUROC and by difference. numpy only.

The score of a text is a latent's maximum over its tokens that count. AUROC = the share of pairs (one text with, one
without) in which the text with the concept scores higher, ties counting one half (Mann and Whitney 1947). With few
texts many latents separate them by luck: of n latents, n / C(w + v, w) are expected to reach AUROC 1 if scores were in
random order without ties; that number is reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Scores:
    """Latents that fire on any of the texts, (n_latents,), and per text their maximum and mean over its tokens."""

    latents: NDArray[np.int64]
    maxima: NDArray[Any]  # (n_texts, n_latents)
    means: NDArray[Any]  # (n_texts, n_latents)


@dataclass(frozen=True, eq=False)
class Separation:
    """How each latent separates the two groups; arrays (n_latents,)."""

    latents: NDArray[np.int64]
    auroc: NDArray[np.float64]
    max_difference: NDArray[np.float64]  # mean over texts of the maximum, with minus without
    mean_difference: NDArray[np.float64]  # mean over texts of the mean
    with_max: NDArray[np.float64]
    without_max: NDArray[np.float64]
    expected_perfect: float


def score(
    texts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]],
    counts: Sequence[NDArray[np.bool_]],
) -> Scores:
    """Scores of texts given as (positions, latents, values) of their active pairs; ``counts``: tokens that count."""
    kept = []
    for (positions, latents, values), counted in zip(texts, counts, strict=True):
        mask = counted[positions]
        kept.append((latents[mask], values[mask]))
    union = np.unique(np.concatenate([latents for latents, _ in kept])) if kept else np.zeros(0, np.int64)
    maxima, means = np.zeros((len(kept), len(union))), np.zeros((len(kept), len(union)))
    for row, (latents, values) in enumerate(kept):
        places = np.searchsorted(union, latents)
        np.maximum.at(maxima[row], places, values)
        means[row] = np.bincount(places, weights=values, minlength=len(union)) / max(1, int(counts[row].sum()))
    return Scores(union, maxima, means)


def separate(scores: Scores, is_with: NDArray[np.bool_]) -> Separation:
    """AUROC and differences of every latent; both groups must have a text."""
    n_with, n_without = int(is_with.sum()), int((~is_with).sum())
    high, low = scores.maxima[is_with], scores.maxima[~is_with]
    wins: NDArray[Any] = np.zeros(len(scores.latents))
    for row in high:
        wins += (row > low).sum(0) + 0.5 * (row == low).sum(0)
    return Separation(
        latents=scores.latents,
        auroc=wins / (n_with * n_without),
        max_difference=high.mean(0) - low.mean(0),
        mean_difference=scores.means[is_with].mean(0) - scores.means[~is_with].mean(0),
        with_max=high.max(0),
        without_max=low.max(0),
        expected_perfect=len(scores.latents) / comb(n_with + n_without, n_with),
    )
