"""Which words a latent is found by: those on which it fires in its strongest examples, its top and promoted tokens.

A token is often a part of a word, so words are read in the text that the tokens make. A context word counts little, and
only if several examples share it: a match then means that the latent fires there. Examples that are alike count once.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.records import FloatArray

#: A word of letters and digits, with apostrophes inside.
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
#: A token that stands for no text, such as <|im_start|>.
SPECIAL = re.compile(r"<\|?[^\s<>|]{1,40}\|?>")
MARKS_ABOVE = re.compile("[\u0300-\u036f]")
LINE_BREAK = "\n"
#: Longer words are no words.
MAX_WORD = 40
#: Tokens of an example on either side of its focus whose words count.
REACH = 8
#: What a word without activation counts, and the least share of examples that keeps a word.
CONTEXT, LEAST = 0.2, 0.045
#: Words of examples kept per latent, the best ones.
MAX_WORDS = 32
#: Alike texts: the same tokens so many places around the focus.
ALIKE = 3


class Word(NamedTuple):
    """A word as a search compares it, and the tokens [first, end) that it lies in."""

    text: str
    first: int
    end: int


@dataclass(frozen=True)
class Window:
    """An example: display strings of the tokens, their activations (n,), and the place of the strongest."""

    tokens: Sequence[str]
    activations: FloatArray
    focus: int


@dataclass(frozen=True)
class Weights:
    """How much a word stands for a latent, 0 to 1 each: in its examples, among its top and its promoted tokens."""

    examples: float = 0.0
    fires: float = 0.0
    promoted: float = 0.0


def fold(text: str) -> str:
    """A text as it is compared: case, accents and compatibility forms do not matter."""
    if text.isascii():
        return text.lower()
    bare = MARKS_ABOVE.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare).casefold()


def query_words(text: str) -> list[str]:
    """The words of what was typed, once each; of a text without any, its signs."""
    found = [fold(word) for word in WORD.findall(text)]
    return list(dict.fromkeys(word[:MAX_WORD] for word in found or text.split()))


def words_of(tokens: Sequence[str]) -> list[Word]:
    """The words of tokens in a row, and their signs: a token without letters and digits is one."""
    found, starts, place = [], [], 0
    shown = []
    for number, token in enumerate(tokens):
        text = token
        if SPECIAL.fullmatch(token):
            found.append(Word(fold(token), number, number + 1))
            text = " " * len(token)
        elif sign := _sign(token):
            found.append(Word(sign, number, number + 1))
        starts.append(place)
        place += len(text)
        shown.append(text)
    number, n = 0, len(starts)
    for match in WORD.finditer("".join(shown)):
        first, end = match.span()
        while number + 1 < n and starts[number + 1] <= first:
            number += 1
        last = number
        while last + 1 < n and starts[last + 1] < end:
            last += 1
        if end - first <= MAX_WORD:
            found.append(Word(fold(match.group()), number, last + 1))
    return found


def token_word(token: str) -> str:
    """The one word or sign that a token is; empty for any other token."""
    stripped = token.strip()
    if WORD.fullmatch(stripped):
        return fold(stripped) if len(stripped) <= MAX_WORD else ""
    return _sign(token)


def spoken(word: str) -> str:
    """A word as a model of meaning reads it: a sign by its name."""
    if word == LINE_BREAK:
        return "line break"
    if WORD.search(word):
        return word
    return " ".join(unicodedata.name(character, "sign").lower() for character in word[:4])


def latent_words(
    windows: Iterable[Window],
    fires: Sequence[tuple[str, float]],
    promoted: Sequence[tuple[str, float]],
    *,
    begins_with_space: bool,
) -> dict[str, Weights]:
    """The words of a latent. ``fires``: its top tokens with their share of its activity; ``promoted``: with effects.

    ``begins_with_space``: the vocabulary marks the beginning of a word so; other tokens are parts of words there.
    """
    examples = _example_words(windows)

    def whole(token: str) -> str:
        word = token_word(token)
        is_part = begins_with_space and word and token[:1].isalnum() and word not in examples
        return "" if is_part else word

    on: dict[str, float] = {}
    for token, share in fires:
        if word := whole(token):
            on[word] = min(1.0, on.get(word, 0.0) + share)
    best = max((value for _, value in promoted), default=0.0)
    effects: dict[str, float] = {}
    for token, value in promoted:
        if best > 0 and value > 0 and (word := whole(token)):
            effects[word] = max(effects.get(word, 0.0), value / best)
    return {
        word: Weights(examples.get(word, 0.0), on.get(word, 0.0), effects.get(word, 0.0))
        for word in dict.fromkeys((*examples, *on, *effects))
    }


def strengths(window: Window) -> dict[str, float]:
    """The words around the focus with their activation as a share of the focus's, at least ``CONTEXT``."""
    first = max(0, window.focus - REACH)
    tokens = window.tokens[first : window.focus + REACH + 1]
    values = window.activations[first : first + len(tokens)]
    top = float(window.activations[window.focus])
    shares = np.clip(values / top, 0, 1).tolist() if top > 0 else [0.0] * len(tokens)
    found: dict[str, float] = {}
    for word, start, end in words_of(tokens):
        found[word] = max(found.get(word, CONTEXT), max(shares[start:end]))
    return found


def _example_words(windows: Iterable[Window]) -> dict[str, float]:
    sums: dict[str, float] = {}
    seen = set()
    for window in windows:
        alike = tuple(window.tokens[max(0, window.focus - ALIKE) : window.focus + ALIKE + 1])
        if alike in seen:
            continue
        seen.add(alike)
        for word, strength in strengths(window).items():
            sums[word] = sums.get(word, 0.0) + strength
    n = max(1, len(seen))
    kept = sorted(((total / n, word) for word, total in sums.items() if total / n >= LEAST), reverse=True)
    return {word: share for share, word in kept[:MAX_WORDS]}


def _sign(token: str) -> str:
    stripped = token.strip()
    if not stripped:
        return LINE_BREAK if "\n" in token else ""
    return "" if WORD.search(stripped) or len(stripped) > MAX_WORD else stripped
