"""Ranges of activation and the examples that stand for them.

Band edges are edges of the latent's histogram bins, the ones whose tail comes nearest to the wanted share: so the
share of active tokens that a band states is exact, and membership of an example is exact too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.statistics.histogram import BINS, OCTAVES, PER_OCTAVE, bin_edges

#: Quantile bands of active tokens, from high to low.
QUANTILE_BANDS = ((0.99, 1.0), (0.95, 0.99), (0.9, 0.95), (0.7, 0.9), (0.5, 0.7), (0.0, 0.5))
#: Equal-width bands over [0, max], from high to low, as shares of the maximum.
WIDTH_BANDS = ((0.8, 1.0), (0.6, 0.8), (0.4, 0.6), (0.2, 0.4), (0.0, 0.2))
QUANTILES = (0.5, 0.7, 0.9, 0.95, 0.99)
PER_BAND = 5


@dataclass(frozen=True, eq=False)
class Cells:
    """A latent's histogram as BINS + 1 cells: cell 0 lies below the bins, cell c + 1 is bin c.

    ``tail[c]`` is the number of active tokens in cells >= c, with ``tail[BINS + 1] == 0``.
    """

    tail: NDArray[np.int64]
    edges: NDArray[np.float32]  # (BINS + 2,) lower edges, the last one the upper end
    maximum: float

    @classmethod
    def of(cls, counts: NDArray[np.uint32], below: int, octave: int, maximum: float) -> "Cells":
        """Cells of one latent that has been active at least once."""
        every = np.concatenate(([below], counts)).astype(np.int64)
        tail = np.append(np.cumsum(every[::-1])[::-1], 0)
        edges = np.concatenate((np.zeros(1, np.float32), bin_edges(octave)))
        return cls(tail, edges, maximum)

    @property
    def n(self) -> int:
        """Active tokens."""
        return int(self.tail[0])

    def cell_with_tail(self, target: float) -> int:
        """The highest cell whose tail is nearest to ``target`` tokens."""
        reverse = self.tail[::-1]  # ascending
        right = int(np.searchsorted(reverse, target, side="right"))
        low = reverse[right - 1] if right else reverse[0]
        high = reverse[min(right, len(reverse) - 1)]
        nearest = low if target - low <= high - target else high
        return len(reverse) - 1 - int(np.searchsorted(reverse, nearest, side="left"))

    def quantile(self, q: float) -> float:
        """The activation below which a share ``q`` of the active tokens lies; interpolated inside its bin."""
        rank = q * (self.n - 1)  # of n sorted values, numbered from 0
        above = self.n - rank  # cells are searched from the top
        cell = int(np.searchsorted(-self.tail, -above, side="right")) - 1
        inside = int(self.tail[cell] - self.tail[cell + 1])
        share = (rank - (self.n - int(self.tail[cell])) + 0.5) / inside
        low, high = float(self.edges[cell]), min(float(self.edges[cell + 1]), self.maximum)
        return low + (high - low) * min(max(share, 0.0), 1.0)


@dataclass(frozen=True)
class Range:
    """Cells ``first`` .. ``last`` (exclusive), what they are called and what they hold."""

    name: str
    view: str
    first: int
    last: int
    low: float
    high: float
    share: float


def band_ranges(cells: Cells) -> list[Range]:
    """The quantile bands, then the equal-width bands, each from high to low; they tile [0, max]."""
    topmost = int(np.searchsorted(-cells.tail, 0, side="left")) - 1  # the cell that holds the maximum
    quantile_cuts = [min(cells.cell_with_tail((1 - low) * cells.n), topmost) for low, _ in QUANTILE_BANDS[:-1]]
    width_cuts = [_nearest_edge(cells, low * cells.maximum, topmost) for low, _ in WIDTH_BANDS[:-1]]
    return [
        *_ranges(cells, QUANTILE_BANDS, quantile_cuts, "quantile"),
        *_ranges(cells, WIDTH_BANDS, width_cuts, "width"),
    ]


def _nearest_edge(cells: Cells, value: float, topmost: int) -> int:
    right = int(np.searchsorted(cells.edges, value))
    left_is_nearer = right > 0 and value - cells.edges[right - 1] < cells.edges[right] - value
    return min(right - 1 if left_is_nearer else right, topmost)


def _ranges(cells: Cells, bands: Sequence[tuple[float, float]], cuts: list[int], view: str) -> list[Range]:
    lasts = [len(cells.tail) - 1, *cuts]
    firsts = [*cuts, 0]
    found = []
    for (low, high), first, last in zip(bands, firsts, lasts, strict=True):
        last = max(first, last)
        share = float(cells.tail[first] - cells.tail[last]) / cells.n
        upper = min(float(cells.edges[last]), cells.maximum)
        found.append(Range(f"{low:g}-{high:g}", view, first, last, float(cells.edges[first]), upper, share))
    return found


def cells_of(float_bits: NDArray[np.int32], octave: int) -> NDArray[np.int64]:
    """The cell of each activation of a latent whose topmost octave is ``octave``."""
    first = (octave - (OCTAVES - 1)) * PER_OCTAVE
    return np.clip((float_bits >> 17).astype(np.int64) - first + 1, 0, BINS)


def choose(ranges: Sequence[Range], cells: Sequence[int], prompts: Sequence[int], shown: set[int]) -> list[list[int]]:
    """For each range up to PER_BAND candidates (their indices), in the order given, from different prompts.

    Prompts in ``shown`` or in a band above are taken only where a band has too few others.
    """
    seen = set(shown)
    chosen: list[list[int]] = []
    for band in ranges:
        members = [i for i, cell in enumerate(cells) if band.first <= cell < band.last]
        mine: dict[int, int] = {}
        for only_new in (True, False):
            for i in members:
                if len(mine) == PER_BAND:
                    break
                prompt = prompts[i]
                if prompt not in mine and not (only_new and prompt in seen):
                    mine[prompt] = i
        seen.update(mine)
        chosen.append(list(mine.values()))
    return chosen
