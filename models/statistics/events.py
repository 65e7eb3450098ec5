"""One batch of active (token, latent) pairs as a single sorted list.

Only what is active goes past the encoder. Each pair becomes one 64-bit integer, latent | row | float bits, and one
plain sort orders the batch by latent, then prompt, then position: positive floats sort as integers, so no argsort and
no gather is needed. Every accumulator reads this list; the activations around a token are its neighbours in it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_VALUE_BITS = 31  # a positive float32 has no sign bit

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TokenRows:
    """Where the rows of a batch come from, arrays (n_rows,): row r is position ``positions[r]`` of ``prompts[r]``.

    Rows of one prompt are contiguous and in order. Rows that do not count (BOS, separators, padding) are left out.
    """

    prompts: Int64
    positions: Int64
    token_ids: Int64

    def __len__(self) -> int:
        return len(self.prompts)

    @cached_property
    def prompt_bounds(self) -> tuple[Int64, Int64]:
        """First row and end of the prompt that each row belongs to, (n_rows,) each."""
        starts = np.flatnonzero(np.append(True, self.prompts[1:] != self.prompts[:-1]))[: len(self)]
        ends = np.append(starts[1:], len(self))
        lengths = ends - starts
        return np.repeat(starts, lengths), np.repeat(ends, lengths)


@dataclass(frozen=True, eq=False)
class ActiveEvents:
    """Active pairs sorted by (latent, row), arrays (n_events,). ``values`` are positive float32."""

    tokens: TokenRows
    latents: Int64
    rows: Int64
    values: NDArray[np.float32]

    @classmethod
    def collect(
        cls,
        tokens: TokenRows,
        rows: NDArray[np.integer],
        latents: NDArray[np.integer],
        values: NDArray[np.float32],
    ) -> "ActiveEvents":
        """Sort the pairs ``(rows[i], latents[i])`` with activation ``values[i] > 0``; any order is welcome."""
        row_bits = max(1, len(tokens).bit_length())
        latent_bits = int(latents.max(initial=0)).bit_length()
        if row_bits + latent_bits + _VALUE_BITS > 63:  # very wide SAE and very large batch: the slow, general way
            order = np.lexsort((rows, latents))
            return cls(tokens, latents[order].astype(np.int64), rows[order].astype(np.int64), values[order])
        keys = latents.astype(np.int64)
        keys <<= row_bits
        keys |= rows.astype(np.int64, copy=False)
        keys <<= _VALUE_BITS
        keys |= np.ascontiguousarray(values, dtype=np.float32).view(np.int32)
        keys.sort()
        bits = (keys & ((1 << _VALUE_BITS) - 1)).astype(np.int32)
        keys >>= _VALUE_BITS
        return cls(tokens, keys >> row_bits, keys & ((1 << row_bits) - 1), bits.view(np.float32))

    def __len__(self) -> int:
        return len(self.latents)

    @cached_property
    def float_bits(self) -> NDArray[np.int32]:
        """The activations' bit patterns; they order like the activations."""
        return self.values.view(np.int32)

    @cached_property
    def starts(self) -> Int64:
        """Index of the first event of each latent that occurs, (n_latents_present,)."""
        if len(self) == 0:
            return np.zeros(0, np.int64)
        change = np.flatnonzero(self.latents[1:] != self.latents[:-1]) + 1
        return np.concatenate((np.zeros(1, np.int64), change))

    @cached_property
    def present(self) -> Int64:
        """The latents that occur, ascending, (n_latents_present,)."""
        return self.latents[self.starts]

    @cached_property
    def counts(self) -> Int64:
        """Events per latent present."""
        return np.diff(np.append(self.starts, len(self)))

    def windows(self, chosen: Int64, before: int, after: int) -> tuple[Int64, Int64]:
        """Ranges ``[first, last)`` of events that lie around each chosen event in the same prompt and latent.

        Within a latent the list is ordered by row, so the neighbours in text are neighbours in the list.
        """
        n_rows = len(self.tokens)
        rows, latents = self.rows[chosen], self.latents[chosen]
        prompt_first, prompt_end = (bound[rows] for bound in self.tokens.prompt_bounds)
        place = self.tokens.positions
        # Rows of a prompt skip what does not count, so the window is cut by position, not by row.
        low = np.maximum(rows - before, prompt_first)
        high = np.minimum(rows + after + 1, prompt_end)
        code = self._codes
        first = np.searchsorted(code, latents * n_rows + low, side="left")
        last = np.searchsorted(code, latents * n_rows + high, side="left")
        here = place[rows]
        while True:  # rows skipped inside a window push a few events past its edge: step back over them
            over = (first < last) & (place[self.rows[np.minimum(first, len(self) - 1)]] < here - before)
            under = (first < last) & (place[self.rows[np.maximum(last - 1, 0)]] > here + after)
            if not (over.any() or under.any()):
                return first, last
            first = first + over
            last = last - under

    @cached_property
    def _codes(self) -> Int64:
        return self.latents * len(self.tokens) + self.rows
