"""How a good folder is spoiled, and what must be said of it."""

import json
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

#: Far more brackets than any reader of JSON may follow.
DEEP = "[" * 100_000
#: One of these stands for a file that is no file.
NO_FILES = ("folder", "pipe", "endless", "loop")
Spoil = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """``spoil`` changes a good folder; ``says`` are words that the sentence must have."""

    name: str
    spoil: Spoil
    says: tuple[str, ...]


def parameters(cases: Iterator[Case]) -> list[Any]:
    """The cases for ``pytest.mark.parametrize``; a name that comes twice would hide one."""
    found = list(cases)
    assert len({case.name for case in found}) == len(found)
    return [pytest.param(case, id=case.name) for case in found]


def write(name: str, content: str | bytes) -> Spoil:
    """The file has this content."""

    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return spoil


def edit(name: str, **changes: Any) -> Spoil:
    """The JSON object of the file has these members; what is not in it yet begins as an empty one."""

    def spoil(folder: Path) -> None:
        path = folder / name
        value = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(value | changes))

    return spoil


def edit_inner(name: str, inner: str, **changes: Any) -> Spoil:
    """The same for an object within the object."""

    def spoil(folder: Path) -> None:
        value = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(value | {inner: value[inner] | changes}))

    return spoil


def without(name: str) -> Spoil:
    """The file is missing."""
    return lambda folder: (folder / name).unlink()


