"""The log of events that some selection keeps, with the activations around them.

Positions of a window are stored only where the latent is active; the log is compacted when selections let go.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents

#: Tokens shown before and after an example's own. A causal latent depends on what comes before.
BEFORE, AFTER = 32, 16

_COLUMNS = ("latents", "prompts", "positions", "token_ids", "values", "window_lengths")
_WINDOW_COLUMNS = ("window_positions", "window_values")


@dataclass(frozen=True, eq=False)
class KeptEvents:
    """Columns (n,) of kept events; the windows lie one after another in ``window_*`` (sum of lengths,)."""

    latents: NDArray[np.int32]
    prompts: NDArray[np.int64]
    positions: NDArray[np.int32]
    token_ids: NDArray[np.int32]
    values: NDArray[np.float32]
    window_lengths: NDArray[np.int16]
    window_positions: NDArray[np.int32]
    window_values: NDArray[np.float32]

    @classmethod
    def empty(cls) -> "KeptEvents":
        """No events."""
        ints, floats = np.zeros(0, np.int32), np.zeros(0, np.float32)
        return cls(ints, np.zeros(0, np.int64), ints, ints, floats, np.zeros(0, np.int16), ints, floats)

    @classmethod
    def of(cls, events: ActiveEvents, chosen: NDArray[np.int64]) -> "KeptEvents":
        """The events ``chosen`` (indices into the batch) with their windows."""
        tokens, rows = events.tokens, events.rows[chosen]
        first, last = events.windows(chosen, BEFORE, AFTER)
        inside = ranges(first, last)
        return cls(
            events.latents[chosen].astype(np.int32),
            tokens.prompts[rows],
            tokens.positions[rows].astype(np.int32),
            tokens.token_ids[rows].astype(np.int32),
            events.values[chosen],
            (last - first).astype(np.int16),
            tokens.positions[events.rows[inside]].astype(np.int32),
            events.values[inside],
        )

    def __len__(self) -> int:
        return len(self.latents)

    def take(self, indices: NDArray[np.int64]) -> "KeptEvents":
        """These events, in this order."""
        ends = np.cumsum(self.window_lengths, dtype=np.int64)
        inside = ranges(ends[indices] - self.window_lengths[indices], ends[indices])
        columns = [getattr(self, name)[indices] for name in _COLUMNS]
        return KeptEvents(*columns, *(getattr(self, name)[inside] for name in _WINDOW_COLUMNS))

    @classmethod
    def join(cls, parts: "list[KeptEvents]") -> "KeptEvents":
        """All events of ``parts``, one part after another."""
        names = (*_COLUMNS, *_WINDOW_COLUMNS)
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The columns by name, for a checkpoint."""
        return {name: getattr(self, name) for name in (*_COLUMNS, *_WINDOW_COLUMNS)}

    @property
    def n_bytes(self) -> int:
        """Memory held, bytes."""
        return sum(a.nbytes for a in self.arrays().values())


def ranges(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """The concatenation of ``arange(first[i], last[i])``."""
    lengths = last - first
    ends = np.cumsum(lengths)
    if len(ends) == 0 or ends[-1] == 0:
        return np.zeros(0, np.int64)
    shift = np.repeat(first - (ends - lengths), lengths)
    return np.asarray(np.arange(ends[-1], dtype=np.int64) + shift)


@dataclass(eq=False)
class Log:
    """Kept events under numbers that stay valid until :meth:`compact`."""

    parts: list[KeptEvents] = field(default_factory=lambda: [KeptEvents.empty()])
    size: int = 0

    def append(self, events: KeptEvents) -> int:
        """Add events; returns the number of the first."""
        self.parts.append(events)
        self.size += len(events)
        return self.size - len(events)

    def whole(self) -> KeptEvents:
        """Everything as one block."""
        if len(self.parts) > 1:
            self.parts = [KeptEvents.join(self.parts)]
        return self.parts[0]

    def compact(self, used: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Drop the events not ``used``; returns the new number of each old one (-1: dropped)."""
        keep = np.flatnonzero(used)
        self.parts = [self.whole().take(keep)]
        self.size = len(keep)
        renumber = np.full(len(used), -1, np.int64)
        renumber[keep] = np.arange(len(keep))
        return renumber
