"""The AUROC of scores, and its interval: the probability that a positive has a larger score than a negative, ties half.

From ranks (Mann and Whitney 1947); the interval of 95 % from the standard error of Hanley and McNeil (1982).
"""

import math

import numpy as np
from numpy.typing import NDArray

from models.statistics.intervals import Z
from models.statistics.label_tests import Figure

#: Fewer positives or negatives than this say too little for an interval by a normal distribution.
FEWEST = 5


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_], *, is_exact: bool = False) -> Figure | None:
    """The AUROC of ``scores`` (n,) for ``positive`` (n,); None unless there are positives and negatives.

    ``is_exact``: these are all there are, so there is no interval.
    """
    values, place = np.unique(scores, return_inverse=True)
    with_it = np.bincount(place[positive], minlength=len(values)).astype(np.float64)
    without = np.bincount(place[~positive], minlength=len(values)).astype(np.float64)
    return _from_counts(with_it, without, is_exact)


def auroc_with_zeros(
    active: NDArray[np.floating], inside: NDArray[np.bool_], n_positive: int, n_negative: int
) -> Figure | None:
    """The same where only the scores above zero are listed: ``active`` (k,) with ``inside`` (k,), which of them are
    positives, of ``n_positive`` and ``n_negative`` in all.
    """
    values, place = np.unique(active, return_inverse=True)
    with_it = np.bincount(place[inside], minlength=len(values)).astype(np.float64)
    without = np.bincount(place[~inside], minlength=len(values)).astype(np.float64)
    zeros = (n_positive - with_it.sum(), n_negative - without.sum())
    return _from_counts(np.append(zeros[0], with_it), np.append(zeros[1], without), is_exact=False)


def _from_counts(with_it: NDArray[np.float64], without: NDArray[np.float64], is_exact: bool) -> Figure | None:
    """From how many positives and negatives have each score, ascending."""
    n_with, n_without = float(with_it.sum()), float(without.sum())
    if n_with <= 0 or n_without <= 0:
        return None
    below = np.cumsum(without) - without
    value = float((with_it * (below + without / 2)).sum() / (n_with * n_without))
    if is_exact:
        return Figure(value)
    if min(n_with, n_without) < FEWEST:
        return Figure(value, 0.0, 1.0)
    q1, q2 = value / (2 - value), 2 * value * value / (1 + value)
    variance = value * (1 - value) + (n_with - 1) * (q1 - value**2) + (n_without - 1) * (q2 - value**2)
    half = Z * math.sqrt(max(0.0, variance) / (n_with * n_without))
    return Figure(value, max(0.0, value - half), min(1.0, value + half))
