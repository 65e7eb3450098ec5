"""The latents that promote each token, in memory: a search that many tokens answer reads no lists from the database.

A latent takes two bytes per token it promotes: latents are kept by segments of 65,536, in each as places from its
beginning, token after token.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SEGMENT = 2**16
#: Places that are marked at once, about what stays in a core's cache; a search for "e" marks ten millions.
PIECE = 1 << 16
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """Some lists as they are stored: of ``tokens`` (k,) ascending, ``lengths`` (k,), and their ``latents`` joined."""

    tokens: Ints
    lengths: Ints
    latents: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Postings:
    """Segment s holds of token t the places ``places[s][starts[s][t]:starts[s][t + 1]]``."""

    starts: tuple[NDArray[np.uint32], ...]  # each (n_tokens + 1,)
    places: tuple[NDArray[np.uint16], ...]

    @classmethod
    def of(cls, d_sae: int, n_tokens: int, parts: Iterable[Lists]) -> "Postings":
        """Put together the lists of tokens 0 to ``n_tokens`` - 1, given in the order of tokens."""
        segments = range(-(-d_sae // SEGMENT))
        counts = np.zeros((len(segments), n_tokens), np.int64)
        places: list[list[NDArray[np.uint16]]] = [[] for _ in segments]
        for part in parts:
            tokens = np.repeat(part.tokens, part.lengths)
            is_known = (tokens < n_tokens) & (part.latents < d_sae)
            tokens, latents = tokens[is_known], part.latents[is_known]
            segment = latents // SEGMENT
            for s in segments:
                mine = segment == s
                counts[s] += np.bincount(tokens[mine], minlength=n_tokens)
                places[s].append((latents[mine] % SEGMENT).astype(np.uint16))
        starts = np.concatenate([np.zeros((len(segments), 1), np.int64), counts.cumsum(1)], axis=1).astype(np.uint32)
        none = np.zeros(0, np.uint16)
        return cls(tuple(starts), tuple(np.concatenate([none, *parts]) for parts in places))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(array.nbytes for array in self.starts) + sum(array.nbytes for array in self.places)

    def mark(self, mask: NDArray[np.bool_], tokens: Ints) -> None:
        """Set ``mask`` (d_sae,) where a latent promotes any of the tokens."""
        for s, (starts, places) in enumerate(zip(self.starts, self.places, strict=True)):
            part = mask[s * SEGMENT : (s + 1) * SEGMENT]
            firsts = starts[tokens].astype(np.int64)
            lengths = starts[tokens + 1] - firsts
            ends = lengths.cumsum()
            for first, end in pairwise(_cuts(ends)):
                _mark(part, places, firsts[first:end], lengths[first:end])


def _cuts(ends: Ints) -> list[int]:
    """Where to part lists that end at ``ends`` (k,), so that a part has about ``PIECE`` places."""
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(PIECE, total, PIECE), "right")
    return sorted({0, *cuts.tolist(), len(ends)})


def _mark(mask: NDArray[np.bool_], places: NDArray[np.uint16], firsts: Ints, lengths: Ints) -> None:
    # Of every list all places, one after the other: its first, and a step for each further one.
    ends = lengths.cumsum()
    wanted = np.arange(ends[-1] if len(ends) else 0) + np.repeat(firsts - ends + lengths, lengths)
    mask[places[wanted]] = True
