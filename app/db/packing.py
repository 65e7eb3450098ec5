"""Arrays to bytes and back, little-endian; the length follows from the number of bytes.

Every ``unpack_x(pack_x(value))`` gives the value back bit for bit.
"""

import struct
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.errors import DatabaseDamaged
from models.records import FloatArray, IntArray, Neighbour, Sample, TokenMeans, TokenValue

PAIR = np.dtype([("id", "<u4"), ("value", "<f8")])
#: A latent that a word finds; how much the word stands for it (models.building.search_words.Weights), 255: 1.
POSTING = np.dtype([("latent", "<i4"), ("examples", "u1"), ("fires", "u1"), ("promoted", "u1")])
SAMPLE = np.dtype([("prompt", "<i4"), ("position", "<i4"), ("activation", "<f4")])
#: Up to this width an offset in a window fits one byte.
NARROW_WINDOW = 256
P = ParamSpec("P")
T = TypeVar("T")


def _stored(unpack: Callable[P, T]) -> Callable[P, T]:
    """Bytes that no ``pack_x`` wrote are damage of the database, not an error of the program."""

    @wraps(unpack)
    def checked(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return unpack(*arguments, **named)
        except (ValueError, IndexError, struct.error):
            raise DatabaseDamaged(
                "A record in the database is damaged; `periscope doctor --deep` finds out how much is. Restore "
                "a backup, or build the source again."
            ) from None

    return checked


def pack_token_ids(ids: NDArray[np.integer]) -> bytes:
    """Token ids (n,): one byte that gives the item size (2 or 4), then the ids."""
    narrow = ids.size == 0 or int(ids.max()) < 2**16
    return (b"\2" + ids.astype("<u2").tobytes()) if narrow else (b"\4" + ids.astype("<u4").tobytes())


@_stored
def unpack_token_ids(data: bytes) -> IntArray:
    """Token ids (n,) as int64."""
    return np.frombuffer(data, dtype="<u2" if data[0] == 2 else "<u4", offset=1).astype(np.int64)


def pack_token_values(items: Sequence[TokenValue]) -> bytes:
    """Pairs of token id and number, 12 bytes each."""
    return np.array([(item.token_id, item.value) for item in items], dtype=PAIR).tobytes()


@_stored
def unpack_token_values(data: bytes) -> tuple[TokenValue, ...]:
    """Pairs of token id and number."""
    return tuple(TokenValue(token_id, value) for token_id, value in np.frombuffer(data, dtype=PAIR).tolist())


def pack_token_means(item: TokenMeans | None) -> bytes | None:
    """The number of distinct tokens (uint32), then a mean (float64) per top token; None stays None."""
    if item is None:
        return None
    return struct.pack("<I", item.distinct) + np.array(item.means, dtype="<f8").tobytes()


@_stored
def unpack_token_means(data: bytes | None) -> TokenMeans | None:
    """The number of distinct tokens and the means; None where nothing was recorded."""
    if data is None:
        return None
    distinct: int = struct.unpack_from("<I", data)[0]
    return TokenMeans(distinct, tuple(np.frombuffer(data, dtype="<f8", offset=4).tolist()))


def pack_neighbours(items: Sequence[Neighbour]) -> bytes:
    """Pairs of latent index and cosine, 12 bytes each."""
    return np.array([(item.index, item.cosine) for item in items], dtype=PAIR).tobytes()


@_stored
def unpack_neighbours(data: bytes) -> tuple[Neighbour, ...]:
    """Pairs of latent index and cosine."""
    return tuple(Neighbour(index, cosine) for index, cosine in np.frombuffer(data, dtype=PAIR).tolist())


def pack_histogram(edges: FloatArray, counts: IntArray) -> bytes:
    """Edges (n + 1,) as float32, then counts (n,) as int64; nothing for a latent without histogram."""
    if counts.size == 0:
        return b""
    if edges.size != counts.size + 1:
        raise ValueError(f"{counts.size} counts need {counts.size + 1} edges, not {edges.size}")
    return edges.astype("<f4").tobytes() + counts.astype("<i8").tobytes()


@_stored
def unpack_histogram(data: bytes) -> tuple[FloatArray, IntArray]:
    """Edges (n + 1,) and counts (n,); both empty for a latent without histogram."""
    if not data:
        return np.zeros(0, np.float32), np.zeros(0, np.int64)
    n = (len(data) - 4) // 12
    edges = np.frombuffer(data, dtype="<f4", count=n + 1).astype(np.float32)
    return edges, np.frombuffer(data, dtype="<i8", offset=4 * (n + 1)).astype(np.int64)


def pack_sample(sample: Sample) -> bytes:
    """Prompts, positions and activations (n,), 12 bytes each token."""
    rows = np.empty(len(sample.prompts), dtype=SAMPLE)
    rows["prompt"], rows["position"] = sample.prompts, sample.positions
    rows["activation"] = sample.activations
    return rows.tobytes()


@_stored
def unpack_sample(data: bytes) -> Sample:
    """Prompts, positions and activations (n,)."""
    rows = np.frombuffer(data, dtype=SAMPLE)
    return Sample(
        prompts=rows["prompt"].astype(np.int32),
        positions=rows["position"].astype(np.int32),
        activations=rows["activation"].astype(np.float32),
    )


@_stored
def unpack_postings(data: bytes) -> NDArray[np.void]:
    """Latents with the weights of a word, (n,) of ``POSTING``."""
    return np.frombuffer(data, POSTING)


def pack_window(window: FloatArray) -> bytes:
    """A window (width,) that is mostly zero: its width, offsets of what is not zero, those values."""
    places = window.nonzero()[0]
    width = len(window)
    offsets = places.astype("u1" if width <= NARROW_WINDOW else "<u2").tobytes()
    return struct.pack("<H", width) + offsets + window[places].astype("<f4").tobytes()


@_stored
def unpack_window(data: bytes) -> FloatArray:
    """The window (width,) with its zeros."""
    width: int = struct.unpack_from("<H", data)[0]
    size = 1 if width <= NARROW_WINDOW else 2
    n = (len(data) - 2) // (size + 4)
    offsets = np.frombuffer(data, dtype="u1" if size == 1 else "<u2", count=n, offset=2)
    window = np.zeros(width, np.float32)
    window[offsets] = np.frombuffer(data, dtype="<f4", offset=2 + n * size)
    return window


def pack_floats(values: NDArray[np.floating]) -> bytes:
    """A plain vector (n,) as float32."""
    return values.astype("<f4").tobytes()


@_stored
def unpack_floats(data: bytes) -> FloatArray:
    """A plain vector (n,) of float32."""
    return np.frombuffer(data, dtype="<f4").astype(np.float32)
