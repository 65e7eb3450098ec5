"""How often a latent is active on each token of the vocabulary, and the sum of its activations there, exactly.

A dense table where d_sae x vocabulary is small; otherwise sorted (latent, token) codes with counts and sums, merged
whenever enough new ones have come. The number of codes is at most the number of events, and at most
d_sae x vocabulary. Sums are whole multiples of ``totals.SCALE``, so the order of the tokens cannot change them.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents
from models.statistics.totals import SCALE, fixed_point

DENSE_CELLS = 1 << 24
_MIN_PENDING = 1 << 20
_ONE = np.uint32(1)


@dataclass(frozen=True)
class TokenCount:
    """A token on which a latent is active: how often, and how strongly on average."""

    token_id: int
    count: int
    mean: float


@dataclass(eq=False)
class TokenCounts:
    """Counts and fixed-point sums per (latent, token); either the tables (d_sae * vocab,) or the sparse arrays are in
    use, the others are None or empty.
    """

    d_sae: int
    vocab_size: int
    table: NDArray[np.uint32] | None = field(init=False)
    sum_table: NDArray[np.int64] | None = field(init=False)
    codes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    sums: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _pending: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=list)
    _n_pending: int = 0

    def __post_init__(self) -> None:
        cells = self.d_sae * self.vocab_size
        dense = cells <= DENSE_CELLS
        self.table = np.zeros(cells, np.uint32) if dense else None
        self.sum_table = np.zeros(cells, np.int64) if dense else None

    def update(self, events: ActiveEvents) -> None:
        """Count one batch."""
        codes = events.latents * self.vocab_size + events.tokens.token_ids[events.rows]
        fixed = fixed_point(events.values)
        if self.table is not None and self.sum_table is not None:
            np.add.at(self.table, codes, _ONE)
            np.add.at(self.sum_table, codes, fixed)
            return
        self._pending.append((codes, fixed))
        self._n_pending += len(codes)
        if self._n_pending > max(_MIN_PENDING, len(self.codes)):
            self.settle()

    def settle(self) -> None:
        """Merge what waits into the sorted arrays."""
        if self._pending:
            codes = np.concatenate([codes for codes, _ in self._pending])
            sums = np.concatenate([sums for _, sums in self._pending])
            self._pending, self._n_pending = [], 0
            self._add(codes, np.ones(len(codes), np.int64), sums)

    def _add(self, codes: NDArray[np.int64], counts: NDArray[np.int64], sums: NDArray[np.int64]) -> None:
        every = np.concatenate((self.codes, codes))
        order = np.argsort(every, kind="stable")
        every = every[order]
        counts, sums = np.concatenate((self.counts, counts))[order], np.concatenate((self.sums, sums))[order]
        starts = np.flatnonzero(np.append(True, every[1:] != every[:-1])) if len(every) else np.zeros(0, np.int64)
        self.codes = every[starts]
        self.counts = np.add.reduceat(counts, starts) if len(starts) else counts
        self.sums = np.add.reduceat(sums, starts) if len(starts) else sums

    def merge(self, other: "TokenCounts") -> None:
        """Add what another run counted."""
        if self.table is not None and other.table is not None:
            self.table += other.table
            self.sum_table += other.sum_table  # type: ignore[operator] # both tables are there or none is
            return
        self.settle()
        other.settle()
        self._add(other.codes, other.counts, other.sums)

    def top(self, latent: int, n: int) -> tuple[list[TokenCount], int]:
        """The ``n`` tokens that it fires on most, and how many distinct tokens there are in all.

        Ordered by count × mean, the sum of the activations: by count alone, stop words on which half of all latents
        fire faintly would head most lists. Ties by count, then by smaller id.
        """
        first = latent * self.vocab_size
        if self.table is not None and self.sum_table is not None:
            row = self.table[first : first + self.vocab_size]
            tokens = np.flatnonzero(row)
            counts = row[tokens].astype(np.int64)
            sums = self.sum_table[first : first + self.vocab_size][tokens]
        else:
            low, high = np.searchsorted(self.codes, (first, first + self.vocab_size))
            tokens, counts, sums = self.codes[low:high] - first, self.counts[low:high], self.sums[low:high]
        order = np.lexsort((tokens, -counts, -sums))[:n]
        found = [TokenCount(int(tokens[i]), int(counts[i]), float(sums[i] / SCALE / counts[i])) for i in order]
        return found, len(tokens)
