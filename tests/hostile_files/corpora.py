"""Hostile corpora: the name of a file and what writes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from tests.hostile_files.spoil import DEEP, NO_FILES, Case, Spoil, grown, no_file, write

GOOD = json.dumps({"text": "The cat sat on the mat and the dog sat on the log. " * 4}) + "\n"
#: Bytes that no text begins with: a picture, an archive, a program.
BINARIES = {
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40,
    "archive": b"PK\x03\x04\x14\0\x08\x08" + bytes(range(255, -1, -1)) * 40,
    "program": b"\x7fELF\x02\x01\x01" + b"\0" * 4000 + bytes(range(256)) * 10,
}


def cases() -> Iterator[Case]:
    """Each spoils an empty folder; the corpus is the file in it that begins with ``corpus``."""
    for suffix in (".txt", ".jsonl", ".parquet"):
        name = f"corpus{suffix}"
        yield Case(f"empty {suffix}", write(name, b""), (name, "empty"))
        for kind, content in BINARIES.items():
            yield Case(f"{kind} as {suffix}", write(name, content), (name,))
        for kind in NO_FILES:
            yield Case(f"{kind} as {suffix}", no_file(name, kind), (name,))
        yield Case(f"zeros as {suffix}", write(name, b"\0" * 100_000), (name,))
        yield Case(f"holes of 3 GiB as {suffix}", grown(name, 3 << 30), (name,))
        text = "\n".join([GOOD] * 20).encode("utf-16")
        yield Case(f"UTF-16 as {suffix}", write(name, text), (name,))
    yield from _lines()
    yield from _tables()


def _lines() -> Iterator[Case]:
    name = "corpus.jsonl"
    wrong = {
        "deep": DEEP,
        "deep text": '{"text": ' + DEEP,
        "deep closed": '{"text": "a", "more": ' + DEEP + "]" * len(DEEP) + "}",
        "not JSON": "text",
        "no text": '{"txt": "a"}',
        "text null": '{"text": null}',
        "text number": '{"text": 5}',
        "text list": '{"text": ["a"]}',
        "a list": '["text"]',
        "a text": '"text"',
        "null": "null",
        "digits": '{"text": "a", "n": ' + "9" * 5000 + "}",
        "half": '{"text": "a',
    }
    for kind, line in wrong.items():
        yield Case(f"line {kind}", write(name, 3 * GOOD + line + "\n" + GOOD), (name, "Line 4"))

    def endless(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.write(GOOD.encode() + b'{"text": "')
            file.truncate(300 << 20)

    yield Case("line of 300 MiB", endless, (name, "Line 2", "MiB"))


def _tables() -> Iterator[Case]:
    name = "corpus.parquet"

    def table(**columns: Any) -> Spoil:
        return lambda folder: parquet.write_table(pa.table(columns), folder / name)

    def damaged(start: int, size: int) -> Spoil:
        def spoil(folder: Path) -> None:
            table(text=["The cat sat on the mat. " * 20] * 50)(folder)
            raw = bytearray((folder / name).read_bytes())
            at = start if start >= 0 else len(raw) + start
            raw[at : at + size] = bytes(255 - byte for byte in raw[at : at + size])
            (folder / name).write_bytes(raw)

        return spoil

    def cut(folder: Path) -> None:
        table(text=["The cat sat on the mat. " * 20] * 50)(folder)
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[: len(raw) // 2])

    def bomb(folder: Path) -> None:
        """Texts of 320 MiB that need a few kilobytes on disk."""
        piece = pa.array(["a" * (1 << 26)] * 5)
        parquet.write_table(pa.table({"text": piece}), folder / name, compression="zstd", use_dictionary=False)

    texts = ["a text"] * 5
    wrong: dict[str, tuple[Spoil, tuple[str, ...]]] = {
        "cut": (cut, (name,)),
        "damaged at its beginning": (damaged(4, 60), (name,)),
        "damaged at its end": (damaged(-200, 180), (name,)),
        "without text": (table(body=texts), (name, "text", "body")),
        "without columns": (table(), (name, "text")),
        "of numbers": (table(text=[1, 2, 3]), (name, "text", "int64")),
        "of truths": (table(text=[True]), (name, "text", "bool")),
        "of lists": (table(text=[["a"], ["b"]]), (name, "text", "list")),
        "of objects": (table(text=[{"a": "b"}]), (name, "text", "struct")),
        "of bytes": (table(text=[b"a\xff"]), (name, "text", "binary")),
        "of nulls": (table(text=pa.array([None, None], pa.null())), (name, "text", "null")),
        "of empty texts": (table(text=["", None, ""]), (name,)),
        "without rows": (table(text=pa.array([], pa.string())), (name,)),
        "bomb": (bomb, (name, "MiB")),
    }
    for kind, (spoil, says) in wrong.items():
        yield Case(f"table {kind}", spoil, says)
