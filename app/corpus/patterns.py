"""Patterns that name a group of tokens: words, phrases, ``*`` and ``|``; never slower than the text is long.

A pattern is one or more phrases separated by ``|``. A phrase is words separated by spaces, and matches where these
words follow each other. In a word ``*`` stands for any run of letters and digits: ``sail*`` matches *sail* and
*sailor*. Upper and lower case are the same. Punctuation marks are words of their own, and so is a line break, which is
written ``⏎``.

These are no regular expressions on purpose: a word is compared with each *distinct* word of the text once, by finding
its fixed parts from left to right, so no pattern can take long.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import InvalidRequest, shorten

WORD = re.compile(r"\w+|\n|[^\w\s]")
_PATTERN_WORD = re.compile(r"[\w*]+|[^\w\s*]")
LINE_BREAK = "⏎"
MAX_LENGTH, MAX_PHRASES, MAX_WORDS = 500, 50, 20

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pattern:
    """Phrases of words in lower case."""

    phrases: tuple[tuple[str, ...], ...]
    is_literal: bool = False  # "*" is a sign like any other

    @classmethod
    def literally(cls, text: str) -> "Pattern":
        """One phrase in which every sign stands for itself; InvalidRequest if it has no word or too many."""
        words = tuple(WORD.findall(text.casefold().replace(LINE_BREAK, "\n")))
        if not 1 <= len(words) <= MAX_WORDS:
            raise InvalidRequest(f"A phrase has 1 to {MAX_WORDS} words; {shorten(text)!r} has {len(words)}.")
        return cls((words,), is_literal=True)

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Read a pattern; InvalidRequest says what is wrong with it."""
        if len(text) > MAX_LENGTH:
            raise InvalidRequest(f"A pattern has at most {MAX_LENGTH} characters, not {len(text)}.")
        phrases = tuple(tuple(_PATTERN_WORD.findall(part.casefold())) for part in text.split("|"))
        if not all(phrases):
            raise InvalidRequest(f"The pattern {shorten(text)!r} has an empty part; separate words or phrases with |.")
        if len(phrases) > MAX_PHRASES or max(map(len, phrases)) > MAX_WORDS:
            raise InvalidRequest(f"A pattern has at most {MAX_PHRASES} parts of at most {MAX_WORDS} words.")
        return cls(tuple(tuple("\n" if word == LINE_BREAK else word for word in phrase) for phrase in phrases))


def word_matches(pattern: str, word: str) -> bool:
    """Whether a word of a pattern matches a word; both in lower case."""
    first, *middle = pattern.split("*")
    if not middle:
        return word == pattern
    last = middle.pop()
    end = len(word) - len(last)
    if not word.startswith(first) or not word.endswith(last) or end < len(first):
        return False
    place = len(first)
    for part in middle:  # the earliest place is always a right one
        found = word.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


@dataclass(frozen=True, eq=False)
class Words:
    """The words of several texts one after another, arrays (n_words,): which of ``distinct`` it is, and the first and
    last token that it lies in, counted over all texts. A word 0, which nothing matches, parts the texts.
    """

    distinct: tuple[str, ...]
    ids: Ints
    first: Ints
    last: Ints
    n_tokens: int

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> "Words":
        """Find the words of texts that come as the display strings of their tokens."""
        known: dict[str, int] = {}
        ids: list[int] = [0]
        firsts, lasts = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
        n_tokens = 0
        for tokens in texts:
            ends = np.cumsum([len(token) for token in tokens])
            spans = []
            for match in WORD.finditer("".join(tokens)):
                # Folding the case can change the length of a word, so it comes after the word is found.
                ids.append(known.setdefault(match[0].casefold(), len(known) + 1))
                spans.append(match.span())
            ids.append(0)
            places = np.array([*spans, (0, 1)], np.int64)
            firsts.append(n_tokens + np.searchsorted(ends, places[:, 0], side="right"))
            lasts.append(n_tokens + np.searchsorted(ends, places[:, 1] - 1, side="right"))
            n_tokens += len(tokens)
        return cls(tuple(known), np.array(ids), np.concatenate(firsts), np.concatenate(lasts), n_tokens)

    def covered(self, pattern: Pattern) -> Mask:
        """Which tokens (n_tokens,) lie in a match of the pattern."""
        change = np.zeros(self.n_tokens + 1, np.int64)
        for phrase in pattern.phrases:
            starts = self._starts(phrase, pattern.is_literal)
            np.add.at(change, self.first[starts], 1)
            np.add.at(change, self.last[starts + len(phrase) - 1] + 1, -1)
        return np.asarray(np.cumsum(change[:-1]) > 0)

    def _starts(self, phrase: Sequence[str], is_literal: bool) -> Ints:
        """The places of the words where the phrase begins."""
        n = len(self.ids) - len(phrase) + 1
        if n <= 0:
            return np.zeros(0, np.int64)
        fits = np.ones(n, bool)
        for step, word in enumerate(phrase):
            found = ((other == word if is_literal else word_matches(word, other)) for other in self.distinct)
            matching = np.array([False, *found])
            fits &= matching[self.ids[step : step + n]]
        return np.flatnonzero(fits)
