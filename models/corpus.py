"""Text of any kind -> prompts of one length, in an order that depends on nothing but the corpus.

Documents are tokenised one by one, joined with the model's end-of-text token and cut into prompts of the context
size, BOS first where the SAE was trained so. The last, incomplete prompt is left out. BOS, separators and padding do
not count in any statistic.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorpusError

if TYPE_CHECKING:
    from models.language_model import LanguageModel

#: What ``--corpus`` is called for the generator behind the bundled model; it needs no file.
DEMO = "demo"
SUFFIXES = (".txt", ".jsonl", ".parquet")
_PIECE = 1 << 15  # characters of a plain text file that are tokenised at once


@dataclass(frozen=True)
class Corpus:
    """Where text comes from. ``allow_special``: special tokens in the text are meant (the demo's chats)."""

    name: str
    documents: Callable[[], Iterator[str]]
    allow_special: bool = False


def open_corpus(location: str, seed: int = 0) -> Corpus:
    """A .txt, .jsonl (key text) or .parquet (column text) file, ``demo``, or the name of a Hugging Face data set.

    ``seed`` chooses the demo generator's texts. Raises CorpusError with a remedy if it can't be read.
    """
    if location == DEMO:
        return Corpus(DEMO, lambda: _demo(seed), allow_special=True)
    path = Path(location)
    suffix = path.suffix.lower()
    if suffix in SUFFIXES or path.exists():
        _check_file(path)
        reader = {".txt": _text, ".jsonl": _jsonl, ".parquet": _parquet}[suffix]
        return Corpus(location, lambda: reader(path))
    return Corpus(location, lambda: _hub(location))


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


def _demo(seed: int) -> Iterator[str]:
    from models.demo.corpus.generator import documents

    for document in documents(seed):
        yield document.text


def _text(path: Path) -> Iterator[str]:
    """The file as one document per piece; pieces end at line ends."""
    try:
        with path.open(encoding="utf-8") as file:
            lines: list[str] = []
            size = 0
            for line in file:
                lines.append(line)
                size += len(line)
                if size >= _PIECE:
                    yield "".join(lines)
                    lines, size = [], 0
            if lines:
                yield "".join(lines)
    except UnicodeDecodeError:
        raise CorpusError(f"{path} is not UTF-8 text; convert it, for example with iconv.") from None


def _jsonl(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                text = json.loads(line)["text"]
            except (ValueError, KeyError, TypeError):
                text = None
            if not isinstance(text, str):
                raise CorpusError(f'Line {number} of {path} is not a JSON object with a string under "text".')
            yield text


def _parquet(path: Path) -> Iterator[str]:
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        if "text" not in file.schema_arrow.names:
            names = ", ".join(file.schema_arrow.names[:8])
            raise CorpusError(f'{path} has no column "text" but {names}; rename the one that holds the text.')
        for batch in file.iter_batches(batch_size=256, columns=["text"]):
            for text in batch.column(0).to_pylist():
                if text is not None and not isinstance(text, str):
                    raise CorpusError(f'The column "text" of {path} does not hold text.')
                if text:
                    yield text
    except pyarrow.ArrowException as error:
        raise CorpusError(f"{path} is not a readable parquet file ({str(error).splitlines()[0]}).") from None


def _hub(name: str) -> Iterator[str]:
    """A Hugging Face data set, streamed: ``owner/name``, ``owner/name:config`` or ``...:config:split``."""
    import datasets

    parts = [*name.split(":"), "", ""][:3]
    try:
        rows: Any = datasets.load_dataset(parts[0], parts[1] or None, split=parts[2] or "train", streaming=True)
        for row in rows:
            text = row.get("text")
            if not isinstance(text, str):
                raise CorpusError(f'The data set {name} has no text under "text"; export it to .jsonl.')
            yield text
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


def prompts(corpus: Corpus, model: "LanguageModel", shape: PromptShape) -> Iterator[NDArray[np.int64]]:
    """Prompts of exactly ``context_size`` token ids. Raises CorpusError if the corpus has not a single one."""
    bos = model.bos_token_id if model.bos_token_id is not None else model.eos_token_id
    if shape.prepend_bos and bos is None:
        raise CorpusError("The SAE wants a BOS token first, but the model's tokenizer has none.")
    separator = model.eos_token_id
    width = shape.context_size - (1 if shape.prepend_bos else 0)
    head = np.array([bos] if shape.prepend_bos else [], dtype=np.int64)
    waiting: list[int] = []
    total, any_prompt = 0, False
    for text in corpus.documents():
        ids = model.tokenize(text, allow_special=corpus.allow_special)
        total += len(ids)
        waiting.extend(ids)
        if separator is not None and ids:
            waiting.append(separator)
        if len(waiting) >= width:
            whole = len(waiting) // width * width
            block = np.array(waiting[:whole], dtype=np.int64).reshape(-1, width)
            waiting = waiting[whole:]
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
