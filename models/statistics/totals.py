"""Counts, sums and maxima per latent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents

#: Sums are kept as whole multiples of 2**-24, since adding floats depends on the order and adding integers does not.
SCALE = float(1 << 24)


def fixed_point(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Activations (n,) as whole multiples of 2**-24."""
    return np.rint(values.astype(np.float64) * SCALE).astype(np.int64)


@dataclass(eq=False)
class Totals:
    """Arrays (d_sae,): active tokens, fixed-point sum of activations, maximum; and the number of tokens seen."""

    n_tokens: int
    n_active: NDArray[np.int64]
    fixed_sum: NDArray[np.int64]
    maximum: NDArray[np.float32]

    @classmethod
    def empty(cls, d_sae: int) -> "Totals":
        """Nothing seen yet."""
        return cls(0, np.zeros(d_sae, np.int64), np.zeros(d_sae, np.int64), np.zeros(d_sae, np.float32))

    def update(self, events: ActiveEvents) -> None:
        """Count one batch."""
        self.n_tokens += len(events.tokens)
        if len(events) == 0:
            return
        present = events.present
        self.n_active[present] += events.counts
        self.fixed_sum[present] += np.add.reduceat(fixed_point(events.values), events.starts)
        highest = np.maximum.reduceat(events.values, events.starts)
        self.maximum[present] = np.maximum(self.maximum[present], highest)

    def merge(self, other: "Totals") -> None:
        """Add what another run saw of other tokens."""
        self.n_tokens += other.n_tokens
        self.n_active += other.n_active
        self.fixed_sum += other.fixed_sum
        self.maximum = np.maximum(self.maximum, other.maximum)

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean activation over active tokens, 0 where there are none, (d_sae,)."""
        return self.fixed_sum / SCALE / np.maximum(self.n_active, 1)

    @property
    def density(self) -> NDArray[np.float64]:
        """Share of tokens on which the latent is active, (d_sae,)."""
        return self.n_active / max(self.n_tokens, 1)
