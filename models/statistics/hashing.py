"""A hash of (seed, prompt, position, latent): the random order that uniform samples are drawn in.

Keeping the members with the smallest hash gives a uniform sample that does not depend on batch size, sharding or
order, and merges (bottom-k sketch; Cohen and Kaplan 2007). The mixers are splitmix64 and murmur3's 32-bit finaliser.
"""

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents, TokenRows


def _splitmix64(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def row_hashes(tokens: TokenRows, seed: int) -> NDArray[np.uint32]:
    """A 32-bit hash of (seed, prompt, position) per row, (n_rows,)."""
    start = np.full(1, seed % 2**63, dtype=np.uint64)
    mixed = _splitmix64(_splitmix64(start) ^ tokens.prompts.astype(np.uint64))
    mixed = _splitmix64(mixed ^ tokens.positions.astype(np.uint64))
    return (mixed >> np.uint64(32)).astype(np.uint32)


def event_hashes(events: ActiveEvents, hashes_of_rows: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A 32-bit hash of (seed, prompt, position, latent) per event, (n_events,)."""
    h = hashes_of_rows[events.rows]
    h ^= events.latents.astype(np.uint32) * np.uint32(0x9E3779B1)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h
