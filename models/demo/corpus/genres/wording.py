"""Sentence patterns with slots, for the genres that keep their sentences in tables.

A pattern is a format string. Its slots are filled from the names given to :func:`say`, and otherwise from
the setting: ``{thing}`` calls ``s.thing()``, ``{a_thing}`` puts the article before it, a digit at the end
(``{thing2}``) asks for another one, ``{mood_adverb}`` for a word of the mood. Words in ``[brackets]`` are
marked as the genre's.
"""

import re
from collections.abc import Callable, Sequence

from models.demo.corpus.marks import an, tag
from models.demo.corpus.setting import Setting
from models.demo.corpus.tables.names import TOWNS

Words = str | Callable[[], str]  # what fills a slot; a function is called only if the slot is there

_BRACKETS = re.compile(r"\[([^\]]*)\]")
_START = re.compile("((?:^|[.!?]\ue002?\\s+)(?:\ue000[^\ue001]*\ue001)?)([a-zà-ÿœ])")
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


class Slots(dict[str, str]):
    """The words for a pattern's slots: those given, and otherwise drawn from the setting when asked for."""

    def __init__(self, s: Setting, given: dict[str, Words]) -> None:
        super().__init__({key: words for key, words in given.items() if isinstance(words, str)})
        self._s = s
        self._given = given

    def __missing__(self, key: str) -> str:
        words = self._given.get(key)
        self[key] = value = words() if callable(words) else self._draw(key.rstrip("0123456789"), key)
        return value

    def _draw(self, name: str, key: str) -> str:
        """The word for slot ``name`` (``key`` without its digit)."""
        s = self._s
        if name.startswith("a_"):
            return an(self[key[2:]])
        if name.startswith("mood_"):
            return s.mood_word(name[5:])
        if name in ("hero", "friend"):
            return str(getattr(s, name).name)
        if name in ("she", "her", "poss"):
            return str(getattr(s.hero, name))
        if name == "town":
            return s.draw("towns", TOWNS)
        if name == "few":
            return NUMBERS[s.dice.integer(2, 9)]
        if name == "many":
            return str(s.dice.integer(2, 19) * 10)
        return str(getattr(s, name)())


def sentences(text: str) -> str:
    """``text`` with every sentence starting in upper case."""
    return _START.sub(lambda m: m.group(1) + m.group(2).upper(), text)


def piece(s: Setting, pattern: str, concept: str, **slots: Words) -> str:
    """``pattern`` with its brackets marked and its slots filled, as a part of a sentence."""
    marked = _BRACKETS.sub(lambda m: tag(m.group(1), concept), pattern)
    return marked.format_map(Slots(s, slots))


def fill(s: Setting, pattern: str, concept: str, **slots: Words) -> str:
    """``pattern`` with its brackets marked and its slots filled, as whole sentences."""
    return sentences(piece(s, pattern, concept, **slots))


def say(s: Setting, patterns: tuple[str, ...], concept: str, **slots: Words) -> str:
    """One of ``patterns``, not yet used in this text, filled."""
    return fill(s, s.draw(f"say {patterns[0]}", patterns), concept, **slots)


def listing(items: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    items = list(items)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"
