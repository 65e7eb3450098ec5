"""What a removed latent's value becomes: zero, its mean over the corpus, or values that the corpus showed.

Zero is what the latent has on most tokens, if it is sparse. One that fires on a tenth of them or more hardly ever is
zero, so a run without it is one that the model has not seen; its mean, or a value that it had somewhere else, is nearer
to what the model knows (Heimersheim and Nanda 2024, arXiv 2404.15255).

Resampling takes ``DRAWS`` values per latent: one from each of as many equal parts of the distribution over all tokens
of the corpus, zeros included, so that their mean varies little. The place within a part comes from the latent's number:
the same question has the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.causal.attribution import Pairs

WAYS = ("zero", "mean", "resample")
#: Values that a latent is resampled to.
DRAWS = 8
#: Above this share of active tokens zero is an unusual value.
DENSE = 0.1


@dataclass(frozen=True, eq=False)
class Removal:
    """``values``: of each latent what its value becomes, (n_draws,); by zero nothing has to be known."""

    by: str = "zero"
    values: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)

    def amounts(self, pairs: "Pairs") -> NDArray[np.float32]:
        """What is added to the value of each pair, (n, n_draws)."""
        if self.by == "zero":
            return -pairs.values[:, None]
        if not len(pairs):
            return np.zeros((0, 1), np.float32)
        return np.stack([self.values[int(latent)] for latent in pairs.latents]) - pairs.values[:, None]


ZERO = Removal()


def by_mean(means: Mapping[int, float]) -> Removal:
    """``means``: of each latent over all tokens of the corpus, zeros included."""
    return Removal("mean", {latent: np.array([mean], np.float32) for latent, mean in means.items()})


def by_resampling(densities: Mapping[int, float], samples: Mapping[int, Sequence[float]]) -> Removal:
    """``samples``: activations of each latent on some of its active tokens; ``densities``: its share of active
    tokens.
    """
    return Removal("resample", {i: draws(i, densities[i], np.asarray(samples[i], np.float32)) for i in densities})


def draws(latent: int, density: float, active: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values (DRAWS,) from the distribution that is 0 but for a share ``density``, which is like ``active``."""
    within = np.random.default_rng(latent).random(DRAWS)
    places = (np.arange(DRAWS) + within) / DRAWS
    found = np.zeros(DRAWS, np.float32)
    fires = places > 1 - density
    if len(active) and fires.any():
        ranks = (places[fires] - (1 - density)) / density * len(active)
        found[fires] = np.sort(active)[np.minimum(ranks.astype(int), len(active) - 1)]
    return found
