"""The texts of a .txt, .jsonl or .parquet file, piece by piece and within limits.

A file may hold anything. What is no text at all, or no text of a length that can be read, is refused with its place; a
few bytes or characters that are not Unicode become U+FFFD, are counted, and do not end a build of hours.
"""

import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.corpus_labels import Document, require_columns
from models.corpus_repairs import Repairs
from models.errors import CorpusError, one_line
from models.files import kind_of, open_file, parse_json

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

SUFFIXES = (".txt", ".jsonl", ".parquet")
#: Bytes of a line of a .jsonl file, and of a text in a table: four times the longest novel.
MAX_LINE = 16 << 20
#: Characters of a line of a .txt file that are read at once.
MAX_PIECE = 1 << 20
#: Lines of a .jsonl file in which a column must occur to be one; a line may leave out what it has no value for.
LOOKED_AT = 1000
_PIECE = 1 << 15  # characters of a plain text file that are tokenised at once
#: A text has fewer characters in a hundred that are none.
_WRONG_SHARE = 0.01
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: Bytes of the description at the end of a table.
_MAX_FOOTER = 64 << 20
#: A column that claims so many bytes, and so many times what it takes in the file, is meant to fill the memory.
_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO = 256 << 20, 100
_ESCAPED = re.compile("[\udc80-\udcff]")


def check_corpus_file(path: Path) -> None:
    """Raise CorpusError unless there is a file that has something in it and a suffix that is known."""
    if not kind_of(path):
        raise CorpusError(f"There is no file {path}; check the path given to --corpus.")
    if path.suffix.lower() not in SUFFIXES:
        raise CorpusError(f"{path} is not a {', '.join(SUFFIXES)} file; convert it to one of these.")
    with open_file(path, CorpusError) as file:
        if not file.read(1):
            raise CorpusError(f"{path} is empty; give a file with text in it.")
    if path.suffix.lower() == ".parquet":
        with _reading(path):
            _open_table(path).close()


def read_text(path: Path, repairs: Repairs) -> Iterator[Document]:
    """The file as one document per piece; pieces end at line ends, or in lines of more than MAX_PIECE characters."""
    number, is_first = 1, True
    lines: list[str] = []
    size = 0
    with open_file(path, CorpusError) as raw:
        if raw.read(2) in _UTF_16:
            raise _not_text(path)
        raw.seek(0)
        file = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape")
        while line := file.readline(MAX_PIECE):
            lines.append(_repaired(line, number, repairs))
            size += len(line)
            number += line.endswith("\n")
            if size >= _PIECE:
                yield _piece(path, lines, repairs, is_first)
                lines, size, is_first = [], 0, False
        if lines:
            yield _piece(path, lines, repairs, is_first)


def _repaired(line: str, number: int, repairs: Repairs) -> str:
    if line.isascii():
        return line
    fixed, n = _ESCAPED.subn("\ufffd", line)
    repairs.add(number, n)
    return fixed


def _piece(path: Path, lines: Sequence[str], repairs: Repairs, is_first: bool) -> Document:
    text = "".join(lines)
    if is_first and repairs.n_characters + text.count("\0") > _WRONG_SHARE * len(text):
        raise _not_text(path)
    return Document(text)


def _not_text(path: Path) -> CorpusError:
    return CorpusError(f"{path} is not UTF-8 text; convert it, for example with iconv.")


def keys_of(path: Path) -> list[str]:
    """The keys of the first lines; what is wrong with a line, reading it says."""
    found: dict[str, None] = {}
    for _, line in islice(_lines(path), LOOKED_AT):
        with suppress(ValueError):
            row = parse_json(line)
            found |= dict.fromkeys(row) if isinstance(row, dict) else {}
    return list(found)


def read_lines(path: Path, repairs: Repairs) -> Iterator[Document]:
    """The text of each line, a JSON object, with everything else that it has."""
    for number, line in _lines(path):
        if not line.strip():
            continue
        # Counted when the line turns out to be a row, so that what is no text at all is refused as such.
        fixed, n_replaced = _ESCAPED.subn("\ufffd", line.decode("utf-8-sig", "surrogateescape"))
        try:
            row = parse_json(fixed)
        except ValueError as error:
            reason = "" if isinstance(error, json.JSONDecodeError) else f": {one_line(error)}"
            raise _not_a_row(number, path, reason) from None
        document = _document(row, number, repairs)
        if document is None:
            raise _not_a_row(number, path)
        repairs.add(number, n_replaced)
        if document.text or document.messages:
            yield document
        else:
            repairs.skip(number)


def _not_a_row(number: int, path: Path, reason: str = "") -> CorpusError:
    return CorpusError(
        f'Line {number:,} of {path} is not a JSON object with a string under "text", or a chat under '
        f'"messages"{reason}; '
        "correct or remove it."
    )


