"""The forms that a corpus file can have, by its name, and how its bytes are read, unpacked where need be.

A file that unfolds to far more than any text does is meant to fill a disk or to be waited for, and is refused.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from models.errors import CorpusError, one_line
from models.loading.files import open_file

#: Suffix -> form. A .json file is one of lines, as C4 and others publish them.
FORMS = {".txt": "txt", ".jsonl": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"}
PACKED = (".gz", ".zst")
#: For sentences.
KNOWN = ".txt, .jsonl, .csv, .parquet file, or one of the first three with .gz or .zst"
#: A file that claims so many bytes, and so many times what it takes on the disk, is meant to fill the memory.
SUSPICIOUS_BYTES, SUSPICIOUS_RATIO = 256 << 20, 100
_PIECE = 1 << 10  # packed bytes at once: of zstd they can be 32 MiB of text
_WINDOW = 1 << 27  # bytes that zstd may look back


def form_by_name(path: Path) -> str:
    """The form that a name says; ``packed`` for one that ends in .gz or .zst alone, empty for none."""
    suffix = path.suffix.lower()
    if suffix not in PACKED:
        return FORMS.get(suffix, "")
    inner = Path(path.stem).suffix.lower()
    return FORMS.get(inner, "packed")


def form_of(path: Path) -> str:
    """The same, after a look into a packed file whose name does not say it; CorpusError for what cannot be read."""
    form = form_by_name(path)
    if form == "parquet" and path.suffix.lower() in PACKED:
        raise CorpusError(f"{path} is a packed parquet file; unpack it, tables are packed inside.")
    if form == "packed":
        with open_corpus_file(path) as file:
            return "jsonl" if file.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "txt"
    return form


def open_corpus_file(path: Path) -> io.BufferedReader:
    """The bytes of the text, unpacked. Raises CorpusError, also while a damaged file is read."""
    file = open_file(path, CorpusError)
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return io.BufferedReader(_Unpacked(path, file, _gzip(file)))
    if suffix == ".zst":
        return io.BufferedReader(_Unpacked(path, file, _zstd(file)))
    return cast(io.BufferedReader, file)


class _Unpacked(io.RawIOBase):
    """What an iterator of pieces unpacks, counted."""

    def __init__(self, path: Path, packed: BinaryIO, pieces: Iterator[bytes]) -> None:
        self._path, self._packed, self._pieces = path, packed, pieces
        self._waiting = memoryview(b"")
        self._n = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        place = memoryview(target)
        if not self._waiting:
            self._waiting = memoryview(self._next())
        n = min(len(place), len(self._waiting))
        place[:n] = self._waiting[:n]
        self._waiting = self._waiting[n:]
        return n

    def _next(self) -> bytes:
        try:
            piece = next(self._pieces, b"")
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise CorpusError(
                f"{self._path} is not a readable {self._path.suffix} file ({one_line(error)}); download or write it "
                "again."
            ) from None
        self._n += len(piece)
        if self._n > SUSPICIOUS_BYTES and self._n > SUSPICIOUS_RATIO * max(1, self._packed.tell()):
            raise CorpusError(
                f"{self._path} unfolds to more than {SUSPICIOUS_RATIO} times its size, which no text does; unpack it "
                "yourself if it is meant."
            )
        return piece

    def close(self) -> None:
        self._packed.close()
        super().close()


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        while piece := unpacked.read(1 << 16):
            yield piece


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Frame after frame; ValueError for a file that ends in one or that is none."""
    try:
        import zstandard
    except ImportError:
        raise CorpusError("Reading .zst files takes the package zstandard: pip install zstandard.") from None
    unpacker: Any = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    frame = None
    while raw := file.read(_PIECE):
        while raw:
            frame = frame or unpacker.decompressobj()
            try:
                piece = frame.decompress(raw)
            except zstandard.ZstdError as error:
                raise ValueError(one_line(error)) from None
            if piece:
                yield piece
            raw = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise ValueError("it ends too early")
