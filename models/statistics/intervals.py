"""Intervals of a share, of 95 %.

Two, for two uses. Wilson's (1927) needs nothing but arithmetic and holds its level on average: it stands beside counts
of thousands of tokens. Clopper and Pearson's (1934) holds its level always and is wider: it stands where a few dozen
texts were judged, and where the number of texts is that of a weighted sample and no whole number (Korn and Graubard
1998).
"""

import math

#: Share of intervals that hold the true value, and the quantile of the normal distribution for it.
CONFIDENCE, Z = 0.95, 1.959963984540054
TAIL = (1 - CONFIDENCE) / 2


def wilson(share: float, n: float) -> tuple[float, float]:
    """The ends for a share in [0, 1] of ``n`` > 0."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def clopper_pearson(share: float, n: float) -> tuple[float, float]:
    """The ends for a share in [0, 1] of ``n`` > 0, which need not be a whole number."""
    from scipy.stats import beta

    yes = share * n
    low = 0.0 if yes <= 0 else float(beta.ppf(TAIL, yes, n - yes + 1))
    high = 1.0 if yes >= n else float(beta.ppf(1 - TAIL, yes + 1, n - yes))
    return low, high
