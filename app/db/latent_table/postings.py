"""The latents that promote each token, in memory: a search that many tokens answer reads no lists from the database.

A latent takes two bytes per token it promotes: latents are kept by segments of 65,536, in each as places from its
beginning. Lists stand one after the other, and so do the segments of each.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SEGMENT = 2**16
#: Places that are marked at once, about what stays in a core's cache; a search for "e" marks ten millions.
PIECE = 1 << 15
Ints = NDArray[np.int64]
#: Two billion promoted tokens are enough: a hundred million latents.
Places = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Lists:
    """Some lists as they are stored: of ``tokens`` (k,) ascending, ``lengths`` (k,), and their ``latents`` joined."""

    tokens: Ints
    lengths: Ints
    latents: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Postings:
    """Token t has in segment s the places ``places[starts[i]:starts[i + 1]]`` with i = t * ``n_segments`` + s."""

    n_segments: int
    starts: Places  # (n_tokens * n_segments + 1,)
    places: NDArray[np.uint16]

    @classmethod
    def of(cls, d_sae: int, n_tokens: int, total: int, parts: Iterable[Lists]) -> "Postings":
        """Put together the lists of tokens 0 to ``n_tokens`` - 1, given in the order of tokens, each ascending; with
        ``total`` latents in all, so that each is written once to where it stays.
        """
        n_segments = -(-d_sae // SEGMENT)
        counts = np.zeros(n_tokens * n_segments, np.int32)
        places = np.empty(total, np.uint16)
        end = 0
        for part in parts:
            tokens = np.repeat(part.tokens, part.lengths)
            is_known = (tokens < n_tokens) & (part.latents < d_sae)
            tokens, latents = tokens[is_known], part.latents[is_known]
            if not len(tokens):
                continue
            places[end : end + len(latents)] = latents % SEGMENT
            end += len(latents)
            first = int(tokens[0]) * n_segments
            found = np.bincount(tokens * n_segments - first + latents // SEGMENT)
            counts[first : first + len(found)] += found.astype(np.int32)
        starts = np.append(np.int32(0), counts.cumsum(dtype=np.int32))
        return cls(n_segments, starts, places[:end] if end == total else places[:end].copy())

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.starts.nbytes + self.places.nbytes

    def mark(self, mask: NDArray[np.bool_], tokens: Ints) -> None:
        """Set ``mask`` (d_sae,) where a latent promotes any of the tokens."""
        for s in range(self.n_segments):
            part = mask[s * SEGMENT : (s + 1) * SEGMENT]
            cells = (tokens * self.n_segments + s).astype(np.int32)
            firsts = self.starts[cells]
            lengths = self.starts[cells + 1] - firsts
            ends = lengths.cumsum(dtype=np.int32)
            for first, end in pairwise(_cuts(ends)):
                _mark(part, self.places, firsts[first:end], lengths[first:end])


def _cuts(ends: Places) -> list[int]:
    """Where to part lists that end at ``ends`` (k,), so that a part has about ``PIECE`` places."""
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(PIECE, total, PIECE), "right")
    return sorted({0, *cuts.tolist(), len(ends)})


def _mark(mask: NDArray[np.bool_], places: NDArray[np.uint16], firsts: Places, lengths: Places) -> None:
    # Of every list all places, one after the other: its first, and a step for each further one.
    ends = lengths.cumsum(dtype=np.int32)
    wanted = np.arange(ends[-1] if len(ends) else 0, dtype=np.int32)
    wanted += np.repeat(firsts - ends + lengths, lengths)
    mask[places[wanted]] = True
