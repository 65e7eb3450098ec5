"""How well a latent tells a group of tokens from all others, from what a build keeps.

Kept are the number of tokens, the exact number of active ones, a uniform sample of these (all of them, if they are
few), and the text of every prompt. Membership of a group follows from the text. So

1. tokens of the group: its share of the text that is read, times all tokens;
2. active tokens of the group: its share of the sample, times all active tokens; the others are zeros;
3. AUROC = P(a in > a out) + ½ P(a in = a out), zeros included: the Mann-Whitney statistic in which each token of the
   sample counts for (active tokens / sample) tokens;
4. its interval: the sample drawn again with replacement (percentile bootstrap, Efron 1979).

If the sample holds every active token and every prompt was read, all of this is counted and nothing estimated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 400
CONFIDENCE = 0.95

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """A group against all other tokens; numbers of tokens are estimates. None: not defined."""

    tokens: float
    active: float
    sampled: int  # tokens of the sample in the group
    mean_active: float | None
    auroc: float | None
    low: float | None  # of the interval; None: counted, or nothing to estimate it from
    high: float | None
    most_active: float | None  # active tokens at most, with 95 %, where the sample has none; else None

    @property
    def firing(self) -> float | None:
        """The share of the group's tokens on which the latent fires."""
        return min(1.0, self.active / self.tokens) if self.tokens > 0 else None


def spread(
    activations: NDArray[np.float32], inside: Mask, n_active: int, n_tokens: int, share: float, is_counted: bool
) -> Spread:
    """The group with the sampled tokens ``inside`` (n,) of those with ``activations`` (n,); ``share`` of all tokens
    belong to it.
    """
    group = share * n_tokens
    n = len(activations)
    sampled = int(inside.sum())
    active = n_active * sampled / n if n else 0.0
    # A group cannot have fewer tokens than active ones; estimates can disagree where it is rare.
    group = max(group, active)
    auroc = _auroc(activations, inside, np.ones((1, n)), n_active, group, n_tokens)[0]
    low = high = None
    if not is_counted and not np.isnan(auroc) and 0 < sampled < n:
        draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), DRAWS).astype(np.float64)
        found = _auroc(activations, inside, draws, n_active, group, n_tokens)
        ends = np.nanquantile(found, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
        low, high = float(ends[0]), float(ends[1])
    return Spread(
        tokens=group,
        active=active,
        sampled=sampled,
        mean_active=float(activations[inside].mean()) if sampled else None,
        auroc=None if np.isnan(auroc) else float(auroc),
        low=low,
        high=high,
        # n draws without a hit: a share above 1 - 0.05 ** (1 / n) would have given one 19 times in 20.
        most_active=n_active * (1 - (1 - CONFIDENCE) ** (1 / n)) if n and not sampled and not is_counted else None,
    )


def _auroc(
    activations: NDArray[np.float32], inside: Mask, counts: Floats, n_active: int, group: float, n_tokens: int
) -> Floats:
    """AUROC for each row of ``counts`` (draws, n), how often each sampled token was drawn; NaN if a side is empty."""
    values = np.unique(activations)
    at_value = (activations[:, None] == values[None]).astype(np.float64)  # (n, values)
    weights = counts * (n_active / max(1, len(activations)))
    ins, outs = weights[:, inside] @ at_value[inside], weights[:, ~inside] @ at_value[~inside]
    zeros_in = np.maximum(0.0, group - ins.sum(1))
    zeros_out = np.maximum(0.0, n_tokens - group - outs.sum(1))
    below = np.cumsum(outs, axis=1) - outs
    wins = (ins * (zeros_out[:, None] + below + outs / 2)).sum(1) + zeros_in * zeros_out / 2
    pairs = (zeros_in + ins.sum(1)) * (zeros_out + outs.sum(1))
    found: Floats = np.divide(wins, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
    return found
