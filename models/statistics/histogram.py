"""A histogram per latent with fine bins on every scale, which moves up with the latent's maximum.

Bins are the leading bits of the float: 64 to an octave, over the 16 octaves below the power of two above the latent's
maximum. A bin is at most 1/64 as wide as its lower edge, so a quantile read from it is right to 1.6 %. When a larger
activation appears the bins shift down; what falls off the low end (below 2**-16 of the range) is only counted. The
result depends on the set of activations alone: a bin is a range of values, and the final range is the maximum's.

The upper octave's bins are equal parts of the range, and those of the octaves below merge pairwise to the same width:
so the linear histogram that is shown, 65 to 128 bins over [0, max], comes out of it exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents

MANTISSA_BITS = 6
PER_OCTAVE = 1 << MANTISSA_BITS
OCTAVES = 16
BINS = PER_OCTAVE * OCTAVES
_SHIFT = 23 - MANTISSA_BITS
_ONE = np.uint32(1)  # of the table's own type: numpy's quick way of adding at indices takes no cast


@dataclass(eq=False)
class Histograms:
    """``counts`` (d_sae, BINS) ascending by value; ``octave`` (d_sae,) the float exponent of the topmost octave."""

    counts: NDArray[np.uint32]
    below: NDArray[np.int64]
    octave: NDArray[np.int32]

    @classmethod
    def empty(cls, d_sae: int) -> "Histograms":
        """Nothing seen yet; ``octave`` 0 lies below every normal float."""
        return cls(np.zeros((d_sae, BINS), np.uint32), np.zeros(d_sae, np.int64), np.zeros(d_sae, np.int32))

    def update(self, events: ActiveEvents) -> None:
        """Count one batch."""
        if len(events) == 0:
            return
        bits = events.float_bits
        highest = np.maximum.reduceat(bits, events.starts) >> 23
        self._raise(events.present, highest)
        bins = bin_of(bits, np.repeat(self.octave[events.present], events.counts))
        low = bins < 0
        if low.any():
            np.add.at(self.below, events.latents[low], 1)
            np.add.at(self.counts.reshape(-1), (events.latents * BINS + bins)[~low], _ONE)
        else:
            np.add.at(self.counts.reshape(-1), events.latents * BINS + bins, _ONE)

    def _raise(self, latents: NDArray[np.int64], octaves: NDArray[np.int32]) -> None:
        """Move the bins of ``latents`` down until their topmost octave is at least ``octaves``."""
        fresh = self.octave[latents] == 0
        self.octave[latents[fresh]] = octaves[fresh]
        for at in np.flatnonzero(octaves > self.octave[latents]):
            latent, octave = int(latents[at]), int(octaves[at])
            row = self.counts[latent]
            shift = min((octave - int(self.octave[latent])) * PER_OCTAVE, BINS)
            self.below[latent] += int(row[:shift].sum())
            row[: BINS - shift] = row[shift:].copy()
            row[BINS - shift :] = 0
            self.octave[latent] = octave

    def merge(self, other: "Histograms") -> None:
        """Add what another run saw; leaves ``other`` changed (its bins are moved to the common range)."""
        every = np.arange(len(self.octave))
        self._raise(every, other.octave)
        other._raise(every, self.octave)
        self.counts += other.counts
        self.below += other.below


def bin_of(bits: NDArray[np.int32], octave: NDArray[np.int32]) -> NDArray[np.int64]:
    """Bin of each activation (by its float bits) in a latent whose topmost octave is ``octave``; < 0: below range."""
    return (bits >> _SHIFT).astype(np.int64) - (octave.astype(np.int64) - (OCTAVES - 1)) * PER_OCTAVE


def bin_edges(octave: int) -> NDArray[np.float32]:
    """The BINS + 1 edges of a latent's bins, exact float32 values."""
    first = (octave - (OCTAVES - 1)) * PER_OCTAVE
    codes = np.clip(np.arange(first, first + BINS + 1, dtype=np.int64), 0, None) << _SHIFT
    return codes.astype(np.int32).view(np.float32)


def linear_histogram(
    counts: NDArray[np.uint32], below: int, octave: int, maximum: float
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Equal-width edges (n + 1,) and counts (n,) over [0, max], 65 <= n <= 128; exact sums of the fine bins."""
    total = np.zeros(2 * PER_OCTAVE, np.int64)
    total[0] += below
    width = np.float32(bin_edges(octave)[-1] / (2 * PER_OCTAVE))
    for step in range(OCTAVES):  # step octaves below the topmost one
        octave_counts = counts[BINS - (step + 1) * PER_OCTAVE : BINS - step * PER_OCTAVE].astype(np.int64)
        places = np.arange(PER_OCTAVE, 2 * PER_OCTAVE) >> step
        np.add.at(total, places, octave_counts)
    n = min(int(maximum / width) + 1, 2 * PER_OCTAVE)
    return (np.arange(n + 1, dtype=np.float32) * width), total[:n]
