"""How much one step of long work does, so that it lasts about a quarter of a second and other work comes in between.

Steps are of many kinds and models of many sizes, so the size is learnt from the clock. With n the units of a step
(tokens of a forward pass, characters to tokenise, rows written at once) and t the seconds that it took:

1. seconds per unit: c = max(t/n, 0.8·c + 0.2·t/n): at once when it gets slower, little by little when quicker;
2. size = ``AIM``/c, at most four times the largest step so far, rounded down to a power of two, so that equal work is
   cut into equal pieces again and again, in numbers that are equal to the last bit.

The first step of a kind is small. No step is smaller than ``least``, below which hardly anything is saved, since the
weights are read all the same, nor than one row: what cannot be divided may last longer.
"""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")

#: Seconds that a step should last, and that it may.
AIM, STEP_SECONDS = 0.25, 0.5
_SMOOTHING, _GROWTH = 0.8, 4


class Pace:
    """The size of the steps of one kind of work; belongs to one thread."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        *,
        first: int = 64,
        least: int = 16,
        most: int = 8192,
    ) -> None:
        self._clock = clock
        self._first, self._least, self.most = first, least, most
        self._seconds: float | None = None  # per unit
        self._largest = 0

    @property
    def size(self) -> int:
        """Units of the next step."""
        if self._seconds is None:
            return min(self._first, self.most)
        fits = AIM / max(self._seconds, 1e-12)
        found = int(min(fits, _GROWTH * self._largest, self.most))
        return max(self._least, 1 << max(0, found.bit_length() - 1)) if found else self._least

    @contextmanager
    def timed(self, n: int) -> Iterator[None]:
        """A step of ``n`` units; it counts unless it fails."""
        began = self._clock()
        yield
        self._learn(max(1, n), self._clock() - began)

    def _learn(self, n: int, seconds: float) -> None:
        each = seconds / n
        known = each if self._seconds is None else self._seconds
        self._seconds = max(each, _SMOOTHING * known + (1 - _SMOOTHING) * each)
        self._largest = max(self._largest, n)

    def pieces(self, n: int) -> Iterator[slice]:
        """``n`` units in slices, each as large as is right when its turn comes."""
        start = 0
        while start < n:
            end = min(n, start + self.size)
            yield slice(start, end)
            start = end


def result_of(steps: Generator[Any, None, Result]) -> Result:
    """Work in steps done in one go; what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Result = end.value
            return found
