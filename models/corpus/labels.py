"""Labels that come with the documents of a corpus, and where the documents lie in the prompts that are cut from them.

A label is a name (a column of the corpus) with a short text as its value. A prompt can hold parts of several
documents, and a document can run over many prompts, so what is kept is, for each prompt, which tokens belong to which
document: ``[first, end, labels]``. BOS and separators belong to none.
"""

import json
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.errors import CorpusError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.running.chat_spans import Message

MAX_LABELS, MAX_NAME, MAX_VALUE = 8, 80, 80


@dataclass(frozen=True)
class Document:
    """A text of a corpus; ``labels`` are the values of the columns asked for, as they came.

    ``messages``: a chat, which the model's own template makes a text of; ``token_ids`` (n,): a document that is tokens
    already; ``text`` is empty then. ``is_start``: not the rest of a document that was cut for reading.
    """

    text: str
    labels: Mapping[str, Any] = field(default_factory=dict)
    messages: "tuple[Message, ...] | None" = None
    token_ids: "NDArray[np.int64] | None" = None
    is_start: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self.text and self.messages is None and self.token_ids is None


def require_columns(names: Sequence[str], known: Sequence[str], where: str) -> None:
    """Raise CorpusError if one of the ``names`` is not among the ``known`` columns of ``where``."""
    for name in names:
        if name not in known:
            shown = ", ".join(_text(column)[:MAX_NAME] for column in known[:8]) or "none"
            raise CorpusError(
                f"--label: there is no column {_text(name)!r} in {where}; "
                f"there {'is' if len(known) < 2 else 'are'} {shown}{', ...' if len(known) > 8 else ''}."
            )


class DocumentLog:
    """Takes the documents in the order in which they are joined, and says of each prompt which of them it has.

    Three small integers for a part of a document in a prompt; each distinct set of labels is kept once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.n_documents = 0
        self.missing: Counter[str] = Counter()
        self.shortened: Counter[str] = Counter()
        self._sets: dict[str, int] = {}  # JSON of a set of labels -> its number
        self._waiting: deque[tuple[int, int, int]] = deque()  # (first, end, set) in the joined text, not yet all cut
        self._joined = 0  # tokens so far, separators included
        self._cut = 0  # of these, in prompts
        self._parts = array("i")  # (first, end, set) within the prompt, one after another
        self._ends = array("q", [0])  # for each prompt, where its parts end

    def add(self, document: Document, n_tokens: int, n_separators: int) -> None:
        """The next document: its tokens, and the separators before it."""
        self.n_documents += 1
        labels = json.dumps(self._short(document.labels), ensure_ascii=True)
        number = self._sets.setdefault(labels, len(self._sets))
        self._joined += n_separators
        if n_tokens:
            self._waiting.append((self._joined, self._joined + n_tokens, number))
        self._joined += n_tokens

    def cut(self, n_prompts: int, width: int, head: int) -> None:
        """So many more prompts were cut: ``width`` tokens of text each, behind ``head`` of BOS."""
        for _ in range(n_prompts):
            start, end = self._cut, self._cut + width
            shift = head - start
            for first, last, number in self._waiting:
                if first >= end:
                    break
                self._parts.extend((max(first, start) + shift, min(last, end) + shift, number))
            while self._waiting and self._waiting[0][1] <= end:
                self._waiting.popleft()
            self._cut = end
            self._ends.append(len(self._parts))

    def rows(self, first: int, n: int) -> Iterator[str]:
        """For each of ``n`` prompts from the ``first`` on: JSON of ``[[first, end, {name: value}], ...]``."""
        sets = list(self._sets)
        parts, ends = self._parts, self._ends
        for prompt in range(first, first + n):
            places = range(ends[prompt], ends[prompt + 1], 3)
            yield f"[{', '.join(f'[{parts[i]}, {parts[i + 1]}, {sets[parts[i + 2]]}]' for i in places)}]"

    def sentence(self) -> str:
        """What of the labels was not kept as it came; empty if all was."""
        said = [f"{count:,} without {_text(name)}" for name, count in sorted(self.missing.items())]
        cut = f"cut to {MAX_VALUE} characters"
        said += [f"{count:,} with {_text(name)} {cut}" for name, count in sorted(self.shortened.items())]
        return f"Labels: of {self.n_documents:,} documents read, {', '.join(said)}." if said else ""

    def _short(self, labels: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for name in self.names:
            value = _text(labels.get(name))
            if not value:
                self.missing[name] += 1
                continue
            if len(value) > MAX_VALUE:
                self.shortened[name] += 1
                value = f"{value[: MAX_VALUE - 1]}…"
            found[name] = value
        return found


def _text(value: Any) -> str:
    """A value as one line that every database takes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
    except (RecursionError, ValueError):  # nested as deeply as JSON can be read, or a number of thousands of digits
        text = type(value).__name__
    return " ".join(text.replace("\0", " ").encode("utf-8", "replace").decode().split())
