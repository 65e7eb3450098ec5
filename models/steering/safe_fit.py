"""From a few judged texts at a few strengths to the strength up to which texts stay fluent. No torch.

With x the distance from the neutral strength, the share of fluent texts is taken to be

    p(x) = q · σ(k·(ln θ − ln x)),

q the share among unsteered texts (which are judged by the same rule and sometimes fail it), k = ``SLOPE``, and θ the
distance at which half of them are lost. q and θ are the most likely on a grid, given all texts, the unsteered ones too:
a single unlucky text moves the end a little and does not make it. The *end of the safe range* is where p(x) = 0.9·q.
If it is hardly less likely that nothing is lost at all, the end is the largest distance measured.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

#: How steeply fluency is lost along ln x; k = 5 loses four fifths of it from half of the way down to twice as far.
SLOPE = 5.0
#: Of the unsteered share, what a safe strength keeps.
KEPT = 0.9
#: How much more likely (in nats) an end has to be than none.
EVIDENCE = 3.5
#: Grid of θ per factor of two.
_PER_OCTAVE = 16
#: What the share of fluent unsteered texts may be, whatever a few of them showed.
_QS = (0.05, 0.15, 0.3, 0.45, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.94, 0.97, 0.985)


@dataclass(frozen=True)
class Judged:
    """Texts at one distance: how many were fluent, of how many."""

    fluent: int
    n: int


@dataclass(frozen=True)
class Fit:
    """One side of a sweep. ``half``: θ, ``None`` where nothing was lost. ``end``: of the safe range."""

    end: float
    half: float | None


def fit(points: Mapping[float, Judged], unsteered: Judged) -> Fit:
    """Fit one side: distance x > 0 -> what was judged there, and the unsteered texts. Without points the end is 0."""
    if not points:
        return Fit(0.0, None)
    low, high = min(points), max(points)
    steps = _PER_OCTAVE * (4 + math.ceil(math.log2(high / low)))
    thetas = [high * 2 ** (1 - n / _PER_OCTAVE) for n in range(steps + 1)]

    def likelihood(q: float, theta: float | None) -> float:
        found = _binomial(unsteered, q)
        for x, judged in points.items():
            kept = 1.0 if theta is None else 1 / (1 + math.exp(-SLOPE * (math.log(theta) - math.log(x))))
            found += _binomial(judged, q * kept)
        return found

    nothing_lost = max(likelihood(q, None) for q in _QS)
    best, theta = max((max(likelihood(q, theta) for q in _QS), theta) for theta in thetas)
    if best < nothing_lost + EVIDENCE:
        return Fit(high, None)
    return Fit(min(high, theta * safe_part()), theta)


def safe_part() -> float:
    """The end of the safe range over θ."""
    return math.exp(-math.log(KEPT / (1 - KEPT)) / SLOPE)


def _binomial(judged: Judged, p: float) -> float:
    p = min(1 - 1e-6, max(1e-6, p))
    return judged.fluent * math.log(p) + (judged.n - judged.fluent) * math.log(1 - p)
