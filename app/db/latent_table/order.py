"""Latents in the order of one quantity, and places in that order; both directions from one array.

Ascending, equal values come by index; descending is exactly the reverse. Latents without a value come last either
way, by index.

The values stay in the order of the latents: a range of them is then one pass over an array, which is far quicker than
going through the latents in the order of their values.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.db.latent_table.pieces import pieces
from app.db.latent_table.rest import Latents, Mask, Rest

Values = NDArray[Any]  # float64 or float32, or whole numbers
#: Latents looked at in the first step of a walk; each further step looks at twice as many, up to what a core's cache
#: holds.
STEP, MAX_STEP = 1024, 1 << 16
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, eq=False)
class Order:
    """``known`` (m,) latents by (value, index), ascending; ``unknown`` ones; ``column`` (n,) has the value of each
    latent that is known.
    """

    known: Latents
    unknown: Rest
    column: Values

    @classmethod
    def of(cls, values: Values, has_value: Mask) -> "Order":
        """The order of latents 0 to n - 1 by ``values`` (n,), where ``has_value`` (n,)."""
        known = np.flatnonzero(has_value).astype(np.int32)
        known = known[np.argsort(values[known], kind="stable")]
        return cls(known, Rest.of(has_value), _narrowed(values))

    @classmethod
    def unknown_to_all(cls, n: int) -> "Order":
        """The order where no latent has a value."""
        return cls(np.zeros(0, np.int32), Rest(n, None, np.zeros(0, np.int32)), np.zeros(0))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.known.nbytes + self.unknown.nbytes + self.column.nbytes

    @property
    def n_known(self) -> int:
        """How many latents have a value."""
        return len(self.known)

    def __len__(self) -> int:
        return self.n_known + len(self.unknown)

    def value(self, latent: int) -> float:
        """The value of a latent that has one."""
        return float(self.column[latent].item())

    def values(self, step: int) -> NDArray[np.float64]:
        """The values of latents 0, ``step``, 2 ``step``, ...; 0 for one without."""
        column = self.column if self.n_known else np.zeros(len(self))
        return np.nan_to_num(column[::step].astype(np.float64))

    def with_values(self, wanted: Mask) -> Mask:
        """Whether a latent's value v, a whole number, has ``wanted[v]``, (n,)."""
        if not self.n_known:
            return np.zeros(len(self), np.bool_)
        chosen = np.empty(len(self), np.bool_)
        for piece in pieces(len(self)):  # numpy makes eight bytes of each number before it looks up
            np.take(wanted, self.column[piece], out=chosen[piece], mode="clip")
        self.unknown.clear(chosen)
        return chosen

    def narrow(self, mask: Mask, low: float | None, high: float | None) -> None:
        """Leave of the latents in ``mask`` (n,) those whose value lies in [low, high]; none without a value does."""
        if not self.n_known:
            mask[:] = False
            return
        least = None if low is None else self._bound(low, np.inf)
        most = None if high is None else self._bound(high, -np.inf)
        for piece in pieces(len(self)):
            part, column = mask[piece], self.column[piece]
            if least is not None:
                part &= column >= least
            if most is not None:
                part &= column <= most
        self.unknown.clear(mask)

    def _bound(self, value: float, towards: float) -> Any:
        """The number of the column's type that is next to ``value`` on that side; numpy would take the nearest."""
        with np.errstate(over="ignore"):
            bound = np.asarray(value, self.column.dtype)[()]
        if float(bound) == value or (float(bound) > value) == (towards > 0):
            return bound
        return np.nextafter(bound, bound.dtype.type(towards))

    def latents(self, first: int, end: int, is_down: bool) -> Latents:
        """The latents at the places [first, end) as they are shown: known ones, then the others."""
        m = self.n_known
        rest = self.unknown.latents(max(first - m, 0), max(end - m, 0))
        return np.concatenate([self.ranked(first, min(end, m), is_down), rest])

    def ranked(self, first: int, end: int, is_down: bool) -> Latents:
        """The latents that have a value at the places [first, end)."""
        return (self.known[::-1] if is_down else self.known)[first:end]

    def gap(self, value: float | None, index: int, is_down: bool) -> tuple[int, int]:
        """(end of what is shown before, start of what is shown after) the latent with this value and index.

        They differ by one where the latent is there, and are equal where it is gone.
        """
        m = self.n_known
        if value is None:
            return m + self.unknown.below(index), m + self.unknown.below(index + 1)
        first, end = self._place(value, bisect_left), self._place(value, bisect_right)
        level = self.ranked(first, end, False)
        left, right = (first + int(np.searchsorted(level, index, side)) for side in SIDES)
        return (m - right, m - left) if is_down else (left, right)

    def gap_of(self, index: int, is_down: bool) -> tuple[int, int]:
        """``gap`` for the value that the latent has now."""
        has_value = index not in self.unknown and 0 <= index < len(self)
        return self.gap(self.value(index) if has_value else None, index, is_down)

    def forward(self, first: int, mask: Mask | None, limit: int, is_down: bool) -> Latents:
        """At most ``limit`` latents of the mask from place ``first`` on."""
        m = self.n_known
        known = self.known_from(first, mask, limit, is_down)
        return np.concatenate([known, self.unknown.after(max(first - m, 0), mask, limit - len(known))])

    def backward(self, end: int, mask: Mask | None, limit: int, is_down: bool) -> Latents:
        """At most ``limit`` latents of the mask, the last ones before place ``end``, in the order shown."""
        m = self.n_known
        rest = self.unknown.before(max(end - m, 0), mask, limit)
        known = self.known_from(m - min(end, m), mask, limit - len(rest), not is_down)
        return np.concatenate([known[::-1], rest])

    def known_from(self, first: int, mask: Mask | None, limit: int, is_down: bool) -> Latents:
        """At most ``limit`` latents of the mask that have a value, from place ``first`` on."""
        found: list[Latents] = [np.zeros(0, np.int32)]
        missing, step = limit, max(STEP, limit)
        while missing > 0 and first < self.n_known:
            part = self.ranked(first, first + step, is_down)
            found.append(part[:missing] if mask is None else part[mask[part]][:missing])
            missing -= len(found[-1])
            first += step
            step = min(2 * step, MAX_STEP)
        return np.concatenate(found)

    def _place(self, value: float, find: Callable[..., int]) -> int:
        """The place of the first known latent with a value of at least (bisect_left) or above (bisect_right) it."""
        return find(self.known, value, key=self.value)


