"""What a file of labels is read into: labels, and the places where it cannot be read."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.db.writes.explanations import MAX_AUTHOR, MAX_TEXT, ImportedLabel
from app.errors import InvalidRequest, shorten

#: Bytes of a line, and of all lines of a file: a label is short, and a packed file can hold anything.
MAX_LINE, MAX_BYTES = 4 << 20, 4 << 30
#: Broken places that are named.
NAMED = 20


class LineError(ValueError):
    """Why a line is no label, in a few words."""


@dataclass(frozen=True)
class Broken:
    """A place that cannot be read: the file, the line from 1 (0: all of it), and why."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}" if not self.line else f"line {self.line:,} of {self.file}: {self.why}"


@dataclass(frozen=True)
class ReadLabels:
    """What was read. ``notes``: sentences for whoever imports."""

    labels: tuple[ImportedLabel, ...]
    broken: tuple[Broken, ...]
    notes: tuple[str, ...] = ()


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line) of a text file, packed with gzip or not; empty lines are left out.

    Raises InvalidRequest for a file that cannot be read, is not what its name says, or is too long.
    """
    total = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                total += len(line)
                if len(line) > MAX_LINE or total > MAX_BYTES:
                    raise InvalidRequest(
                        f"{path.name} is too long to be a file of labels: a line has at most {MAX_LINE >> 20} MiB, "
                        f"a file {MAX_BYTES >> 30} GiB."
                    )
                if line.strip():
                    yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidRequest(f"{path.name} is not a whole gzip file; download it again.") from error
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read ({error.strerror or error}).") from error


def object_of(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; LineError says what is wrong."""
    try:
        found = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise LineError("it is not UTF-8") from None
    except RecursionError:
        raise LineError("it is nested too deeply") from None
    except ValueError as error:
        raise LineError(str(error) if isinstance(error, LineError) else "it is not JSON") from None
    if not isinstance(found, dict):
        raise LineError("it is not a JSON object")
    return found


def _no_number(name: str) -> float:
    raise LineError(f"{name} is no number in JSON")


def index_of(value: object, d_sae: int) -> int:
    """A latent's number, which some write as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise LineError(f"index is the number of a latent, not {_shown(value)}")
    if not 0 <= value < d_sae:
        raise LineError(f"latent {value} is none of the source's 0 to {d_sae - 1:,}")
    return value


def text_of(value: object, what: str, most: int, *, may_be_empty: bool = False) -> str:
    """A text of a label; white space is made one."""
    if not isinstance(value, str):
        raise LineError(f"{what} is a text, not {_shown(value)}")
    text = " ".join(value.split())
    if not text and not may_be_empty:
        raise LineError(f"{what} is empty")
    if len(text) > most:
        raise LineError(f"{what} has {len(text):,} characters; {most:,} are allowed")
    return text


def label_text(value: object, what: str = "text") -> str:
    """The text of a label."""
    return text_of(value, what, MAX_TEXT)


def author_text(value: object) -> str:
    """The name of an author, which may be empty or missing."""
    return "" if value is None else text_of(value, "author", MAX_AUTHOR, may_be_empty=True)


def _shown(value: object) -> str:
    return shorten(json.dumps(value, ensure_ascii=False, default=str), 40)
