"""Short windows of a corpus with what fires in them: the texts that a description of a latent is tried on.

Prompts are cut into windows of equal width, one after another. Of each window it is known which latents fire and how
strongly at most; of a few chosen latents, on which of its tokens. No torch: the pass is in
``models.corpus.window_pass``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import FloatArray, IntArray

#: Tokens of a window, as in the literature on detection scores (Paulo et al. 2024).
WIDTH = 32
#: Latents that fire together with another one are looked for among those that share at least so many windows with it.
LEAST_SHARED = 3


@dataclass(frozen=True, eq=False)
class Firings:
    """Tokens on which one latent fires, arrays (n,): window, place in it, activation > 0; by window, then place."""

    windows: IntArray
    places: IntArray
    values: FloatArray


@dataclass(frozen=True, eq=False)
class Windows:
    """``n`` windows of a corpus.

    Attributes:
        token_ids: (n, width), without BOS; every window is whole.
        prompts: (n,) the number of each window's prompt.
        is_spread: (n,) whether its prompt is one of those spread evenly over the corpus, by which shares are estimated.
            The others were added because some latent fires in them.
        pair_windows, pair_latents, pair_maxima: (m,) the largest activation of each latent in each window in which it
            fires, by latent, then window.
        firings: of the chosen latents.
    """

    token_ids: IntArray
    prompts: IntArray
    is_spread: NDArray[np.bool_]
    pair_windows: IntArray
    pair_latents: IntArray
    pair_maxima: FloatArray
    firings: Mapping[int, Firings]

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def width(self) -> int:
        """Tokens of a window."""
        return int(self.token_ids.shape[1])

    def maxima(self, latent: int) -> FloatArray:
        """(n,) the latent's largest activation in each window, 0 where it is silent."""
        first, last = np.searchsorted(self.pair_latents, (latent, latent + 1))
        found = np.zeros(len(self), np.float32)
        found[self.pair_windows[first:last]] = self.pair_maxima[first:last]
        return found

    def activations(self, latent: int, window: int) -> FloatArray:
        """(width,) the activations of a chosen latent on the tokens of a window."""
        firings = self.firings[latent]
        first, last = np.searchsorted(firings.windows, (window, window + 1))
        found = np.zeros(self.width, np.float32)
        found[firings.places[first:last]] = firings.values[first:last]
        return found

    def companions(self, latent: int, most: int) -> IntArray:
        """The latents that fire in the same windows as ``latent``, at most so many, nearest first.

        Near is the share of windows in which both fire among those in which either does (Jaccard).
        """
        fires = self.maxima(latent) > 0
        n_latents = int(self.pair_latents.max(initial=latent)) + 1
        both = np.bincount(self.pair_latents[fires[self.pair_windows]], minlength=n_latents)
        each = np.bincount(self.pair_latents, minlength=n_latents)
        near = np.where(both >= LEAST_SHARED, both / np.maximum(1, each + fires.sum() - both), 0.0)
        near[latent] = 0.0
        order = np.argsort(-near, kind="stable")[:most]
        return np.asarray(order[near[order] > 0], np.int64)

    def has_tokens(self, token_ids: Collection[int]) -> NDArray[np.bool_]:
        """(n,) whether one of the tokens is in the window."""
        return np.asarray(np.isin(self.token_ids, list(token_ids)).any(1))
