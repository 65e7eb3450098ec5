"""Texts that a request sends: how long they may be, and how they become tokens, a few at a time.

All tokenising is the engine's work: it takes time and memory that grow with a text. ``TextJob.check`` is asked before a
job waits, so that what is far too long costs nothing (``models.running.text_limits``).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.costs import most_tokens
from app.engine.job import Job
from app.engine.loaded import Loaded
from models.running.text_limits import check_characters, check_ids

if TYPE_CHECKING:
    from models.running.chat import PromptTokens
    from models.running.chat_spans import Message


@dataclass(frozen=True)
class Limits:
    """What a request may ask: tokens of one text; and the model's size, for the estimate of memory."""

    max_tokens: int
    d_model: int
    n_layers: int
    vocab_size: int


@dataclass(frozen=True)
class TextInput:
    """A plain text; a chat, if ``messages`` are given; tokens, if ``ids`` are. ``name`` is what an error calls it."""

    text: str = ""
    messages: "tuple[Message, ...] | None" = None
    add_generation_prompt: bool = False
    name: str = "The text"
    ids: tuple[int, ...] | None = None

    def characters(self) -> list[str]:
        """Everything that becomes tokens."""
        return [self.text, *(message.content for message in self.messages or ())]

    @property
    def size(self) -> int:
        """Characters in all."""
        return sum(map(len, self.characters()))


class TextJob(Job):
    """A job with texts. A new kind says which: all of them are held to the limits, and tokenised in steps."""

    limits: Limits

    def texts(self) -> Sequence[TextInput]:
        """Everything that becomes tokens."""
        raise NotImplementedError

    def words(self) -> Sequence[tuple[str, str]]:
        """What has to be one token each, with the name that an error calls it."""
        return ()

    @property
    def size(self) -> int:
        """Characters of all texts."""
        return sum(text.size for text in self.texts())

    def most_tokens(self) -> int:
        """Tokens that all texts can have at most."""
        return most_tokens([c for text in self.texts() for c in text.characters()], self.limits.max_tokens)

    def check(self) -> None:
        """Raise ContextMismatch for a text that is longer than its tokens can be."""
        for text in self.texts():
            check_ids(len(text.ids or ()), self.limits.max_tokens, text.name)
            check_characters(text.size, self.limits.max_tokens, text.name if text.messages is None else "The chat")
        for name, word in self.words():
            check_characters(len(word), 1, name)

    def tokens(
        self, loaded: Loaded, prepend_bos: bool, texts: Sequence[TextInput] | None = None
    ) -> "Generator[None, None, list[PromptTokens]]":
        """The tokens of the texts (by default all), in steps. Raises InputRefused, ContextMismatch or Unsupported."""
        from models.running.chat import chat_steps, ids_prompt, text_prompt

        limit = self.limits.max_tokens
        pace = loaded.model.paces("tokenise", first=1 << 14, least=1 << 12, most=1 << 20)
        found: list[PromptTokens] = []
        used = 0
        for given in self.texts() if texts is None else texts:
            if found and used + given.size > pace.size:
                yield
                used = 0
            used += given.size
            if given.ids is not None:
                found.append(ids_prompt(loaded.model, given.ids, limit=limit, name=given.name))
                continue
            if given.messages is not None:
                more = given.add_generation_prompt
                found.append(
                    (
                        yield from chat_steps(
                            loaded.model,
                            given.messages,
                            prepend_bos=prepend_bos,
                            limit=limit,
                            add_generation_prompt=more,
                        )
                    )
                )
                continue
            with pace.timed(given.size):
                found.append(
                    text_prompt(loaded.model, given.text, prepend_bos=prepend_bos, limit=limit, name=given.name)
                )
        return found
