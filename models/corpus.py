"""Text of any kind -> prompts of one length, in an order that depends on nothing but the corpus.

Documents are tokenised one by one, joined with the model's end-of-text token and cut into prompts of the context
size, BOS first where the SAE was trained so. The last, incomplete prompt is left out. BOS, separators and padding do
not count in any statistic. Columns of the corpus can come along as labels of the documents (models.corpus_labels).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models import installed_text
from models.corpus_labels import Document, DocumentLog, require_columns
from models.errors import CorpusError
from models.installed_text import INSTALLED

if TYPE_CHECKING:
    from models.language_model import LanguageModel

#: What ``--corpus`` is called for the generator behind the bundled model; it needs no file.
DEMO = "demo"
SUFFIXES = (".txt", ".jsonl", ".parquet")
_PIECE = 1 << 15  # characters of a plain text file that are tokenised at once
#: Lines of a .jsonl file in which a column must occur to be one; a line may leave out what it has no value for.
_LOOKED_AT = 1000
#: What the demo generator says of each of its texts.
DEMO_LABELS = ("genre", "topic", "mood", "register", "language")


@dataclass(frozen=True)
class Corpus:
    """Where text comes from. ``allow_special``: special tokens in the text are meant (the demo's chats). ``labels``:
    the names of the labels that documents carry.
    """

    name: str
    documents: Callable[[], Iterator[Document]]
    allow_special: bool = False
    labels: tuple[str, ...] = ()


def open_corpus(location: str, seed: int = 0, labels: Sequence[str] = ()) -> Corpus:
    """A .txt, .jsonl (key text) or .parquet (column text) file, ``demo``, ``installed`` (models.installed_text), or the
    name of a Hugging Face data set.

    ``seed`` chooses the demo generator's texts and the order of what is installed. ``labels`` are columns that become
    labels of the documents (of ``demo`` and ``installed`` all, if none are named). Raises CorpusError with a remedy if
    it can't be read.
    """
    names = tuple(labels)
    if location == DEMO:
        require_columns(names, DEMO_LABELS, "the demo's corpus")
        return Corpus(DEMO, lambda: _demo(seed), allow_special=True, labels=names or DEMO_LABELS)
    if location == INSTALLED:
        require_columns(names, installed_text.LABELS, "the documentation installed here")
        return Corpus(INSTALLED, lambda: installed_text.documents(seed), labels=names or installed_text.LABELS)
    path = Path(location)
    suffix = path.suffix.lower()
    if suffix in SUFFIXES or path.exists():
        _check_file(path)
        if names and suffix == ".txt":
            raise CorpusError(f"{path} is plain text without columns; --label needs a .jsonl or .parquet file.")
        if names and suffix == ".jsonl":
            require_columns(names, _keys(path), f"the first {_LOOKED_AT:,} lines of {path}")
        reader = {".txt": _text, ".jsonl": _jsonl, ".parquet": _parquet}[suffix]
        return Corpus(location, lambda: reader(path, names), labels=names)
    return Corpus(location, lambda: _hub(location, names), labels=names)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise CorpusError(f"There is no file {path}; check the path given to --corpus.")
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        raise CorpusError(f"{path} is not a {', '.join(SUFFIXES)} file; convert it to one of these.")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise CorpusError(f"{path} is empty; give a file with text in it.")
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None


def _demo(seed: int) -> Iterator[Document]:
    from models.demo.corpus.generator import documents

    for document in documents(seed):
        yield Document(document.text, document.labels)


def _text(path: Path, labels: Sequence[str]) -> Iterator[Document]:
    """The file as one document per piece; pieces end at line ends."""
    try:
        with path.open(encoding="utf-8") as file:
            lines: list[str] = []
            size = 0
            for line in file:
                lines.append(line)
                size += len(line)
                if size >= _PIECE:
                    yield Document("".join(lines))
                    lines, size = [], 0
            if lines:
                yield Document("".join(lines))
    except UnicodeDecodeError:
        raise CorpusError(f"{path} is not UTF-8 text; convert it, for example with iconv.") from None


def _keys(path: Path) -> list[str]:
    """The keys of the first lines; what is wrong with a line, reading it says."""
    found: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, _LOOKED_AT):
            with suppress(ValueError):
                row = json.loads(line)
                found |= dict.fromkeys(row) if isinstance(row, dict) else {}
    return list(found)


def _jsonl(path: Path, labels: Sequence[str]) -> Iterator[Document]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text = row["text"]
            except (ValueError, KeyError, TypeError):
                text = None
            if not isinstance(text, str):
                raise CorpusError(f'Line {number} of {path} is not a JSON object with a string under "text".')
            yield Document(text, {name: row.get(name) for name in labels})


def _parquet(path: Path, labels: Sequence[str]) -> Iterator[Document]:
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        if "text" not in file.schema_arrow.names:
            names = ", ".join(file.schema_arrow.names[:8])
            raise CorpusError(f'{path} has no column "text" but {names}; rename the one that holds the text.')
        require_columns(labels, file.schema_arrow.names, str(path))
        for batch in file.iter_batches(batch_size=256, columns=list(dict.fromkeys(("text", *labels)))):
            for row in batch.to_pylist():
                text = row["text"]
                if text is not None and not isinstance(text, str):
                    raise CorpusError(f'The column "text" of {path} does not hold text.')
                if text:
                    yield Document(text, row)
    except pyarrow.ArrowException as error:
        raise CorpusError(f"{path} is not a readable parquet file ({str(error).splitlines()[0]}).") from None


def _hub(name: str, labels: Sequence[str] = ()) -> Iterator[Document]:
    """A Hugging Face data set, streamed: ``owner/name``, ``owner/name:config`` or ``...:config:split``."""
    import datasets

    parts = [*name.split(":"), "", ""][:3]
    try:
        rows: Any = datasets.load_dataset(parts[0], parts[1] or None, split=parts[2] or "train", streaming=True)
        for row in rows:
            require_columns(labels, list(row), f"the data set {name}")
            text = row.get("text")
            if not isinstance(text, str):
                raise CorpusError(f'The data set {name} has no text under "text"; export it to .jsonl.')
            yield Document(text, row)
    except CorpusError:
        raise
    except Exception as error:
        # The library raises dozens of types for what is one thing to the user: the data set did not come.
        first = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CorpusError(
            f"The corpus {name} is neither a file here nor a data set that can be read from the hub ({first})."
        ) from None


@dataclass(frozen=True)
class PromptShape:
    """How prompts are cut: ``context_size`` tokens, the first of them BOS if ``prepend_bos``."""

    context_size: int
    prepend_bos: bool


def prompts(
    corpus: Corpus, model: "LanguageModel", shape: PromptShape, log: DocumentLog | None = None
) -> Iterator[NDArray[np.int64]]:
    """Prompts of exactly ``context_size`` token ids. Raises CorpusError if the corpus has not a single one.

    ``log`` is told of every document, and of every prompt before it comes.
    """
    bos = model.bos_token_id if model.bos_token_id is not None else model.eos_token_id
    if shape.prepend_bos and bos is None:
        raise CorpusError("The SAE wants a BOS token first, but the model's tokenizer has none.")
    separator = model.eos_token_id
    width = shape.context_size - (1 if shape.prepend_bos else 0)
    head = np.array([bos] if shape.prepend_bos else [], dtype=np.int64)
    waiting: list[int] = []
    total, any_prompt = 0, False
    for document in corpus.documents():
        ids = model.tokenize(document.text, allow_special=corpus.allow_special)
        total += len(ids)
        waiting.extend(ids)
        if separator is not None and ids:
            waiting.append(separator)
        if log is not None:
            log.add(document, len(ids), int(separator is not None and bool(ids)))
        if len(waiting) >= width:
            whole = len(waiting) // width * width
            block = np.array(waiting[:whole], dtype=np.int64).reshape(-1, width)
            waiting = waiting[whole:]
            if log is not None:
                log.cut(len(block), width, len(head))
            for row in block:
                yield np.concatenate((head, row))
            any_prompt = True
    if not any_prompt:
        short = f"has {total:,} tokens, fewer than one prompt of {shape.context_size}"
        raise CorpusError(f"The corpus {corpus.name} {short}; give more text or a smaller --context.")


def uncounted_ids(model: "LanguageModel") -> NDArray[np.int64]:
    """Ids left out of every statistic: BOS, EOS (the separator) and padding."""
    ids = {model.bos_token_id, model.eos_token_id, getattr(model.tokenizer, "pad_token_id", None)}
    return np.array(sorted(i for i in ids if i is not None), dtype=np.int64)
