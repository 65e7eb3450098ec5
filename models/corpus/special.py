"""Special tokens that the texts of a corpus spell, and that are read as plain text, in pieces.

``<|im_end|>`` in a text is half a dozen tokens to the model unless the corpus is read with special tokens; nobody means
that who rendered chats into texts, so it is said.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel


@dataclass
class SpelledTokens:
    """Counts of one reading: documents, and those with a special token's name in them."""

    name: str
    n_documents: int = 0
    n_found: int = 0
    _first: tuple[str, int] = ("", 0)  # a token's name, and the number of the document
    _was_said: bool = False
    _pattern: "re.Pattern[str] | None" = None
    _model: Any = field(default=None, repr=False)

    def begin(self) -> None:
        """A new reading from the beginning."""
        self.n_documents = self.n_found = 0
        self._first = ("", 0)

    def look(self, model: "LanguageModel", text: str) -> None:
        """The next document, which is read as plain text."""
        self.n_documents += 1
        if self._model is not model:
            self._model, self._pattern = model, _pattern(model)
        found = self._pattern.search(text) if self._pattern is not None else None
        if found is not None:
            self.n_found += 1
            self._first = self._first if self._first[1] else (found.group(), self.n_documents)

    def news(self) -> str:
        """What is found, once, as soon as there is something; then empty."""
        if self._was_said or not self.n_found:
            return ""
        self._was_said = True
        name, number = self._first
        return (
            f"Warning: the corpus {self.name} spells special tokens of the model, {name} first in document "
            f"{number:,}, and they are read as plain text, in pieces; if they are meant, stop and give "
            "--special-tokens."
        )


def _pattern(model: "LanguageModel") -> "re.Pattern[str] | None":
    """The names of special tokens that no text has by chance: a word or a letter alone is none."""
    names = {str(token) for token in model.tokenizer.added_tokens_decoder.values() if token.special}
    told = sorted((name for name in names if len(name) > 2 and not name.strip().isalnum()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, told))) if told else None