class IndexOrder(Order):
    """The order by index, which needs no memory: every latent has a value, its index."""

    def __init__(self, n: int) -> None:
        nothing = np.zeros(0, np.int32)
        super().__init__(nothing, Rest(n, nothing, nothing), nothing)

    @property
    def n_known(self) -> int:
        """How many latents there are."""
        return self.unknown.n

    def ranked(self, first: int, end: int, is_down: bool) -> Latents:
        """The latents at the places [first, end)."""
        n = self.n_known
        places = np.arange(min(first, n), min(end, n), dtype=np.int32)
        return np.int32(n - 1) - places if is_down else places

    def gap(self, value: float | None, index: int, is_down: bool) -> tuple[int, int]:
        """(end of what is shown before, start of what is shown after) a latent."""
        n = self.n_known
        left, right = (min(max(place, 0), n) for place in (index, index + 1))
        return (n - right, n - left) if is_down else (left, right)

    def gap_of(self, index: int, is_down: bool) -> tuple[int, int]:
        """``gap`` for the value that the latent has, its index."""
        return self.gap(None, index, is_down)


def _narrowed(values: Values) -> Values:
    """The same numbers in half the memory, where the smaller type holds them exactly."""
    with np.errstate(over="ignore"):
        narrow: Values = values.astype(np.float32 if values.dtype == np.float64 else np.uint16)
    return narrow if np.array_equal(narrow, values, equal_nan=values.dtype == np.float64) else values
