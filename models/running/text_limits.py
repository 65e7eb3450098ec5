"""How long a text may be in characters, so that what is far too long is refused before anything is done with it.

The limit that counts is in tokens. How many a text has only its tokenizer can say, in time and memory that grow with
the text, so lengths are looked at twice before:

1. ``check_characters``: no token is longer than ``CHARACTERS_PER_TOKEN`` characters. Vocabularies made by byte-pair
   encoding stop there (GPT-2's and Llama 3's longest tokens have 128), others much earlier, so a text of more than
   128 characters per token cannot fit, and none that would have fitted is refused.
2. ``check_density``: a long text is first counted in pieces, and no further than needed to know that it is too long.
   A cut can change the tokens around it only, hence the generous bound.

Imports no torch.
"""

from collections.abc import Sequence
from typing import Protocol

from models.errors import ContextMismatch

CHARACTERS_PER_TOKEN = 128
#: Characters that are counted at once; a shorter text is not counted beforehand.
_PIECE = 1 << 14
#: A text is hopeless from so many times the limit on, and so many tokens more.
_TIMES, _MORE = 2, 1000


class Tokenizes(Protocol):
    """What splits a text into token ids, as a language model does."""

    def tokenize(self, text: str) -> Sequence[int]:
        """The ids of a text's tokens."""


def most_characters(tokens: int) -> int:
    """Characters that a text of so many tokens can have at most."""
    return tokens * CHARACTERS_PER_TOKEN


def check_characters(n: int, tokens: int, name: str) -> None:
    """Raise ContextMismatch if ``n`` characters are more than ``tokens`` tokens can be."""
    most = most_characters(tokens)
    if n > most:
        read = "one token is" if tokens == 1 else f"{tokens:,} tokens are"
        raise ContextMismatch(
            f"{name} has {n:,} characters; at most {most:,} are looked at, since no more than {read} read. Shorten it."
        )


def check_ids(n: int, tokens: int, name: str) -> None:
    """Raise ContextMismatch if ``n`` token ids are more than ``tokens``."""
    if n > tokens:
        raise ContextMismatch(f"{name} has {n:,} tokens; at most {tokens:,} are read. Shorten it.")


def check_density(model: Tokenizes, text: str, tokens: int, name: str) -> None:
    """Raise ContextMismatch if a long text has far more than ``tokens`` tokens, without counting all of them."""
    if len(text) <= _PIECE:
        return
    hopeless = _TIMES * tokens + _MORE
    seen = 0
    for start in range(0, len(text), _PIECE):
        seen += len(model.tokenize(text[start : start + _PIECE]))
        if seen > hopeless:
            raise ContextMismatch(f"{name} has more than {hopeless:,} tokens; at most {tokens:,} are read. Shorten it.")
