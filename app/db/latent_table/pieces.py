"""Passes over arrays of all latents, piece by piece.

What a pass makes on its way then stays in a core's cache, and comes from the heap: arrays of a megabyte the system
gives anew each time, page by page, which takes longer than the pass.
"""

from collections.abc import Iterator

#: Latents of a piece: eight bytes for each of them are less than what ``app.memory`` leaves to the heap.
PIECE = 1 << 16


def pieces(n: int) -> Iterator[slice]:
    """The latents 0 to ``n`` - 1 in pieces."""
    return (slice(start, min(start + PIECE, n)) for start in range(0, n, PIECE))
