"""The order of a quantity of which many latents share each value: densities, which are counts, and tokens.

Instead of a sorted list of the latents only the place of each one's value among the distinct values is kept, two bytes
for each latent, four where there are many values. The latents at some places in the order are then all that have one of
a few values: one pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.db.latent_table.order import STEP, Order, Values
from app.db.latent_table.pieces import pieces
from app.db.latent_table.rest import Latents, Mask, Rest

#: Fewer latents to a value than this on average, and a sorted list is as small and quicker.
SHARED = 4


@dataclass(frozen=True, eq=False)
class CodedOrder(Order):
    """``column`` (n,) has the place of each latent's value among ``levels`` (k,), ascending, or the largest number of
    its type for a latent without; ``starts`` (k + 1,) has the place of the first latent of each level. ``known`` is
    empty.
    """

    levels: Values
    starts: NDArray[np.int32]

    @classmethod
    def made(cls, codes: NDArray[Any], levels: Values, has_value: Mask) -> "CodedOrder":
        """From the codes (n,) of the latents that have a value."""
        kind = np.uint16 if len(levels) < np.iinfo(np.uint16).max else np.uint32
        column = np.where(has_value, codes, np.iinfo(kind).max).astype(kind)
        counts = np.bincount(column[has_value], minlength=len(levels))
        starts = np.concatenate([[0], counts.cumsum()]).astype(np.int32)
        return cls(np.zeros(0, np.int32), Rest.of(has_value), column, levels, starts)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.unknown.nbytes + self.column.nbytes + self.levels.nbytes + self.starts.nbytes

    @property
    def n_known(self) -> int:
        """How many latents have a value."""
        return int(self.starts[-1])

    def value(self, latent: int) -> float:
        """The value of a latent that has one."""
        return float(self.levels[self.column[latent]].item())

    def values(self, step: int) -> NDArray[np.float64]:
        """The values of latents 0, ``step``, 2 ``step``, ...; 0 for one without."""
        return np.append(self.levels.astype(np.float64), 0.0)[np.minimum(self.column[::step], len(self.levels))]

    def narrow(self, mask: Mask, low: float | None, high: float | None) -> None:
        """Leave of the latents in ``mask`` (n,) those whose value lies in [low, high]; none without a value does."""
        first = 0 if low is None else int(np.searchsorted(self.levels, low, "left"))
        end = len(self.levels) if high is None else int(np.searchsorted(self.levels, high, "right"))
        for piece in pieces(len(self)):
            mask[piece] &= self._has_code(piece, first, end)

    def known_from(self, first: int, mask: Mask | None, limit: int, is_down: bool) -> Latents:
        """At most ``limit`` latents of the mask that have a value, from place ``first`` on."""
        if mask is None or first >= self.n_known or limit <= 0:
            return self.ranked(first, first + max(limit, 0), is_down)
        near = self.ranked(first, first + STEP, is_down)
        found: Latents = near[mask[near]][:limit]
        if len(found) == limit or first + STEP >= self.n_known:
            return found
        return self._counted(first, mask, limit, is_down)

    def _counted(self, first: int, mask: Mask, limit: int, is_down: bool) -> Latents:
        """``known_from`` by the number of latents in the mask that each level has: three passes, wherever they are. A
        walk takes a pass for each of its steps, and many of them where few of the next latents are in the mask.
        """
        (begin,) = self.ranked(first, first + 1, is_down).tolist()
        level = int(self.column[begin])
        counts = self._counts(mask)
        later = counts[:level][::-1] if is_down else counts[level + 1 :]
        n_levels = int(np.searchsorted(later.cumsum(), limit)) + 1
        low, high = (
            (max(level - n_levels, 0), level + 1) if is_down else (level, min(level + 1 + n_levels, len(counts)))
        )
        found = self._with_codes(low, high, mask)
        is_passed = (self.column[found] == level) & ((found > begin) if is_down else (found < begin))
        found = found[~is_passed]
        found = found[np.argsort(self.column[found], kind="stable")]
        shown: Latents = found[::-1] if is_down else found
        return shown[:limit]

    def ranked(self, first: int, end: int, is_down: bool) -> Latents:
        """The latents that have a value at the places [first, end)."""
        m = self.n_known
        if is_down:
            return self.ranked(max(m - end, 0), max(m - first, 0), False)[::-1]
        end = min(end, m)
        if first >= end:
            return np.zeros(0, np.int32)
        low = int(np.searchsorted(self.starts, first, "right")) - 1
        high = int(np.searchsorted(self.starts, end, "left"))
        found = self._with_codes(low, high)
        if high - low > 1:
            found = found[np.argsort(self.column[found], kind="stable")]
        return found[first - int(self.starts[low]) : end - int(self.starts[low])]

    def _with_codes(self, first: int, end: int, mask: Mask | None = None) -> Latents:
        """The latents, of a mask (n,), whose code is one of [first, end), ascending."""
        found = [np.zeros(0, np.int32)]
        for piece in pieces(len(self)):
            chosen = self._has_code(piece, first, end)
            if mask is not None:
                chosen &= mask[piece]
            found.append((np.flatnonzero(chosen) + piece.start).astype(np.int32))
        return np.concatenate(found)

    def _has_code(self, piece: slice, first: int, end: int) -> Mask:
        """Whether the code of each latent of the piece is one of [first, end)."""
        codes = self.column[piece]
        if end - first == 1:
            one: Mask = codes == first
            return one
        chosen: Mask = codes < end
        if first > 0:
            chosen &= codes >= first
        return chosen

    def _counts(self, mask: Mask) -> NDArray[np.int64]:
        """How many latents of the mask (n,) each level has, (k,)."""
        k = len(self.levels)
        counts = np.zeros(k + 1, np.int64)
        for piece in pieces(len(self)):
            counts += np.bincount(np.minimum(self.column[piece][mask[piece]], k), minlength=k + 1)
        return counts[:k]

    def _place(self, value: float, find: Callable[..., int]) -> int:
        return int(self.starts[find(self.levels, value)])


def order_of(values: Values, has_value: Mask) -> Order:
    """The order of latents 0 to n - 1 by ``values`` (n,), where ``has_value`` (n,), in the smaller of the two forms."""
    most = int(np.count_nonzero(has_value)) // SHARED
    if np.issubdtype(values.dtype, np.integer):
        n_levels = int(values[has_value].max(initial=-1)) + 1
        if n_levels <= most:
            return CodedOrder.made(values, np.arange(n_levels, dtype=np.int32), has_value)
        return Order.of(values, has_value)
    plain = Order.of(values, has_value)
    ranked = values[plain.known]
    is_new = np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)]
    levels = ranked[is_new]
    if not 0 < len(levels) <= most:
        return plain
    codes = np.zeros(len(values), np.int32)
    codes[plain.known] = np.cumsum(is_new, dtype=np.int32) - 1
    return CodedOrder.made(codes, levels, has_value)
