"""Latents in the order of one quantity, and places in that order; both directions from one array.

Ascending, equal values come by index; descending is exactly the reverse. Latents without a value come last either
way, by index.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Latents = NDArray[np.int32]
Mask = NDArray[np.bool_]
Values = NDArray[Any]  # float64 or float32, or whole numbers
#: Latents looked at in the first step of a walk; each further step looks at twice as many.
STEP = 1024
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, eq=False)
class Order:
    """``known`` (m,) latents by (value, index), ascending; ``unknown`` (k,) ones by index.

    Run j of equal values is ``values[j]`` at the places ``starts[j]`` to ``starts[j + 1]``; with few repetitions
    ``starts`` is None and every place has its own value.
    """

    known: Latents
    values: Values
    starts: NDArray[np.int32] | None
    unknown: Latents

    @classmethod
    def of(cls, values: Values, has_value: Mask) -> "Order":
        """The order of latents 0 to n - 1 by ``values`` (n,), where ``has_value`` (n,)."""
        known = np.flatnonzero(has_value).astype(np.int32)
        known = known[np.argsort(values[known], kind="stable")]
        sorted_values = values[known]
        unknown = np.flatnonzero(~has_value).astype(np.int32)
        firsts = np.flatnonzero(np.concatenate([[True], sorted_values[1:] != sorted_values[:-1]])[: len(known)])
        if len(firsts) > len(known) // 4:
            return cls(known, _narrowed(sorted_values), None, unknown)
        starts = np.append(firsts, len(known)).astype(np.int32)
        return cls(known, _narrowed(sorted_values[firsts]), starts, unknown)

    @classmethod
    def by_index(cls, everything: Latents) -> "Order":
        """The order by index; the array is shared, not copied."""
        return cls(everything, everything, None, everything[:0])

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        starts = 0 if self.starts is None else self.starts.nbytes
        values = 0 if self.values is self.known else self.values.nbytes
        return self.known.nbytes + values + starts + self.unknown.nbytes

    def __len__(self) -> int:
        return len(self.known) + len(self.unknown)

    def expanded(self) -> Values:
        """The value at every place of ``known`` (m,)."""
        return self.values if self.starts is None else np.repeat(self.values, np.diff(self.starts))

    def with_values(self, wanted: Mask) -> Latents:
        """The latents whose value v, a whole number, has ``wanted[v]``."""
        chosen = wanted[self.values]
        found: Latents = self.known[chosen if self.starts is None else np.repeat(chosen, np.diff(self.starts))]
        return found

    def between(self, low: float | None, high: float | None) -> Latents:
        """The latents whose value lies in [low, high]; those without a value are never in it."""
        first = 0 if low is None else self._place(low, "left")
        end = len(self.known) if high is None else self._place(high, "right")
        return self.known[first:end]

    def latents(self, first: int, end: int, is_down: bool) -> Latents:
        """The latents at the places [first, end) as they are shown: known ones, then the others."""
        m = len(self.known)
        ranked = self.known[::-1] if is_down else self.known
        return np.concatenate([ranked[first : min(end, m)], self.unknown[max(first - m, 0) : max(end - m, 0)]])

    def gap(self, value: float | None, index: int, is_down: bool) -> tuple[int, int]:
        """(end of what is shown before, start of what is shown after) the latent with this value and index.

        They differ by one where the latent is there, and are equal where it is gone.
        """
        m = len(self.known)
        if value is None:
            left, right = (int(np.searchsorted(self.unknown, index, side)) for side in SIDES)
            return m + left, m + right
        first, end = self._place(value, "left"), self._place(value, "right")
        left, right = (first + int(np.searchsorted(self.known[first:end], index, side)) for side in SIDES)
        return (m - right, m - left) if is_down else (left, right)

    def gap_of(self, index: int, is_down: bool) -> tuple[int, int]:
        """``gap`` for the value that the latent has now."""
        found = np.flatnonzero(self.known == index)
        if found.size == 0:
            return self.gap(None, index, is_down)
        run = found[0] if self.starts is None else np.searchsorted(self.starts, found[0], "right") - 1
        return self.gap(self.values[run].item(), index, is_down)

    def forward(self, first: int, mask: Mask | None, limit: int, is_down: bool) -> Latents:
        """At most ``limit`` latents of the mask from place ``first`` on."""
        found: list[Latents] = []
        missing, step = limit, max(STEP, limit)
        while missing > 0 and first < len(self):
            part = self.latents(first, first + step, is_down)
            kept = part[:missing] if mask is None else part[mask[part]][:missing]
            found.append(kept)
            missing -= len(kept)
            first += step
            step *= 2
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    def backward(self, end: int, mask: Mask | None, limit: int, is_down: bool) -> Latents:
        """At most ``limit`` latents of the mask, the last ones before place ``end``, in the order shown."""
        found: list[Latents] = []
        missing, step = limit, max(STEP, limit)
        while missing > 0 and end > 0:
            part = self.latents(max(0, end - step), end, is_down)
            kept = part if mask is None else part[mask[part]]
            found.insert(0, kept[max(0, len(kept) - missing) :])
            missing -= len(found[0])
            end -= step
            step *= 2
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    def _place(self, value: float, side: Side) -> int:
        """The place of the first known latent with a value of at least (left) or above (right) ``value``.

        numpy copies an array that is searched for a key of another type, so the key gets the array's own.
        """
        with np.errstate(over="ignore"):
            key = np.asarray(value, self.values.dtype)
        if float(key) != value:
            key = key if float(key) > value else np.nextafter(key, np.inf, dtype=self.values.dtype)
            side = "left"
        run = int(np.searchsorted(self.values, key, side))
        return run if self.starts is None else int(self.starts[run])


def _narrowed(values: Values) -> Values:
    """The same numbers in half the memory, where the smaller type holds them exactly."""
    with np.errstate(over="ignore"):
        narrow: Values = values.astype(np.float32 if values.dtype == np.float64 else np.uint16)
    return narrow if np.array_equal(narrow, values) else values
