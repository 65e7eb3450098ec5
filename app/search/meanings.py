"""Vectors of words and labels on disk, by which a search finds what means the same; made once for all sources.

Files under ``data/search``, each whole from the moment it has its name: n keys (uint64, ascending: a hash of the text),
then n vectors (float16, of unit length) in the order of the keys. A reader holds the keys and reads the vectors in
pieces for each question, so that they take no memory of the server. What is lost here is made again.
"""

import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import Unfit
from app.private_files import make_private_folder
from models.building.search_words import spoken
from models.building.sentence_encoder import DIMENSIONS, FETCH, NAME, SentenceEncoder, installed_encoder

Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]
KEY, VECTOR = np.dtype("<u8"), np.dtype("<f2")
ROW_BYTES = KEY.itemsize + DIMENSIONS * VECTOR.itemsize
#: Vectors read at once.
STEP = 4096
#: Files of more than this many are put together into one.
MAX_FILES = 12
#: Texts encoded between two reports and two files.
PIECE = 2048
MISSING = -1
#: Is told how many texts are done, of how many.
Tell = Callable[[int, int], None]


class NoMeaning(Unfit):
    """Nothing can be searched by meaning: what is missing, and the command that adds it."""


@dataclass(frozen=True, eq=False)
class Stored:
    """The vectors there were when they were looked for. Rows are numbered through all files."""

    version: tuple[str, ...]  # another one after each change
    files: tuple[tuple[Path, int], ...]  # with the number of vectors in each
    keys: Keys  # (n,) of all files, one after the other
    order: NDArray[np.int64]  # (n,) the keys ascending

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, texts: Iterable[str]) -> NDArray[np.int32]:
        """The row of each text's vector, ``MISSING`` where there is none."""
        keys = keys_of(texts)
        if not len(self):
            return np.full(len(keys), MISSING, np.int32)
        places = np.searchsorted(self.keys, keys, sorter=self.order)
        rows = self.order[np.minimum(places, len(self) - 1)]
        return np.where(self.keys[rows] == keys, rows, MISSING).astype(np.int32)

    def nearness(self, vector: Floats) -> Floats:
        """The cosine (n,) of every stored vector with this one. OSError: a file is gone."""
        found = [np.zeros(0, np.float32)]
        for path, n in self.files:
            with path.open("rb") as file:
                file.seek(n * KEY.itemsize)
                for start in range(0, n, STEP):
                    size = min(STEP, n - start)
                    data = np.frombuffer(file.read(size * DIMENSIONS * VECTOR.itemsize), VECTOR)
                    found.append(data.reshape(size, DIMENSIONS).astype(np.float32) @ vector)
        return np.concatenate(found)


NOTHING = Stored((), (), np.zeros(0, np.uint64), np.zeros(0, np.int64))


class Meanings:
    """The vectors under a data folder, and the model that makes them, loaded when it is first needed."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "search" / NAME
        self._lock = threading.Lock()
        self._encoder: SentenceEncoder | None = None
        self._stored = NOTHING

    def stored(self) -> Stored:
        """What is stored now."""
        try:
            found = sorted((entry.name, entry.stat().st_size) for entry in os.scandir(self._folder) if _is_whole(entry))
        except OSError:
            found = []
        names = tuple(name for name, _ in found)
        with self._lock:
            if names != self._stored.version:
                self._stored = self._read(found)
            return self._stored

    def _read(self, found: Sequence[tuple[str, int]]) -> Stored:
        parts = []
        for name, size in found:
            with suppress(OSError):  # of one that was just put together with others
                parts.append((self._folder / name, np.fromfile(self._folder / name, KEY, size // ROW_BYTES)))
        keys = np.concatenate([np.zeros(0, KEY), *(part for _, part in parts)]).astype(np.uint64)
        files = tuple((path, len(part)) for path, part in parts)
        return Stored(tuple(name for name, _ in found), files, keys, np.argsort(keys, kind="stable"))

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors (n, 384) of unit length. NoMeaning: the model is not installed."""
        with self._lock:
            if self._encoder is None:
                folder = installed_encoder()
                if folder is None:
                    raise NoMeaning(
                        f"Search by meaning needs a small language model, which is not installed: `{FETCH}` fetches it "
                        "(84 MB). Search by words works without."
                    )
                self._encoder = SentenceEncoder(folder)
            encoder = self._encoder
        return encoder.encode([spoken(text) for text in texts])

    def add(self, texts: Iterable[str], tell: Tell | None = None) -> int:
        """Store the vectors of those texts that have none; gives how many were made."""
        known = list(dict.fromkeys(texts))
        missing = [text for text, row in zip(known, self.stored().rows(known).tolist(), strict=True) if row == MISSING]
        for start in range(0, len(missing), PIECE):
            if tell is not None:
                tell(start, len(missing))
            piece = missing[start : start + PIECE]
            self.store(piece, self.encode(piece))
        if len(self.stored().files) > MAX_FILES:
            with suppress(OSError):  # another process does it at this moment
                self._put_together()
        if tell is not None and missing:
            tell(len(missing), len(missing))
        return len(missing)

    def store(self, texts: Sequence[str], vectors: NDArray[np.floating]) -> None:
        """Write a file of these vectors (n, 384)."""
        self._write(keys_of(texts), vectors)

    def _write(self, keys: Keys, vectors: NDArray[np.floating]) -> Path:
        make_private_folder(self._folder)
        order = np.argsort(keys, kind="stable")
        path = self._folder / f"{uuid.uuid4().hex[:12]}.vectors"
        waiting = path.with_suffix(".part")
        with waiting.open("wb") as file:
            file.write(keys[order].astype(KEY).tobytes())
            file.write(vectors[order].astype(VECTOR).tobytes())
        waiting.replace(path)
        return path

    def _put_together(self) -> None:
        files = self.stored().files
        keys, vectors = [], []
        for path, n in files:
            data = path.read_bytes()
            keys.append(np.frombuffer(data, KEY, n))
            vectors.append(np.frombuffer(data, VECTOR, offset=n * KEY.itemsize).reshape(n, DIMENSIONS))
        all_keys, first = np.unique(np.concatenate(keys), return_index=True)
        self._write(all_keys.astype(np.uint64), np.concatenate(vectors)[first])
        for path, _ in files:
            path.unlink(missing_ok=True)


def _is_whole(entry: "os.DirEntry[str]") -> bool:
    return entry.name.endswith(".vectors") and entry.stat().st_size % ROW_BYTES == 0


def keys_of(texts: Iterable[str]) -> Keys:
    """What the vectors of texts are stored under, (n,)."""
    return np.fromiter(map(_key, texts), np.uint64)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
