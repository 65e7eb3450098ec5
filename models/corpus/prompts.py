"""Text of any kind -> prompts of one length, in an order that depends on nothing but the corpus.

Documents are tokenised one by one, joined with a separator and cut into prompts of the context size, BOS first where
the SAE was trained so, as SAELens's training store does it (models.corpus.training_store). The last, incomplete prompt
is left out. BOS, separators and padding do not count in any statistic. Columns of the corpus can come along as labels
of the documents (models.corpus.labels).
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.corpus import installed_text
from models.corpus.csv_files import read_csv
from models.corpus.data_sets import is_saved_data_set, read_hub, read_saved
from models.corpus.files import LOOKED_AT, MAX_PIECE, check_corpus_file, keys_of, read_lines, read_table, read_text
from models.corpus.forms import form_by_name, form_of
from models.corpus.installed_text import INSTALLED
from models.corpus.labels import Document, DocumentLog, require_columns
from models.corpus.repairs import Repairs
from models.corpus.special import SpelledTokens
from models.corpus.token_ids import checked_ids, is_prompt
from models.corpus.training_store import usual_separator
from models.demo_chat import bundle as chat_demo
from models.errors import ContextMismatch, CorpusError, InputRefused, Unsupported
from models.loading.files import kind_of

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel

#: What ``--corpus`` is called for the generator behind the bundled model; it needs no file.
DEMO = "demo"
#: What the demo generator says of each of its texts.
DEMO_LABELS = ("genre", "topic", "mood", "register", "language")


@dataclass(frozen=True)
class Corpus:
    """Where text comes from. ``allow_special``: special tokens in the text are meant (the demo's chats). ``labels``:
    the names of the labels that documents carry. ``prefix``: text before every document, in which special tokens are
    meant. Of the last reading, ``repairs``: what was replaced; ``spelled``: special tokens that were read as text.
    """

    name: str
    documents: Callable[[], Iterator[Document]]
    allow_special: bool = False
    labels: tuple[str, ...] = ()
    repairs: Repairs = field(default_factory=lambda: Repairs("", "text"))
    prefix: str = ""
    spelled: SpelledTokens = field(default_factory=lambda: SpelledTokens(""))


def open_corpus(
    location: str, seed: int = 0, labels: Sequence[str] = (), *, prefix: str = "", special_tokens: bool = False
) -> Corpus:
    """A .txt, .jsonl, .csv or .parquet file (text under text, a chat under messages, or token ids under input_ids or
    tokens), the first three also packed (.gz, .zst), a folder that the package datasets saved, ``demo``,
    ``chat-demo``, ``installed`` (models.corpus.installed_text), or the name of a Hugging Face data set.

    ``seed`` chooses the demo generator's texts and the order of what is installed. ``labels`` are columns that become
    labels of the documents (of ``demo``, ``chat-demo`` and ``installed`` all, if none are named). ``prefix`` comes
    before every document; ``special_tokens``: those that texts spell are meant. Raises CorpusError with a remedy if it
    can't be read.
    """
    found = _open(location, seed, tuple(labels))
    return replace(
        found,
        prefix=prefix,
        allow_special=found.allow_special or special_tokens,
        spelled=SpelledTokens(found.name),
    )


def _open(location: str, seed: int, names: tuple[str, ...]) -> Corpus:
    if location == DEMO:
        require_columns(names, DEMO_LABELS, "the demo's corpus")
        return Corpus(DEMO, lambda: _demo(seed), allow_special=True, labels=names or DEMO_LABELS)
    if location == INSTALLED:
        require_columns(names, installed_text.LABELS, "the documentation installed here")
        return Corpus(INSTALLED, lambda: installed_text.documents(seed), labels=names or installed_text.LABELS)
    if location == chat_demo.CORPUS_NAME:
        require_columns(names, chat_demo.LABELS, "the chat demo's corpus")
        found = _open(str(chat_demo.CORPUS), seed, names or chat_demo.LABELS)
        return replace(found, name=location)
    path = Path(location)
    if is_saved_data_set(path):
        repairs = Repairs(location, "row")
        return Corpus(location, lambda: read_saved(path, names, repairs), labels=names, repairs=repairs)
    if form_by_name(path) or kind_of(path):
        check_corpus_file(path)
        form = form_of(path)
        if names and form == "txt":
            raise CorpusError(f"{path} is plain text without columns; --label needs a .jsonl or .parquet file.")
        if names and form == "jsonl":
            require_columns(names, keys_of(path), f"the first {LOOKED_AT:,} lines of {path}")
        repairs = Repairs(location, "row" if form == "parquet" else "line")
        return Corpus(location, lambda: _read(path, form, names, repairs), labels=names, repairs=repairs)
    repairs = Repairs(location, "text")
    return Corpus(location, lambda: read_hub(location, names, repairs), labels=names, repairs=repairs)


def _read(path: Path, form: str, labels: Sequence[str], repairs: Repairs) -> Iterator[Document]:
    """The documents of a file, from its beginning."""
    repairs.begin()
    if form == "parquet":
        return read_table(path, labels, repairs)
    if form == "csv":
        return read_csv(path, labels, repairs)
    return read_lines(path, repairs) if form == "jsonl" else read_text(path, repairs)


def _demo(seed: int) -> Iterator[Document]:
    from models.demo.corpus.generator import documents

    for document in documents(seed):
        yield Document(document.text, document.labels)


#: A separator that is not chosen yet.
USUAL = -1


@dataclass(frozen=True)
class PromptShape:
    """How prompts are cut: ``context_size`` tokens, the first of them BOS if ``prepend_bos``.

    ``separator``: the token before every document that does not begin a prompt, or ``None``; ``USUAL``: as documents of
    the model are usually joined. ``concatenates``: otherwise each document is cut to one prompt, if it is long enough.
    """

    context_size: int
    prepend_bos: bool
    separator: int | None = USUAL
    concatenates: bool = True


def prompts(
    corpus: Corpus, model: "LanguageModel", shape: PromptShape, log: DocumentLog | None = None
) -> Iterator[NDArray[np.int64]]:
    """Prompts of exactly ``context_size`` token ids. Raises CorpusError if the corpus has not a single one.

    ``log`` is told of every document, and of every prompt before it comes.
    """
    bos = model.bos_token_id if model.bos_token_id is not None else model.eos_token_id
    if shape.prepend_bos and bos is None:
        raise CorpusError("The SAE wants a BOS token first, but the model's tokenizer has none.")
    width = shape.context_size - (1 if shape.prepend_bos else 0)
    corpus.spelled.begin()
    head = np.array([bos] if shape.prepend_bos else [], dtype=np.int64)
    if not shape.concatenates:
        yield from _separate(corpus, model, shape.context_size, head, log)
        return
    separator = usual_separator(model) if shape.separator == USUAL else shape.separator
    waiting = array("q")
    total, any_prompt = 0, False
    for document in corpus.documents():
        whole_row = None if waiting or corpus.prefix else document.token_ids
        if whole_row is not None and is_prompt(whole_row, shape.context_size, head):
            if log is not None:
                log.add(document, width, 0)
                log.cut(1, width, len(head))
            yield checked_ids(whole_row, model, corpus.name)
            any_prompt = True
            continue
        n_ids = n_separators = 0
        for ids in _ids(corpus, model, document):
            if ids and not n_ids and waiting and separator is not None and ids[0] != separator:
                waiting.append(separator)
                n_separators = 1
            n_ids += len(ids)
            waiting.extend(ids)
        total += n_ids
        if log is not None:
            log.add(document, n_ids, n_separators)
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


def _separate(
    corpus: Corpus, model: "LanguageModel", context: int, head: NDArray[np.int64], log: DocumentLog | None
) -> Iterator[NDArray[np.int64]]:
    """The beginning of every document that fills a prompt; the others are left out."""
    any_prompt = False
    for document in corpus.documents():
        found: list[int] = []
        for ids in _ids(corpus, model, document):
            found += ids
            if len(found) >= context:
                break
        start = head if found[:1] != head.tolist() else head[:0]
        width = context - len(start)
        is_long = len(found) >= width
        if log is not None:
            log.add(document, width if is_long else 0, 0)
            log.cut(int(is_long), width, len(start))
        if is_long:
            any_prompt = True
            yield np.concatenate((start, np.array(found[:width], dtype=np.int64)))
    if not any_prompt:
        raise CorpusError(
            f"No document of the corpus {corpus.name} fills a prompt of {context} tokens, and the SAE was trained on "
            "single documents (disable_concat_sequences); give longer ones or a smaller --context."
        )


def _ids(corpus: Corpus, model: "LanguageModel", document: Document) -> Iterator[list[int]]:
    """The tokens of a document, piece by piece; of a chat, in the model's own template."""
    if corpus.prefix and document.is_start and not document.is_empty:
        yield model.tokenize(corpus.prefix, allow_special=True)
    if document.token_ids is not None:
        yield checked_ids(document.token_ids, model, corpus.name).tolist()
        return
    if document.messages is None:
        if not corpus.allow_special:
            corpus.spelled.look(model, document.text)
        for piece in _pieces(document.text):
            yield model.tokenize(piece, allow_special=corpus.allow_special)
        return
    from models.running.chat import chat_ids

    try:
        yield chat_ids(model, document.messages)
    except (ContextMismatch, InputRefused, Unsupported) as error:
        raise CorpusError(f"{corpus.name} holds chats: {error}") from error


def _pieces(text: str) -> Iterator[str]:
    """The text, cut at white space if it is too long to be tokenised at once, in a hundred times its own memory."""
    start = 0
    while len(text) - start > MAX_PIECE:
        end = start + MAX_PIECE
        space = text.rfind(" ", start + MAX_PIECE // 2, end)
        end = end if space < 0 else space
        yield text[start:end]
        start = end
    yield text[start:] if start else text
