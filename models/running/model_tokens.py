"""The tokenizer of a model: texts to ids and back, special tokens, and the chat template. Imports no torch."""

import threading
from collections.abc import Sequence
from typing import Any

from models.errors import InputMismatch, Unsupported, one_line
from models.records import ModelFacts
from models.running.template_process import TemplateProcess
from models.running.token_text import TokenText


class ModelTokens:
    """What a model reads: the ids that its tokenizer makes of texts, each of which it has an embedding for."""

    def __init__(self, tokenizer: Any, facts: ModelFacts, generation: Any = None) -> None:
        """Take a tokenizer of transformers, the model's facts, and its generation_config."""
        self.tokenizer = tokenizer
        self.facts = facts
        self.lock = threading.RLock()
        self._generation = generation
        self._text = TokenText(tokenizer)
        #: Tokens beyond the model's rows, as Gemma 3 has one for images; no text may become them.
        self._has_more_tokens = max(tokenizer.added_tokens_decoder, default=-1) >= facts.vocab_size
        self._template: TemplateProcess | None = None

    @property
    def bos_token_id(self) -> int | None:
        """The id put before a text where an SAE was trained that way; ``None`` if the tokenizer has none.

        A tokenizer without BOS (Qwen's) gets its EOS in this place, as transformer_lens gives it, with whose models
        SAELens trains.
        """
        own = self.own_bos_token_id
        return self.eos_token_id if own is None else own

    @property
    def own_bos_token_id(self) -> int | None:
        """The BOS that the tokenizer itself names."""
        return self._known(self.tokenizer.bos_token_id)

    @property
    def eos_token_id(self) -> int | None:
        """The id that ends a text, ``None`` if the tokenizer has none."""
        return self._known(self.tokenizer.eos_token_id)

    def _known(self, token_id: Any) -> int | None:
        """A token's id, if there is one and the model has an embedding for it."""
        return None if token_id is None or token_id >= self.facts.vocab_size else int(token_id)

    @property
    def stop_token_ids(self) -> frozenset[int]:
        """The ids that end a generated text: EOS, and what the model's generation_config names beside it.

        Chat models end a turn with a token of its own, which only their generation_config tells.
        """
        named = getattr(self._generation, "eos_token_id", None)
        ids = named if isinstance(named, list) else [named]
        return frozenset(int(i) for i in (*ids, self.eos_token_id) if i is not None)

    @property
    def special_token_ids(self) -> frozenset[int]:
        """BOS, EOS, padding and every other token that no text of a user can produce."""
        added = self.tokenizer.added_tokens_decoder
        return frozenset(self.tokenizer.all_special_ids) | {int(i) for i, token in added.items() if token.special}

    def tokenize(self, text: str, *, allow_special: bool = False) -> list[int]:
        """The ids of ``text``, never with a BOS, each of which the model has an embedding for.

        A literal ``<|endoftext|>`` in the text is split as plain text, unless ``allow_special`` (for chat
        templates). So is, always, a token for which the model has none.
        """
        if self._has_more_tokens:
            return self.tokenize_with_places(text, allow_special=allow_special)[0]
        with self.lock:  # the tokenizer keeps split_special_tokens as state of its own
            encoded = self.tokenizer(
                text, add_special_tokens=False, split_special_tokens=not allow_special, verbose=False
            )
        return list(encoded["input_ids"])

    def tokenize_with_places(
        self, text: str, *, allow_special: bool = False
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """The same, with the characters of ``text`` that each token stands for, (first, end)."""
        with self.lock:
            encoded = self.tokenizer(
                text,
                add_special_tokens=False,
                split_special_tokens=not allow_special,
                return_offsets_mapping=True,
                verbose=False,
            )
        ids, spans = list(encoded["input_ids"]), [(start, end) for start, end in encoded["offset_mapping"]]
        if not self._has_more_tokens or max(ids, default=0) < self.facts.vocab_size:
            return ids, spans
        return self._without_rows(text, ids, spans)

    def _without_rows(
        self, text: str, ids: Sequence[int], spans: Sequence[tuple[int, int]]
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """Tokens that the model has no embedding for, cut up: their names are text like any other."""
        kept: list[int] = []
        places: list[tuple[int, int]] = []
        for token_id, (start, end) in zip(ids, spans, strict=True):
            if token_id < self.facts.vocab_size:
                kept.append(token_id)
                places.append((start, end))
                continue
            if end - start < 2:
                raise InputMismatch(
                    f"{text[start:end]!r} is a token of the tokenizer of {self.facts.name} for which the model has no "
                    "embedding; remove it."
                )
            for first, last in ((start, start + 1), (start + 1, end)):
                more, where = self.tokenize_with_places(text[first:last])
                kept += more
                places += [(first + begin, first + stop) for begin, stop in where]
        return kept, places

    @property
    def chat_template(self) -> TemplateProcess | None:
        """What writes chats as this model knows them; ``None`` if the tokenizer came without.

        Raises:
            Unsupported: several templates, none of them the default.
        """
        if not getattr(self.tokenizer, "chat_template", None):
            return None
        try:
            source: str = self.tokenizer.get_chat_template()
        except ValueError as error:
            raise Unsupported(f"{self.facts.name} has no default chat template: {one_line(error)}.") from error
        if self._template is None or self._template.template != source:
            self._template = TemplateProcess(source, self.tokenizer.special_tokens_map, self.facts.name)
        return self._template

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """One display string per id; see ``models.running.token_text`` for characters spread over several tokens."""
        return self._text.strings(ids)

    def token_named(self, text: str) -> int | None:
        """The id of the token with that display string or number (``models.running.token_text``), ``None`` if there is
        none.
        """
        found = self._text.id_of(text)
        return found if found is not None and found < self.facts.vocab_size else None

    def token_bytes(self, token_id: int) -> bytes | None:
        """The bytes that a token stands for, part of a character perhaps; ``None`` for an id beyond the vocabulary."""
        return self._text.bytes_of(token_id)

    def vocabulary(self) -> list[str]:
        """The display string of every id on its own: within a text, neighbours would share a character's bytes."""
        return [self.token_strings([token_id])[0] for token_id in range(self.facts.vocab_size)]
