"""The latents without a value, ascending, in the memory of the smaller part: of theirs or of the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.db.latent_table import pieces

Latents = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rest:
    """Some of the latents 0 to n - 1: ``inside``, or, where that is None, all but ``outside``; both ascending."""

    n: int
    inside: Latents | None
    outside: Latents

    @classmethod
    def of(cls, has_value: Mask) -> "Rest":
        """The latents without a value."""
        n, known = len(has_value), int(np.count_nonzero(has_value))
        if known > n // 2:
            return cls(n, np.flatnonzero(~has_value).astype(np.int32), np.zeros(0, np.int32))
        return cls(n, None, np.flatnonzero(has_value).astype(np.int32))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.outside.nbytes + (0 if self.inside is None else self.inside.nbytes)

    def __len__(self) -> int:
        return self.n - len(self.outside) if self.inside is None else len(self.inside)

    def __contains__(self, index: int) -> bool:
        part = self.outside if self.inside is None else self.inside
        place = int(np.searchsorted(part, index))
        is_in_part = place < len(part) and int(part[place]) == index
        return is_in_part if self.inside is not None else 0 <= index < self.n and not is_in_part

    def latents(self, first: int, end: int) -> Latents:
        """Those at the places [first, end)."""
        if self.inside is not None:
            return self.inside[first:end]
        places = np.arange(first, max(first, min(end, len(self))), dtype=np.int32)
        # Of the latents outside, the i-th stands after so many that are inside:
        before = self.outside - np.arange(len(self.outside), dtype=np.int32)
        return places + np.searchsorted(before, places, "right").astype(np.int32)

    def below(self, index: int) -> int:
        """How many are smaller than ``index``."""
        if self.inside is not None:
            return int(np.searchsorted(self.inside, index))
        within = min(max(index, 0), self.n)
        return within - int(np.searchsorted(self.outside, within))

    def after(self, first: int, mask: Mask | None, limit: int) -> Latents:
        """At most ``limit`` of those in the mask (n,), from the place ``first`` among them on."""
        if mask is None or limit <= 0 or first >= len(self):
            return self.latents(first, first + max(limit, 0))
        if self.inside is not None:
            part = self.inside[first:]
            return part[mask[part]][:limit]
        found: list[Latents] = []
        for start in range(int(self.latents(first, first + 1)[0]), self.n, pieces.PIECE):
            found.append(self._between(start, start + pieces.PIECE, mask)[:limit])
            limit -= len(found[-1])
            if limit <= 0:
                break
        return np.concatenate(found)

    def before(self, end: int, mask: Mask | None, limit: int) -> Latents:
        """The last ``limit`` of those in the mask (n,) before the place ``end`` among them, ascending."""
        end = min(end, len(self))
        if mask is None or limit <= 0 or end <= 0:
            return self.latents(max(end - limit, 0), end)
        if self.inside is not None:
            part = self.inside[:end]
            return part[mask[part]][-limit:]
        found: list[Latents] = []
        for stop in range(int(self.latents(end - 1, end)[0]) + 1, 0, -pieces.PIECE):
            found.insert(0, self._between(max(stop - pieces.PIECE, 0), stop, mask)[-limit:])
            limit -= len(found[0])
            if limit <= 0:
                break
        return np.concatenate(found)

    def _between(self, start: int, stop: int, mask: Mask) -> Latents:
        """Those in the mask from latent ``start`` to before ``stop``, where ``outside`` lists the others."""
        piece = mask[start:stop].copy()
        low, high = np.searchsorted(self.outside, (start, stop)).tolist()
        piece[self.outside[low:high] - start] = False
        return (np.flatnonzero(piece) + start).astype(np.int32)

    def clear(self, mask: Mask) -> None:
        """Set ``mask`` (n,) to False where they are."""
        if self.inside is not None:
            mask[self.inside] = False
            return
        kept = mask[self.outside]
        mask[:] = False
        mask[self.outside] = kept
