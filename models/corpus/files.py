"""The texts of a .txt, .jsonl or .parquet file, piece by piece and within limits (.csv: models.corpus.csv_files).

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

from models.corpus.encoding import EncodingCheck
from models.corpus.forms import KNOWN, SUSPICIOUS_BYTES, SUSPICIOUS_RATIO, form_of, open_corpus_file
from models.corpus.labels import Document, require_columns
from models.corpus.repairs import Repairs
from models.corpus.token_ids import COLUMNS, document_of_ids
from models.errors import CorpusError, one_line
from models.loading.files import kind_of, open_file, parse_json

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

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
#: Columns that hold what is read, the first that is there.
_HELD = ("text", "messages", *COLUMNS)
_ESCAPED = re.compile("[\udc80-\udcff]")
_ARRAY = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*\{")


def check_corpus_file(path: Path) -> None:
    """Raise CorpusError unless there is a file that has something in it and a suffix that is known."""
    if not kind_of(path):
        raise CorpusError(f"There is no file {path}; check the path given to --corpus.")
    form = form_of(path)
    if not form:
        raise CorpusError(f"{path} is not a {KNOWN}; convert it to one of these.")
    with open_corpus_file(path) as file:
        begin = file.peek(64)
        if not begin:
            raise CorpusError(f"{path} is empty; give a file with text in it.")
        if form == "jsonl" and _ARRAY.match(begin):
            raise CorpusError(f"{path} is one JSON array; write each of its objects on a line of its own.")
    if form == "parquet":
        with _reading(path):
            _open_table(path).close()


def read_text(path: Path, repairs: Repairs) -> Iterator[Document]:
    """The file as one document per piece; pieces end at line ends, or in lines of more than MAX_PIECE characters."""
    number, is_first = 1, True
    lines: list[str] = []
    size = 0
    check = EncodingCheck(path)
    with open_corpus_file(path) as raw:
        if raw.peek(2)[:2] in _UTF_16:
            raise _not_text(path)
        file = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape")
        while line := file.readline(MAX_PIECE):
            check.look(line, number)
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
    return Document(text, is_start=is_first)


def _not_text(path: Path) -> CorpusError:
    return CorpusError(f"{path} is not UTF-8 text; convert it, for example with iconv.")


def keys_of(path: Path) -> list[str]:
    """The keys of the first lines; what is wrong with a line, reading it says."""
    found: dict[str, None] = {}
    for _, line in islice(lines_of(path), LOOKED_AT):
        with suppress(ValueError):
            row = parse_json(line)
            found |= dict.fromkeys(row) if isinstance(row, dict) else {}
    return list(found)


def read_lines(path: Path, repairs: Repairs) -> Iterator[Document]:
    """The text of each line, a JSON object, with everything else that it has."""
    check = EncodingCheck(path)
    for number, line in lines_of(path):
        if not line.strip():
            continue
        # Counted when the line turns out to be a row, so that what is no text at all is refused as such.
        escaped = line.decode("utf-8-sig", "surrogateescape")
        fixed, n_replaced = _ESCAPED.subn("\ufffd", escaped)
        try:
            row = parse_json(fixed)
        except ValueError as error:
            reason = "" if isinstance(error, json.JSONDecodeError) else f": {one_line(error)}"
            raise _not_a_row(number, path, reason) from None
        document = document_of(row, number, repairs)
        if document is None:
            raise _not_a_row(number, path)
        check.look(escaped, number)
        repairs.add(number, n_replaced)
        if not document.is_empty:
            yield document
        else:
            repairs.skip(number)


def _not_a_row(number: int, path: Path, reason: str = "") -> CorpusError:
    return CorpusError(
        f'Line {number:,} of {path} is not a JSON object with a string under "text", or a chat under "messages", or '
        f'token ids under "input_ids"{reason}; '
        "correct or remove it."
    )


def document_of(row: Any, number: int, repairs: Repairs) -> Document | None:
    """The text, the chat or the token ids of a row; None for what has none of them."""
    from models.running.chat_spans import Message

    if not isinstance(row, dict):
        return None
    turns = row.get("messages")
    if turns is None:
        text = row.get("text")
        if text is None:
            return document_of_ids(row)
        return Document(repairs.valid(text, number), row) if isinstance(text, str) else None
    if not isinstance(turns, list) or not turns or not all(_is_turn(turn) for turn in turns):
        return None
    chat = tuple(Message(turn["role"], repairs.valid(turn["content"], number)) for turn in turns)
    return Document("", row, chat)


def _is_turn(turn: Any) -> bool:
    from models.running.chat import ROLES

    if not isinstance(turn, dict) or turn.get("role") not in ROLES:
        return False
    content = turn.get("content")
    return isinstance(content, str) and 0 < len(content) <= MAX_LINE


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbers and bytes of the lines, none of which is longer than MAX_LINE."""
    with open_corpus_file(path) as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise CorpusError(
                    f"Line {number:,} of {path} is longer than {MAX_LINE >> 20} MiB; cut its text into several lines."
                )
            yield number, line


def read_table(path: Path, labels: Sequence[str], repairs: Repairs) -> Iterator[Document]:
    """The column ``text``, ``messages`` or of token ids of a parquet file, and the columns that are labels."""
    with _reading(path):
        table = _open_table(path)
        require_columns(labels, table.schema_arrow.names, str(path))
        held = _held(table.schema_arrow.names)
        number = 0
        # Ids are made to Python's numbers, which take many times their memory.
        rows_at_once = 16 if set(held) & set(COLUMNS) else 256
        for batch in table.iter_batches(batch_size=rows_at_once, columns=list(dict.fromkeys((*held, *labels)))):
            others = [name for name in batch.schema.names if name != "text"]
            rows = batch.select(others).to_pylist() if others else [{} for _ in range(len(batch))]
            texts = _texts(batch.column("text"), path, number, repairs) if "text" in held else [None] * len(batch)
            for text, row in zip(texts, rows, strict=True):
                number += 1
                document = document_of({**row, "text": text}, number, repairs)
                wrong = [name for name in held if row.get(name) is not None and name != "text"]
                if document is None and wrong:
                    what = 'chat in the column "messages" (turns of role and content)'
                    what = what if "messages" in wrong else f'token ids in the column "{wrong[0]}" (a list of numbers)'
                    raise CorpusError(f"Row {number:,} of {path} holds no {what}; correct or remove it.")
                if document is not None and not document.is_empty:
                    yield document
                else:
                    repairs.skip(number)


def _held(names: Sequence[str]) -> list[str]:
    """The columns that are read: texts and chats, or, where there is neither, token ids."""
    return [name for name in ("text", "messages") if name in names] or [n for n in COLUMNS if n in names][:1]


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
    if schema.names.count("text") > 1 or not set(_HELD) & set(schema.names):
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
        if name not in _HELD:
            continue
        size, stored = column.total_uncompressed_size, max(1, column.total_compressed_size)
        if size > SUSPICIOUS_BYTES and size > SUSPICIOUS_RATIO * stored:
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
