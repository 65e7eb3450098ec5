"""The texts of a .csv file: a head with the names of the columns, and a row for each text, which may run over lines."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.corpus.encoding import EncodingCheck
from models.corpus.files import MAX_LINE, lines_of
from models.corpus.labels import Document, require_columns
from models.corpus.repairs import Repairs
from models.errors import CorpusError, one_line

_MAX_ROW = 2 * MAX_LINE


class _Lines:
    """The lines of the file as text; ``size``: characters since it was last set to zero."""

    def __init__(self, path: Path, repairs: Repairs) -> None:
        self._path, self._repairs = path, repairs
        self._check = EncodingCheck(path)
        self._raw = lines_of(path)
        self.number = self.size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.number, raw = next(self._raw)
        line = raw.decode("utf-8-sig" if self.number == 1 else "utf-8", "surrogateescape")
        self._check.look(line, self.number)
        self.size += len(line)
        if self.size > _MAX_ROW:
            raise csv.Error(f"it is longer than {_MAX_ROW >> 20} MiB; is a quotation mark left open")
        if "\0" in line:
            raise csv.Error("it has a zero byte")
        return self._repairs.valid(line, self.number)


def read_csv(path: Path, labels: Sequence[str], repairs: Repairs) -> Iterator[Document]:
    """The column ``text`` of the file, and the columns that are labels."""
    csv.field_size_limit(_MAX_ROW)  # of the whole process; nothing else of it reads CSV
    lines = _Lines(path, repairs)
    rows = csv.reader(lines, strict=True)
    names: list[str] | None = None
    while True:
        number, lines.size = lines.number + 1, 0
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise CorpusError(
                f"Line {number:,} of {path} is no row of a CSV file ({one_line(error)}); correct it, or export the "
                "table to .jsonl."
            ) from None
        if not row:
            continue
        if names is None:
            names = _head(path, row, labels)
            continue
        if len(row) != len(names):
            raise CorpusError(
                f"Line {number:,} of {path} has {len(row):,} fields, and its head has {len(names):,}; correct it."
            )
        found = dict(zip(names, row, strict=True))
        if found["text"]:
            yield Document(found["text"], found)


def _head(path: Path, names: list[str], labels: Sequence[str]) -> list[str]:
    if names.count("text") != 1:
        shown = ", ".join(name[:40] for name in names[:8])
        how = "has two columns" if names.count("text") else "has no column"
        raise CorpusError(f'{path} {how} "text" but {shown}; its first line must name the columns, one of them "text".')
    require_columns(labels, names, str(path))
    return names