def grown(name: str, size: int) -> Spoil:
    """The file claims so many bytes, nearly all of them holes, so that the disk is not filled."""

    def spoil(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.truncate(size)

    return spoil


def no_file(name: str, kind: str) -> Spoil:
    """In the place of the file is a folder, a pipe that nobody writes to, a device without an end, or a loop."""

    def spoil(folder: Path) -> None:
        path = folder / name
        path.unlink(missing_ok=True)
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero" if kind == "endless" else path.name)

    return spoil


def broken_json(name: str, *, is_optional: bool = False) -> Iterator[Case]:
    """Every way in which a file that should hold a JSON object does not."""
    contents = {
        "empty": "",
        "not JSON": "{",
        "a list": "[]",
        "a number": "7",
        "null": "null",
        "deep": DEEP,
        "deep inside": '{"a": ' + DEEP,
        "digits": '{"a": ' + "9" * 5000 + "}",
        "Latin-1": b'{"a": "caf\xe9"}',
        "UTF-16": '{"a": 1}'.encode("utf-16"),
        "zeros": b"\0" * 4096,
    }
    for kind, content in contents.items():
        yield Case(f"{name} {kind}", write(name, content), (name,))
    yield Case(f"{name} huge", grown(name, 3 << 30), (name, "bytes"))
    for kind in NO_FILES:
        if not (is_optional and kind == "loop"):  # a link to nothing is no file, and none is needed
            yield Case(f"{name} {kind}", no_file(name, kind), (name,))


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file, and the bytes behind it."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def with_header(path: Path, header: Any, data: bytes) -> None:
    """Write a safetensors file whose header is this value, or this text."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def broken_weights(name: str, tensor: str, pickled: str) -> Iterator[Case]:
    """Every way in which a safetensors file can lie; ``tensor`` is one that it has, float32 with two dimensions."""

    def entry(**changes: Any) -> Spoil:
        def spoil(folder: Path) -> None:
            header, data = header_of(folder / name)
            with_header(folder / name, header | {tensor: header[tensor] | changes}, data)

        return spoil

    def header(make: Callable[[dict[str, Any]], Any]) -> Spoil:
        def spoil(folder: Path) -> None:
            found, data = header_of(folder / name)
            with_header(folder / name, make(found), data)

        return spoil

    def twice(found: dict[str, Any]) -> str:
        text = json.dumps(found)
        return text[:-1] + ", " + json.dumps({tensor: found[tensor]})[1:]

    def overlapping(found: dict[str, Any]) -> dict[str, Any]:
        first = min((entry for entry in found.values() if "data_offsets" in entry), key=lambda e: e["data_offsets"][1])
        return found | {"more": first}

    def with_gap(found: dict[str, Any]) -> dict[str, Any]:
        ends = [entry["data_offsets"][1] for entry in found.values() if "data_offsets" in entry]
        return found | {"more": {"dtype": "U8", "shape": [8], "data_offsets": [max(ends) + 8, max(ends) + 16]}}

    def length(value: int) -> Spoil:
        def spoil(folder: Path) -> None:
            raw = (folder / name).read_bytes()
            (folder / name).write_bytes(struct.pack("<Q", value) + raw[8:])

        return spoil

    def believed(folder: Path) -> None:
        """A header of 12 GiB in a file that has them."""
        length(12 << 30)(folder)
        grown(name, (12 << 30) + 4096)(folder)

    def cut(folder: Path) -> None:
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[: len(raw) - 64])

    def longer(folder: Path) -> None:
        grown(name, (folder / name).stat().st_size + 64)(folder)

    def filled(value: float) -> Spoil:
        def spoil(folder: Path) -> None:
            found, data = header_of(folder / name)
            at = found[tensor]["data_offsets"][0]
            with_header(folder / name, found, data[:at] + struct.pack("<f", value) + data[at + 4 :])

        return spoil

    def renamed(folder: Path) -> None:
        (folder / name).rename(folder / pickled)

    kinds: dict[str, tuple[Spoil, tuple[str, ...]]] = {
        "missing": (without(name), (name,)),
        "empty": (write(name, b""), (name, "cut off")),
        "seven bytes": (write(name, b"\0" * 7), (name, "cut off")),
        "only zeros": (write(name, b"\0" * 4096), (name,)),
        "cut": (cut, (name, "cut off")),
        "longer": (longer, (name, "bytes")),
        "pickled": (renamed, (pickled, "pickle")),
        "header of 12 GiB": (believed, (name, "header")),
        "header beyond the file": (length(1 << 40), (name, "cut off")),
        "header of 2**64 bytes": (length(2**64 - 1), (name, "cut off")),
        "header not JSON": (header(lambda found: "{'a': 1}"), (name, "safetensors")),
        "header a list": (header(lambda found: [1]), (name, "safetensors")),
        "header deep": (header(lambda found: DEEP), (name, "safetensors")),
        "header digits": (header(lambda found: '{"a": ' + "9" * 5000 + "}"), (name, "safetensors")),
        "header without tensors": (header(lambda found: {}), (name, "no tensor")),
        "entry a number": (header(lambda found: found | {tensor: 5}), (name, tensor)),
        "entry without offsets": (header(lambda found: found | {tensor: {"dtype": "F32"}}), (name, tensor)),
        "tensor twice": (header(twice), (name, tensor, "twice")),
        "overlapping": (header(overlapping), (name, "overlap")),
        "with a gap": (header(with_gap), (name, "cut off")),
        "offsets text": (entry(data_offsets=["0", "4"]), (name, tensor)),
        "offsets negative": (entry(data_offsets=[-8, 8]), (name, tensor)),
        "offsets reversed": (entry(data_offsets=[8, 4]), (name, tensor)),
        "offsets beyond": (entry(data_offsets=[0, 1 << 50]), (name, tensor, "bytes")),
        "dtype unknown": (entry(dtype="F33"), (name, tensor, "F33")),
        "dtype a list": (entry(dtype=["F32"]), (name, tensor)),
        "dtype of other size": (entry(dtype="F64"), (name, tensor, "bytes")),
        "dtype of integers": (entry(dtype="I32"), (name, tensor, "I32")),
        "shape negative": (entry(shape=[-4, 8]), (name, tensor)),
        "shape text": (entry(shape="4"), (name, tensor)),
        "shape of floats": (entry(shape=[4.0, 8.0]), (name, tensor)),
        "shape too large": (entry(shape=[1 << 40, 1 << 40]), (name, tensor)),
        "NaN": (filled(float("nan")), (name, tensor, "NaN")),
        "infinity": (filled(float("-inf")), (name, tensor, "infinity")),
    }
    for kind, (spoil, says) in kinds.items():
        yield Case(f"{name} {kind}", spoil, says)
    for kind in NO_FILES:
        yield Case(f"{name} {kind}", no_file(name, kind), (name,))