def _document(row: Any, number: int, repairs: Repairs) -> Document | None:
    """The chat or the text of a row; None for what has neither."""
    from models.chat import Message

    if not isinstance(row, dict):
        return None
    turns = row.get("messages")
    if turns is None:
        text = row.get("text")
        return Document(repairs.valid(text, number), row) if isinstance(text, str) else None
    if not isinstance(turns, list) or not turns or not all(_is_turn(turn) for turn in turns):
        return None
    chat = tuple(Message(turn["role"], repairs.valid(turn["content"], number)) for turn in turns)
    return Document("", row, chat)


def _is_turn(turn: Any) -> bool:
    from models.chat import ROLES

    if not isinstance(turn, dict) or turn.get("role") not in ROLES:
        return False
    content = turn.get("content")
    return isinstance(content, str) and 0 < len(content) <= MAX_LINE


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbers and bytes of the lines, none of which is longer than MAX_LINE."""
    with open_file(path, CorpusError) as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise CorpusError(
                    f"Line {number:,} of {path} is longer than {MAX_LINE >> 20} MiB; cut its text into several lines."
                )
            yield number, line


def read_table(path: Path, labels: Sequence[str], repairs: Repairs) -> Iterator[Document]:
    """The column ``text`` or ``messages`` of a parquet file, and the columns that are labels."""
    with _reading(path):
        table = _open_table(path)
        require_columns(labels, table.schema_arrow.names, str(path))
        held = [name for name in ("text", "messages") if name in table.schema_arrow.names]
        number = 0
        for batch in table.iter_batches(batch_size=256, columns=list(dict.fromkeys((*held, *labels)))):
            others = [name for name in batch.schema.names if name != "text"]
            rows = batch.select(others).to_pylist() if others else [{} for _ in range(len(batch))]
            texts = _texts(batch.column("text"), path, number, repairs) if "text" in held else [None] * len(batch)
            for text, row in zip(texts, rows, strict=True):
                number += 1
                document = _document({**row, "text": text}, number, repairs)
                if document is None and row.get("messages") is not None:
                    raise CorpusError(
                        f'Row {number:,} of {path} holds no chat in the column "messages" (turns of role and content); '
                        "correct or remove it."
                    )
                if document is not None and (document.text or document.messages):
                    yield document
                else:
                    repairs.skip(number)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever the reader of tables raises, the file cannot be read."""
    try:
        yield
    except CorpusError:
        raise
    except Exception as error:
        reason = str(error).partition("\n")[0][:200]
        raise CorpusError(f"{path} is not a readable parquet file ({reason}); write it again.") from None


def _open_table(path: Path) -> "ParquetFile":
    """The table, whose column of texts is one and no larger than its file lets it be."""
    from pyarrow import parquet, types

    with open_file(path, CorpusError) as file:
        file.seek(max(0, path.stat().st_size - 8))
        tail = file.read(8)
    if tail[4:] == b"PAR1" and int.from_bytes(tail[:4], "little") > _MAX_FOOTER:
        raise CorpusError(f"{path} is not a readable parquet file (its description is too long); write it again.")
    table = parquet.ParquetFile(path)
    schema = table.schema_arrow
    if schema.names.count("text") > 1 or not {"text", "messages"} & set(schema.names):
        names = ", ".join(schema.names[:8]) or "none"
        raise CorpusError(f'{path} has no column "text" but {names}; rename the one that holds the text.')
    for group in range(table.metadata.num_row_groups):
        _require_size(path, table.metadata.row_group(group))
    if "text" not in schema.names:
        return table
    kind = schema.field("text").type
    value = kind.value_type if types.is_dictionary(kind) else kind
    if not (types.is_string(value) or types.is_large_string(value) or types.is_string_view(value)):
        raise CorpusError(f'The column "text" of {path} does not hold text but {str(kind)[:80]}; convert it.')
    return table


def _require_size(path: Path, group: Any) -> None:
    """Refuse texts that a few kilobytes of the file would unfold to gigabytes of memory."""
    for number in range(group.num_columns):
        column = group.column(number)
        name = column.path_in_schema.partition(".")[0]
        if name not in ("text", "messages"):
            continue
        size, stored = column.total_uncompressed_size, max(1, column.total_compressed_size)
        if size > _SUSPICIOUS_BYTES and size > _SUSPICIOUS_RATIO * stored:
            raise CorpusError(
                f'The column "{name}" of {path} unfolds from {stored:,} bytes to {size >> 20:,} MiB at once; write '
                "smaller row groups."
            )


def _texts(column: Any, path: Path, before: int, repairs: Repairs) -> list[str | None]:
    """The texts of a batch; bytes that are not UTF-8, which the format does not rule out, are replaced."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    plain = column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
    longest = pc.max(pc.binary_length(plain)).as_py() or 0
    if longest > MAX_LINE:
        raise CorpusError(
            f"One of the rows {before + 1:,} to {before + len(column):,} of {path} has a text longer than "
            f"{MAX_LINE >> 20} MiB; cut it into several rows."
        )
    try:
        found: list[str | None] = plain.to_pylist()
    except UnicodeDecodeError:
        raw = plain.cast(pa.large_binary()).to_pylist()
        found = [None if item is None else item.decode("utf-8", "surrogateescape") for item in raw]
    return found
