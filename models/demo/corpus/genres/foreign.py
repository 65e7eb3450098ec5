"""Texts in French, Spanish and German: stories, letters, diary entries, descriptions, questions and answers.

The grammar of each language (articles, cases, agreement) is in ``foreign_words.py``; words and patterns are
in ``tables/french.py`` and its sisters.
"""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from models.demo.corpus.genres.foreign_words import NOUNS, TABLES, Noun, Person, Verb
from models.demo.corpus.genres.wording import sentences
from models.demo.corpus.marks import cap, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables.packed import words

LANGUAGES = ("french", "spanish", "german")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Words that are spelt like English ones and say nothing about the language.
_SHARED = frozenset(
    words(
        "a; me; on; an; in; so; was; hat; die; table; he; no; come; am; es; war; fast; rat; son; ton; dos; "
        "sale; four; chat; or; car; as; has; once; sin; red; pan; ten; nose; orange; image; village; hand; "
        "arm; warm; lies; also; man; pays; fin; main; air; dire; de; la; y; o; i; regular"
    )
)


class Cast(dict[str, Any]):
    """The words of one text by slot; nouns and people stay, the rest is drawn anew for every pattern."""

    def __init__(self, s: Setting, language: str) -> None:
        super().__init__()
        self._s, self._language, self._table = s, language, TABLES[language]

    def fresh(self, everything: bool = False) -> "Cast":
        """Forget what belongs to the last pattern (or everything but the writer)."""
        for key in [key for key in self if key != "me" and (everything or key[0] not in "abtpqr" or len(key) > 2)]:
            del self[key]
        return self

    def __missing__(self, key: str) -> object:
        s, table, draw = self._s, self._table, self._s.draw
        if key.endswith("_cap"):
            return cap(str(self[key.removesuffix("_cap")]))
        kind = key.rstrip("0123456789")
        name = f"{self._language} {kind}"
        made: dict[str, Callable[[], object]] = {
            "a": lambda: NOUNS[self._language](s, self._language, draw("living", table.LIVING), True),
            "t": lambda: NOUNS[self._language](s, self._language, draw("things f", table.THINGS), False),
            "p": lambda: Person(s, self._language),
            "v": lambda: Verb(self._language, draw(name, table.VERBS)),
            "w": lambda: Verb(self._language, draw(name, table.ACTS)),
            "place": lambda: draw(name, table.PLACES),
            "town": lambda: draw(name, table.TOWNS),
            "time": lambda: draw(name, table.TIMES),
            "weather": lambda: draw(name, table.WEATHER),
            "num": lambda: draw(name, table.NUMBERS),
            "n": lambda: str(s.dice.integer(2, 30)),
            "said": lambda: draw("sayings", table.SAYINGS).format_map(self),
            "say": lambda: draw("sayings", table.SAYINGS).format_map(self).removesuffix("."),
        }
        alike = {"b": "a", "q": "p", "r": "p", "me": "p"}
        self[key] = word = made[alike.get(kind, kind)]()
        return word

    def line(self, patterns: tuple[str, ...]) -> str:
        """One of ``patterns``, filled."""
        pattern = self._s.draw(f"line {patterns[0]}", patterns).replace(".del}", ".del_}")
        text = pattern.format_map(self.fresh())
        for word in self.values():
            if isinstance(word, Noun):
                word.known = True
        return text


def mark(text: str, language: str) -> str:
    """``text`` with its words marked as ``language``'s, but for names and what English spells the same."""
    names = {*TABLES[language].SHE, *TABLES[language].HE, *TABLES[language].TOWNS}

    def one(match: re.Match[str]) -> str:
        word = match.group()
        return word if word in names or word.lower() in _SHARED else tag(word, f"language:{language}")

    return _WORD.sub(one, text)


def _sections(cast: Cast, parts: tuple[tuple[str, ...], ...], counts: tuple[int, ...]) -> list[str]:
    """For every part as many lines as ``counts`` says."""
    return [" ".join(cast.line(patterns) for _ in range(count)) for patterns, count in zip(parts, counts, strict=True)]


def _story(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(cast, table.STORY, (1, d.integer(1, 3), d.integer(2, 4), d.integer(1, 3), d.integer(1, 2)))
    return f"{' '.join(parts[:3])}{d.choice((' ', chr(10)))}{' '.join(parts[3:])}"


def _letter(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(cast, table.LETTER, (1, d.integer(1, 2), d.integer(2, 3), d.integer(2, 3), d.integer(1, 2), 1))
    return f"{parts[0]}\n\n{' '.join(parts[1:5])}\n\n{parts[5]}"


def _diary(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(cast, table.DIARY, (1, 1, d.integer(2, 3), d.integer(2, 3), d.integer(1, 2)))
    return f"{parts[0]}\n{' '.join(parts[1:])}"


def _description(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(cast, table.DESCRIPTION, (1, d.integer(2, 3), d.integer(2, 4), d.integer(1, 2), d.integer(1, 2)))
    return " ".join(parts)


def _questions(s: Setting, cast: Cast, table: ModuleType) -> str:
    """Questions and their answers, a line each."""
    first, second = s.dice.choice((("— ", "— "), ("", ""), ("- ", "- ")))
    lines = []
    for pattern in s.dice.sample(table.QA, s.dice.integer(5, 7)):
        question, reply = pattern.format_map(cast.fresh(everything=True)).split(" = ", 1)
        lines += [first + question, second + reply]
    return "\n".join(lines)


def write_foreign(s: Setting, language: str) -> Draft:
    """A text in ``language`` ("french", "spanish" or "german")."""
    plan = s.dice.weighted({_story: 0.3, _letter: 0.22, _diary: 0.2, _description: 0.15, _questions: 0.13})
    text = plan(s, Cast(s, language), TABLES[language])
    return Draft(mark(sentences(text), language), {"language": language})
