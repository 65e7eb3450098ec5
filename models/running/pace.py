"""How much one step of long work does, so that it lasts about a quarter of a second and other work comes in between.

Steps are of many kinds and models of many sizes, so the size is learnt from the clock. With n the units of a step
(tokens of a forward pass, characters to tokenise, rows written at once) and t the seconds that it took:

1. seconds per unit: c = max(t/n, 0.8·c + 0.2·t/n): at once when it gets slower, little by little when quicker;
2. size = ``AIM``/c, at most four times the largest step so far, rounded down to a power of two, so that equal work is
   mostly cut into equal pieces again, in numbers that are equal to the last bit.

A generator that works in steps yields after each of them, the last one too: whoever calls it adds nothing to it.

The first step of a kind is what a slow machine would do. No step is smaller than ``least``, below which hardly anything
is saved, since the weights are read all the same, nor than one row: what cannot be divided may last longer. Imports no
torch.
"""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
Progress = TypeVar("Progress")

#: Seconds that a step should last, and that it may.
AIM, STEP_SECONDS = 0.25, 0.5
_SMOOTHING, _GROWTH = 0.8, 4
#: Multiplications per second of a slow machine.
SLOW = 1e10


def clock() -> float:
    """Seconds on the clock that steps are measured by."""
    return time.perf_counter()


class Pace:
    """The size of the steps of one kind of work; belongs to one thread."""

    def __init__(
        self, wait: Callable[[], None] | None = None, *, first: int = 64, least: int = 16, most: int = 8192
    ) -> None:
        """``wait``: until the device has done what it was asked; ``first``, ``least``, ``most``: units of a step."""
        self._wait = wait
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
        return max(self._least, 1 << max(0, found.bit_length() - 1))

    def now(self) -> float:
        """Seconds, once everything asked of the device has been done."""
        if self._wait is not None:
            self._wait()
        return clock()

    @contextmanager
    def timed(self, n: int) -> Iterator[None]:
        """A step of ``n`` units; it counts unless it fails. Nothing may be yielded to other work inside."""
        began = self.now()
        yield
        self.learn(n, self.now() - began)

    def learn(self, n: int, seconds: float) -> None:
        """``n`` units took so long."""
        each = seconds / max(1, n)
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


class Paces:
    """The paces of all kinds of work on one model or dictionary, by name."""

    def __init__(self, per_token: int, wait: Callable[[], None] | None = None) -> None:
        """``per_token``: multiplications for one token, or one row of activations; ``wait``: as ``Pace`` has it."""
        self.per_token = per_token
        self._wait = wait
        self._known: dict[str, Pace] = {}

    def __call__(self, kind: str, *, first: int | None = None, least: int = 16, most: int = 8192) -> Pace:
        """The pace of this kind of work; the numbers count where it is asked for the first time.

        Without ``first`` the units are tokens.
        """
        if kind not in self._known:
            likely = min(most, max(least, int(AIM * SLOW / max(1, self.per_token))))
            self._known[kind] = Pace(self._wait, first=likely if first is None else first, least=least, most=most)
        return self._known[kind]


def result_of(steps: Generator[Any, None, Result]) -> Result:
    """Work in steps done in one go; what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Result = end.value
            return found


def telling(progress: Progress, steps: Generator[None, None, Result]) -> Generator[Progress, None, Result]:
    """The same steps, each of which yields ``progress``."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Result = end.value
            return found
        yield progress
