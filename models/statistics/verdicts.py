"""What yes-or-no verdicts on texts of known kind are worth: rates with intervals from a sample out of proportion.

1. Texts are drawn from strata (bands of activation; kinds of silence), about as many from each. The weight of a stratum
   is its share of all texts that fire, or of all that are silent.
2. A rate is the weighted mean of the strata's: r = sum w_s yes_s / n_s. It is worth as much as a simple sample of
   1 / sum(w_s^2 / n_s) texts (Kish 1965).
3. Its interval is Clopper and Pearson's at that number of texts (Korn and Graubard 1998): never too narrow, also where
   all verdicts agree.
4. With the share p of texts that fire, the rate of hits r and of false alarms f: precision = p r / (p r + (1 - p) f),
   balanced accuracy = (r + 1 - f) / 2, which is also the AUROC of a yes or no. A bound of either comes from draws of
   the distributions whose quantiles the bounds of its parts are.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.statistics.intervals import TAIL, clopper_pearson

_DRAWS = 20_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """Texts of one kind: ``n`` that were judged, ``yes`` of them with yes; ``weight``: their share of all, >= 0."""

    name: str
    n: int
    yes: int
    weight: float


@dataclass(frozen=True)
class Rate:
    """A share in [0, 1] with its interval; ``n`` texts of a simple sample would say as much."""

    value: float
    low: float
    high: float
    n: float

    @classmethod
    def of(cls, value: float, n: float) -> "Rate":
        """The rate with Clopper and Pearson's interval; ``n`` > 0 need not be a whole number."""
        return cls(value, *clopper_pearson(value, n), n)


@dataclass(frozen=True)
class Interval:
    """A number with the bounds between which it lies, at ``models.statistics.intervals.CONFIDENCE``."""

    value: float
    low: float
    high: float


def weighted_rate(strata: Iterable[Stratum]) -> Rate | None:
    """The share of yes over all texts of the strata; None if none was judged.

    The weight of a stratum without a verdict goes to the others, in proportion.
    """
    judged = [stratum for stratum in strata if stratum.n > 0 and stratum.weight > 0]
    total = sum(stratum.weight for stratum in judged)
    if not judged:
        return None
    shares = [(stratum.weight / total, stratum) for stratum in judged]
    value = sum(share * stratum.yes / stratum.n for share, stratum in shares)
    return Rate.of(min(1.0, max(0.0, value)), 1 / sum(share**2 / stratum.n for share, stratum in shares))


def share(part: int, n: int) -> Rate:
    """The rate of a simple sample: ``part`` of ``n`` > 0."""
    return Rate.of(part / n, n)


def precision(hits: Rate, false_alarms: Rate, firing: Rate) -> Interval | None:
    """Of the texts that were judged yes, the share that fires; None where no text would be judged yes.

    ``firing``: the share of all texts that fire.
    """

    def formula(r: Floats, f: Floats, p: Floats) -> Floats:
        right, wrong = p * r, (1 - p) * f
        return np.divide(right, right + wrong, out=np.zeros_like(right), where=right + wrong > 0)

    parts = np.array([[hits.value], [false_alarms.value], [firing.value]])
    if parts[2] * parts[0] + (1 - parts[2]) * parts[1] == 0:
        return None
    draws = np.random.default_rng(0)
    low = formula(_draw(draws, hits, -1), _draw(draws, false_alarms, 1), _draw(draws, firing, -1))
    high = formula(_draw(draws, hits, 1), _draw(draws, false_alarms, -1), _draw(draws, firing, 1))
    return _interval(float(formula(*parts)[0]), low, high)


def balanced_accuracy(hits: Rate, false_alarms: Rate) -> Interval:
    """The mean of the share of firing texts judged yes and that of silent texts judged no; chance is 1/2."""
    draws = np.random.default_rng(0)
    low = (_draw(draws, hits, -1) + 1 - _draw(draws, false_alarms, 1)) / 2
    high = (_draw(draws, hits, 1) + 1 - _draw(draws, false_alarms, -1)) / 2
    return _interval((hits.value + 1 - false_alarms.value) / 2, low, high)


def _draw(generator: np.random.Generator, rate: Rate, side: int) -> Floats:
    """Draws (``_DRAWS``,) of the distribution whose quantiles are the lower (-1) or the upper (1) bounds of a rate."""
    yes, no = rate.value * rate.n, rate.n - rate.value * rate.n
    if side < 0:
        return generator.beta(yes, no + 1, _DRAWS) if yes > 0 else np.zeros(_DRAWS)
    return generator.beta(yes + 1, no, _DRAWS) if no > 0 else np.ones(_DRAWS)


def _interval(value: float, low: Floats, high: Floats) -> Interval:
    lowest, highest = float(np.quantile(low, TAIL)), float(np.quantile(high, 1 - TAIL))
    return Interval(value, min(value, lowest), max(value, highest))
