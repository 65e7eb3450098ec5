"""How well a latent tells a group of tokens from all others, from what a build keeps.

Kept are the number of tokens, the exact number of active ones, a uniform sample of these (all of them, if they are
few), examples, and the text of every prompt. Membership of a group follows from the text. So

1. tokens of the group: its share of the text that is read, times all tokens;
2. active tokens of the group: its share of the sample, times all active tokens; the others are zeros;
3. AUROC = P(a in > a out) + ½ P(a in = a out), zeros included: the Mann-Whitney statistic in which each token of the
   sample counts for (active tokens / sample) tokens;
4. its interval: the sample drawn again with replacement (percentile bootstrap, Efron 1979);
5. where the sample has none of the group, or fewer than the examples prove, 2 to 4 are no estimates. Then there are
   bounds: at least the examples of the group are active, at most what the sample allows with 95 % (Clopper and Pearson
   1934). The AUROC lies between that of the fewest, each above the zeros only, and that of the most, above everything.

If the sample holds every active token and every prompt was read, all of this is counted and nothing estimated.
"""

import math
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
    known: int  # active tokens that are certain to be in the group
    mean_active: float | None
    auroc: float | None
    low: float | None  # of the interval; None: counted, or nothing to estimate it from
    high: float | None
    most_active: float | None  # active tokens at most, with 95 %, where the sample has too few of them; else None
    bounds: tuple[float, float] | None  # of the AUROC, where the sample has too few on one of the sides; else None

    @property
    def firing(self) -> float | None:
        """The share of the group's tokens on which the latent fires."""
        return min(1.0, self.active / self.tokens) if self.tokens > 0 else None

    @property
    def firing_bounds(self) -> tuple[float, float] | None:
        """The least and the most that share can be, where it cannot be estimated; else None."""
        if self.most_active is None or self.tokens <= 0:
            return None
        return self.known / self.tokens, min(1.0, self.most_active / self.tokens)


@dataclass(frozen=True)
class Known:
    """Stored examples, each token once: how many are in the group and how many outside of it."""

    inside: int = 0
    outside: int = 0


def spread(
    activations: NDArray[np.float32],
    inside: Mask,
    n_active: int,
    n_tokens: int,
    share: float,
    is_counted: bool,
    known: Known = Known(),
) -> Spread:
    """The group with the sampled tokens ``inside`` (n,) of those with ``activations`` (n,); ``share`` of all tokens
    belong to it.
    """
    n = len(activations)
    sampled = int(inside.sum())
    active = n_active * sampled / n if n else 0.0
    # A group cannot have fewer tokens than active ones; estimates can disagree where it is rare.
    group = max(share * n_tokens, active, known.inside)
    is_estimated = not is_counted and 0 < n < n_active
    most = _most(sampled, n, n_active, known.inside) if is_estimated else None
    most_outside = _most(n - sampled, n, n_active, known.outside) if is_estimated else None
    bounds = None
    if most is not None:
        bounds = _bounds(group, n_tokens - group, n_active, known.inside, most)
    elif most_outside is not None:
        mirrored = _bounds(n_tokens - group, group, n_active, known.outside, most_outside)
        bounds = (1 - mirrored[1], 1 - mirrored[0]) if mirrored else None
    auroc = math.nan
    if most is None and most_outside is None:
        auroc = float(_auroc(activations, inside, np.ones((1, n)), n_active, group, n_tokens)[0])
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
        known=known.inside,
        mean_active=float(activations[inside].mean()) if sampled else None,
        auroc=None if np.isnan(auroc) else auroc,
        low=low,
        high=high,
        most_active=most,
        bounds=bounds,
    )


def _most(sampled: int, n: int, n_active: int, known: int) -> float | None:
    """The most active tokens that a side can have, if the sample has none of it or fewer than are known; else None.

    With a larger share of the active tokens, ``sampled`` or fewer of n draws would be seen less than once in 20 times.
    """
    if sampled and n_active * sampled / n >= known:
        return None
    low, high = 0.0, 1.0
    for _ in range(50):
        share = (low + high) / 2
        seen = sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(sampled + 1))
        low, high = (share, high) if seen > 1 - CONFIDENCE else (low, share)
    return max(n_active * high, known)


def _bounds(group: float, rest: float, n_active: int, least: float, most: float) -> tuple[float, float] | None:
    """AUROC if ``least`` tokens of the group are active, above the zeros of the rest only; and if ``most`` are, above
    everything. Both grow with the number, so what lies between them holds every case.
    """
    if group <= 0 or rest <= 0:
        return None
    most = min(most, group, n_active)
    zeros = [min(rest, max(0.0, rest - (n_active - active))) for active in (least, most)]
    lowest = zeros[0] * (group + least) / 2 / (group * rest)
    highest = (most * rest + (group - most) * zeros[1] / 2) / (group * rest)
    return lowest, highest


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
