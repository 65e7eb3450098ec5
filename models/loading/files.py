"""Files that strangers made, read with a limit: whatever is in the place of a file, nothing hangs or fills the memory.

A pipe that nobody writes to would be waited for, a device never ends, and a few kilobytes of JSON brackets exhaust the
stack; so what is opened is looked at first. No torch.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from models.errors import PeriscopeModelError, WeightsInvalid, one_line

#: Bytes of a JSON file that describes something; the largest known, indexes of models with 10**5 tensors, have half.
MAX_JSON = 32 << 20
#: What takes the place of a file.
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def kind_of(path: Path) -> str:
    """``a file``, ``a folder``, ``a pipe``, ``a link to nothing`` (or in a circle), ...; empty if there is nothing."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return "a link to nothing" if path.is_symlink() else ""
    return "a file" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no file")


def require_file(path: Path, error: type[PeriscopeModelError] = WeightsInvalid) -> None:
    """Raise ``error`` unless there is a regular file, or a link to one."""
    kind = kind_of(path)
    if kind != "a file":
        raise error(f"{path} is {kind or 'missing'}, not a file; put the file there that belongs there.")


def open_file(path: Path, error: type[PeriscopeModelError] = WeightsInvalid) -> BinaryIO:
    """A regular file, opened for reading bytes; raises ``error`` for anything else and never waits."""
    try:
        # Not blocking, so that opening a pipe that took the place of a file meanwhile returns at once.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except IsADirectoryError:
        raise error(f"{path} is a folder, not a file; put the file there that belongs there.") from None
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or one_line(failure)
        raise error(f"{path} cannot be read ({reason}); check that it is there and its permissions.") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        require_file(path, error)
        raise error(f"{path} is not a file; put the file there that belongs there.")
    return file


def read_json(path: Path, limit: int = MAX_JSON) -> dict[str, Any]:
    """The object in a JSON file of at most ``limit`` bytes.

    Raises:
        WeightsInvalid: not a file, too long, not valid JSON, or not an object.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise WeightsInvalid(
                f"{path} has {size:,} bytes, and no file of its kind needs more than {limit:,}; download or save it "
                "again."
            )
        try:
            value = parse_json(file.read(limit))
        except ValueError as failure:
            reason = one_line(failure)
            raise WeightsInvalid(f"{path} is not valid JSON ({reason}); download or save it again.") from None
    if not isinstance(value, dict):
        raise WeightsInvalid(f"{path} should hold a JSON object, not a {type(value).__name__}; save it again.")
    return value


def parse_json(raw: bytes | str, *, no_duplicates: bool = False) -> Any:
    """What is in a piece of JSON, in UTF-8.

    Raises:
        ValueError: not UTF-8, not JSON, nested too deeply, or a number of more digits than Python converts; with
            ``no_duplicates`` also a name that an object has twice.
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise ValueError(f"it is not UTF-8 text: byte {failure.start:,} is wrong") from None
    if "\0" in text[:1]:
        raise ValueError("it begins with zeros")
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates if no_duplicates else None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError:
        raise
    except ValueError as failure:
        if "integer string conversion" in str(failure):
            raise ValueError("it has a number of too many digits") from None
        raise


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"it has {name!r} twice")
            seen.add(name)
    return found


def safe_text(text: str) -> str:
    """The text with U+FFFD for every half of a surrogate pair, which no file, terminal or database takes."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text
