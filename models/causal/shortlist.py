"""Which (position, latent) pairs are removed exactly: within a budget, by estimate, by size and at random.

The budget is counted in runs of the model from the source's layer up, as many as ``BUDGET`` multiplications allow: the
same question has the same answer on any machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.causal.attribution import Pairs, Prompt
from models.causal.path_points import Estimates
from models.causal.trials import Trials

#: Multiplications of the exact runs, and how many runs that may be.
BUDGET = 1.5e11
LEAST_RUNS, MOST_RUNS = 192, 4096
#: Shares of the runs that points on the way may cost, that go to the largest writes, and to the random sample.
POINTS_SHARE, WRITES_SHARE, SAMPLE_SHARE = 0.25, 0.15, 0.3
#: Pairs in the random sample: as few as say anything, and as many as are of use.
SAMPLE_LEAST, SAMPLE_MOST = 32, 256
_SEED = 0


@dataclass(frozen=True, eq=False)
class Chosen:
    """Places among all pairs: those with a reason to look, and the random sample of the rest."""

    reasoned: NDArray[np.int64]
    sampled: NDArray[np.int64]


def runs_within(prompt: Prompt, budget: float, top_k: int) -> int:
    """Runs that so many multiplications allow, with room for a list of ``top_k`` and for the audit."""
    fits = int(budget / max(1.0, prompt.run_cost()))
    return max(min(fits, MOST_RUNS), LEAST_RUNS, 2 * top_k + SAMPLE_LEAST)


def choose(pairs: Pairs, rows: Trials, estimates: Estimates, budget: int, top_k: int) -> Chosen:
    """What is removed exactly: everything if that fits, else by estimate, by write and at random."""
    n = len(pairs)
    if len(rows) <= budget or n <= top_k + SAMPLE_LEAST:
        return Chosen(np.arange(n), np.zeros(0, np.int64))
    each = len(rows) / n  # runs of a pair
    affordable = int(budget / each)
    n_sample = int(np.clip(SAMPLE_SHARE * affordable, SAMPLE_LEAST, SAMPLE_MOST))
    n_sample = max(SAMPLE_LEAST, min(n_sample, affordable - top_k))
    n_writes = max(0, min(int(WRITES_SHARE * affordable), affordable - n_sample - top_k))
    by_rank = np.argsort(estimates.rank, kind="stable")
    is_taken = np.zeros(n, bool)
    is_taken[by_rank[: max(top_k, affordable - n_sample - n_writes)]] = True
    by_write = largest_of_each(pairs.positions, estimates.sizes)
    is_taken[by_write[~is_taken[by_write]][:n_writes]] = True
    rest = np.flatnonzero(~is_taken)
    sampled = np.random.default_rng(_SEED).choice(rest, min(n_sample, len(rest)), replace=False)
    return Chosen(np.flatnonzero(is_taken), sampled)


def by_estimate_and_size(
    positions: NDArray[np.int64], estimates: NDArray[np.float64], sizes: NDArray[np.float64], n: int
) -> NDArray[np.int64]:
    """``n`` places: the largest estimates, and of what is left the largest of each position."""
    n_sizes = int(WRITES_SHARE * n) if n < len(estimates) else 0
    found = np.argsort(-np.abs(estimates), kind="stable")[: n - n_sizes]
    order = largest_of_each(positions, sizes)
    more = order[~np.isin(order, found)][:n_sizes]
    return np.concatenate([found, more])


def largest_of_each(positions: NDArray[np.int64], sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """All places: the largest of every position, then the second largest of every position, and so on."""
    order = np.lexsort((-sizes, positions))
    sorted_positions = positions[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_positions, sorted_positions)
    found: NDArray[np.int64] = order[np.lexsort((-sizes[order], rank))]
    return found
