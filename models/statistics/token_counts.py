"""How often a latent is active on each token of the vocabulary, exactly.

A dense table where d_sae x vocabulary is small; otherwise sorted (latent, token) codes with counts, merged whenever
enough new ones have come. The number of codes is at most the number of events, and at most d_sae x vocabulary.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents

DENSE_CELLS = 1 << 25
_MIN_PENDING = 1 << 20
_ONE = np.uint32(1)


@dataclass(eq=False)
class TokenCounts:
    """Counts per (latent, token); exactly one of ``table`` (d_sae * vocab,) and the sparse arrays is in use."""

    d_sae: int
    vocab_size: int
    table: NDArray[np.uint32] | None = field(init=False)
    codes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _pending: list[NDArray[np.int64]] = field(default_factory=list)
    _n_pending: int = 0

    def __post_init__(self) -> None:
        dense = self.d_sae * self.vocab_size <= DENSE_CELLS
        self.table = np.zeros(self.d_sae * self.vocab_size, np.uint32) if dense else None

    def update(self, events: ActiveEvents) -> None:
        """Count one batch."""
        codes = events.latents * self.vocab_size + events.tokens.token_ids[events.rows]
        if self.table is not None:
            np.add.at(self.table, codes, _ONE)
            return
        self._pending.append(codes)
        self._n_pending += len(codes)
        if self._n_pending > max(_MIN_PENDING, len(self.codes)):
            self.settle()

    def settle(self) -> None:
        """Merge what waits into the sorted arrays."""
        if self._pending:
            codes, counts = np.unique(np.concatenate(self._pending), return_counts=True)
            self._pending, self._n_pending = [], 0
            self._add(codes, counts)

    def _add(self, codes: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        every = np.concatenate((self.codes, codes))
        order = np.argsort(every, kind="stable")
        every, summed = every[order], np.concatenate((self.counts, counts))[order]
        starts = np.flatnonzero(np.append(True, every[1:] != every[:-1])) if len(every) else np.zeros(0, np.int64)
        self.codes = every[starts]
        self.counts = np.add.reduceat(summed, starts) if len(starts) else summed

    def merge(self, other: "TokenCounts") -> None:
        """Add what another run counted."""
        if self.table is not None and other.table is not None:
            self.table += other.table
            return
        self.settle()
        other.settle()
        self._add(other.codes, other.counts)

    def top(self, latent: int, n: int) -> list[tuple[int, int]]:
        """The ``n`` tokens most often active, as (token id, count); ties by smaller id."""
        if self.table is not None:
            row = self.table[latent * self.vocab_size : (latent + 1) * self.vocab_size]
            tokens = np.flatnonzero(row)
            counts = row[tokens].astype(np.int64)
        else:
            low, high = np.searchsorted(self.codes, (latent * self.vocab_size, (latent + 1) * self.vocab_size))
            tokens, counts = self.codes[low:high] - latent * self.vocab_size, self.counts[low:high]
        order = np.lexsort((tokens, -counts))[:n]
        return [(int(tokens[i]), int(counts[i])) for i in order]
