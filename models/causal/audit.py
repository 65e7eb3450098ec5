"""How large an effect can still be among pairs that were not removed, going by a random sample of them.

Of N pairs that nothing chose, m are drawn at random without putting back and removed exactly; M = N − m stay unknown.
Two statements follow, both at a confidence of ``CONFIDENCE``:

1. Of the unknown at most j exceed the largest in the sample. This holds whatever the effects are: every set of m is as
   likely, so the number J of unknown ones above the sample's (k + 1)-th largest has the negative hypergeometric law
   P(J = j) = C(j + k, k)·C(N − k − 1 − j, m − k − 1) / C(N, m), here with k = 0.
2. None of the unknown exceeds ``bound``. No sample of less than ``CONFIDENCE`` of all pairs says that by itself: the
   largest of all is in it with probability m/N. So one assumption is made: above u, the sample's (k + 1)-th largest,
   sizes fall off at least as fast as the power law that its k largest show (Hill 1975). With y = ln(size/u) that is an
   exponential law of unknown rate λ; S = Σy over the k largest; λS ~ Gamma(k), which makes the law of the largest
   unknown one free of λ:

       P(no unknown above u·eˣ) = Σ_j P(J = j) · E[(1 − e^(−λx))ʲ]

   ``bound`` is the u·eˣ at which this reaches the confidence. Power laws have the heaviest tails among the usual ones,
   so it errs on the wide side. If the sample is that large a share of the pairs, its largest is the bound, without any
   assumption.

What was removed exactly but is not listed is known, so the bound on all that is not listed is the larger of the two.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, gammaln

#: How sure the bound is.
CONFIDENCE = 0.95
#: The tail is that of this share of the sample, from so many on.
TAIL_SHARE, TAIL_LEAST = 0.2, 5
#: A change that rounding alone can make, in nats or logits: nothing smaller is told apart.
ROUNDING = 1e-5
#: Points of the integral over λ.
_POINTS = 100


@dataclass(frozen=True)
class Audit:
    """What is known about all pairs. ``n_exact`` of ``n_pairs`` were removed, ``n_sample`` of them drawn at random.

    ``bound``: at ``confidence`` no pair that is not listed changes the metric by more. With everything removed the
    confidence is 1 and the bound the largest change that is not listed. ``largest_sampled``: in the random sample;
    at most ``n_above`` of the pairs that were not removed exceed it, at 95 % whatever the effects are. ``None`` where
    nothing was left to draw from.
    """

    n_pairs: int
    n_exact: int
    n_sample: int
    bound: float
    confidence: float
    largest_sampled: float | None
    n_above: int | None


def audit(n_pairs: int, unlisted: NDArray[np.float64], sampled: NDArray[np.float64], n_unknown: int) -> Audit:
    """The audit of an answer.

    Args:
        n_pairs: pairs in all.
        unlisted: exact changes (n,) of those that were removed but are not listed.
        sampled: exact changes (m,) of the random sample, listed or not.
        n_unknown: pairs that were not removed.
    """
    known = float(np.abs(unlisted).max(initial=0.0))
    if n_unknown == 0:
        return Audit(n_pairs, n_pairs, len(sampled), known, 1.0, None, None)
    sizes = np.abs(sampled)
    bound = max(known, tail_bound(sizes, n_unknown))
    above = most_above(len(sampled), n_unknown)
    return Audit(n_pairs, n_pairs - n_unknown, len(sampled), bound, CONFIDENCE, float(sizes.max(initial=0.0)), above)


def above_law(k: int, m: int, n_unknown: int) -> NDArray[np.float64]:
    """P(J = j) for j = 0 … n_unknown: how many unknown ones exceed the (k + 1)-th largest of a sample of m > k."""
    n = m + n_unknown
    j = np.arange(n_unknown + 1)
    logs = _ln_choose(j + k, k) + _ln_choose(n - k - 1 - j, m - k - 1) - _ln_choose(np.array(n), m)
    found: NDArray[np.float64] = np.exp(logs)
    return found


def most_above(m: int, n_unknown: int, confidence: float = CONFIDENCE) -> int:
    """At most so many of the unknown exceed the largest of a sample of m."""
    if m == 0:
        return n_unknown
    return int(np.searchsorted(np.cumsum(above_law(0, m, n_unknown)), confidence))


def tail_bound(sizes: NDArray[np.float64], n_unknown: int, confidence: float = CONFIDENCE) -> float:
    """What none of the unknown exceeds, from the sizes (m,) of the sample.

    Raises:
        ValueError: a sample of no more than ``TAIL_LEAST``.
    """
    m = len(sizes)
    if n_unknown == 0:
        return 0.0
    if m <= TAIL_LEAST:
        raise ValueError(f"a tail needs a sample of more than {TAIL_LEAST}, not {m}")
    ordered = np.sort(np.maximum(sizes, ROUNDING))[::-1]
    if m >= confidence * (m + n_unknown):
        return float(ordered[0])
    k = max(TAIL_LEAST, round(TAIL_SHARE * m))
    above = np.log(ordered[:k] / ordered[k])
    total = float(above.sum())
    if total == 0:
        return float(ordered[0])
    law = above_law(k, m, n_unknown)
    kept = np.flatnonzero(law > 1e-7)
    rates = gammaincinv(k, (np.arange(_POINTS) + 0.5) / _POINTS) / total

    def covered(x: float) -> float:
        below = np.log1p(-np.exp(-rates * x))  # (points,)
        return float((law[kept, None] * np.exp(kept[:, None] * below)).sum() / _POINTS)

    low, high = 0.0, max(float(above[0]), 1e-6)
    while covered(high) < confidence:
        low, high = high, 2 * high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if covered(middle) < confidence else (low, middle)
    return max(float(ordered[k] * np.exp(min(high, 700.0))), float(ordered[0]))


def _ln_choose(n: NDArray[np.integer], k: NDArray[np.integer] | int) -> NDArray[np.float64]:
    """ln C(n, k), −inf where k > n."""
    with np.errstate(invalid="ignore"):
        found = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    result: NDArray[np.float64] = np.where(n >= k, found, -np.inf)
    return result
