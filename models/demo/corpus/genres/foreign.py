"""Texts in French, Spanish and German: stories, letters, diary entries, descriptions, questions and answers.

The grammar of each language is in the small classes below (articles, cases, agreement); words and patterns are in
``tables/french.py`` and its sisters.
"""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from models.demo.corpus.genres.wording import sentences
from models.demo.corpus.marks import cap, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import french, german, spanish

LANGUAGES = ("french", "spanish", "german")
_TABLES: dict[str, ModuleType] = {"french": french, "spanish": spanish, "german": german}
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Words that are spelt like English ones and say nothing about the language.
_SHARED = frozenset(
    "a me on an in so was hat die table he no come am es war fast rat son ton dos sale four chat or car as has once sin red "
    "pan ten nose orange image village regular and hand arm warm lies also man pays fin main an air dire de la y o i".split()
)


class Word:
    """A word whose forms are attributes; any form with ``_cap`` behind it begins with a capital."""

    def __getattr__(self, name: str) -> str:
        if name.endswith("_cap"):
            return cap(str(getattr(self, name.removesuffix("_cap"))))
        raise AttributeError(name)


class Noun(Word):
    """A noun with its gender and the adjective and colour it has in this text."""

    def __init__(self, s: Setting, language: str, entry: str, living: bool) -> None:
        self.one, self.many, self.gender = (part.strip() for part in entry.split(","))
        self._s, self._table, self._living, self._language = s, _TABLES[language], living, language
        self._kept: dict[str, str] = {}

    def _keep(self, kind: str, table: tuple[str, ...]) -> str:
        if kind not in self._kept:
            self._kept[kind] = self._s.draw(f"{self._language} {kind}", table)
        return self._kept[kind]

    def agree(self, entry: str) -> str:
        """The form of ``"masculine, feminine"`` that agrees with the noun."""
        forms = [part.strip() for part in entry.split(",")]
        return forms[-1] if self.gender == "f" else forms[0]

    @property
    def adj(self) -> str:
        """The noun's adjective, in agreement (German: as a predicate)."""
        return self.agree(self._keep("adj", self._table.LIVELY if self._living else self._table.AFTER))

    @property
    def colour(self) -> str:
        """A colour, in agreement."""
        return self.agree(self._keep("colour", self._table.COLOURS))

    def pick(self, masculine: str, feminine: str) -> str:
        """One of two words by gender."""
        return feminine if self.gender == "f" else masculine


class French(Noun):
    """A French noun with its articles."""

    def _elides(self, word: str) -> bool:
        return word[0] in "aeiouyéèêâîôœh"

    def _before(self) -> str:
        """An adjective that goes before the noun, "" if it has one that follows."""
        if "place" not in self._kept:
            self._kept["place"] = "before" if self._s.dice.chance(0.3) else "after"
        return self.agree(self._keep("before", french.BEFORE)) if self._kept["place"] == "before" else ""

    @property
    def un(self) -> str:
        return f"{self.pick('un', 'une')} {self.one}"

    @property
    def d_un(self) -> str:
        return f"'{self.un}"

    @property
    def le(self) -> str:
        return f"l'{self.one}" if self._elides(self.one) else f"{self.pick('le', 'la')} {self.one}"

    @property
    def les(self) -> str:
        return f"les {self.many}"

    @property
    def de_many(self) -> str:
        return f"d'{self.many}" if self._elides(self.many) else f"de {self.many}"

    @property
    def un_adj(self) -> str:
        before = self._before()
        return f"{self.pick('un', 'une')} {before} {self.one}" if before else f"{self.un} {self.adj}"

    @property
    def ce(self) -> str:
        return f"{self.pick('cet' if self._elides(self.one) else 'ce', 'cette')} {self.one}"

    @property
    def mon(self) -> str:
        return f"{self.pick('mon', 'mon' if self._elides(self.one) else 'ma')} {self.one}"

    @property
    def ton(self) -> str:
        return f"t{self.mon[1:]}"

    @property
    def il(self) -> str:
        return self.pick("il", "elle")


class Spanish(Noun):
    """A Spanish noun with its articles."""

    @property
    def un(self) -> str:
        return f"{self.pick('un', 'una')} {self.one}"

    @property
    def el(self) -> str:
        return f"{self.pick('el', 'la')} {self.one}"

    @property
    def los(self) -> str:
        return f"{self.pick('los', 'las')} {self.many}"

    @property
    def al(self) -> str:
        return f"{self.pick('al', 'a la')} {self.one}"

    @property
    def del_(self) -> str:
        return f"{self.pick('del', 'de la')} {self.one}"

    @property
    def un_adj(self) -> str:
        return f"{self.un} {self.adj}"

    @property
    def este(self) -> str:
        return f"{self.pick('este', 'esta')} {self.one}"

    @property
    def mi(self) -> str:
        return f"mi {self.one}"


class German(Noun):
    """A German noun with its articles in three cases, with and without adjective."""

    # Article after "ein" and "der", and the adjective's ending after each, by case and gender.
    _EIN = {"nom": "- e -", "acc": "en e -", "dat": "em er em"}
    _DER = {"nom": "der die das", "acc": "den die das", "dat": "dem der dem"}
    _AFTER_EIN = {"nom": "er e es", "acc": "en e es", "dat": "en en en"}

    def _of(self, row: str) -> str:
        return row.split()["mfn".index(self.gender)].replace("-", "")

    def _indefinite(self, case: str, stem: str = "ein", adjective: bool = False) -> str:
        words = [stem + self._of(self._EIN[case]), self.one]
        if adjective:
            ending = self._of(self._AFTER_EIN[case])
            words.insert(1, self.adj + (ending[1:] if self.adj.endswith("e") else ending))
        return " ".join(words)

    def __getattr__(self, name: str) -> str:
        base, adjective = name.removesuffix("_adj"), name.endswith("_adj")
        for case, indefinite, definite, mine in (
            ("nom", "ein", "der", "mein"),
            ("acc", "einen", "den", "meinen"),
            ("dat", "einem", "dem", "meinem"),
        ):
            if base in (indefinite, mine):
                return self._indefinite(case, "mein" if base == mine else "ein", adjective)
            if name == definite:
                return f"{self._of(self._DER[case])} {self.one}"
        return super().__getattr__(name)

    @property
    def die(self) -> str:
        return f"die {self.many}"

    @property
    def er(self) -> str:
        return self._of("er sie es")


class Person(Word):
    """Somebody with a name and a gender."""

    def __init__(self, s: Setting, language: str) -> None:
        self._s, self._language = s, language
        self.gender = s.dice.choice(("f", "m"))
        self.name = s.draw(
            f"{language} names", _TABLES[language].SHE if self.gender == "f" else _TABLES[language].HE
        )

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return self.name

    def _pick(self, masculine: str, feminine: str) -> str:
        return feminine if self.gender == "f" else masculine

    @property
    def feel(self) -> str:
        """How somebody feels, in agreement; another feeling every time."""
        if not hasattr(self, "_feel"):
            self._feel = self._s.draw(f"{self._language} feels", _TABLES[self._language].FEELS)
        forms = [part.strip() for part in self._feel.split(",")]
        return self._pick(forms[0], forms[-1])

    @property
    def il(self) -> str:
        return self._pick("il", "elle")

    @property
    def er(self) -> str:
        return self._pick("er", "sie")

    @property
    def cher(self) -> str:
        return self._pick("cher", "chère")

    @property
    def querido(self) -> str:
        return self._pick("querido", "querida")

    @property
    def lieb(self) -> str:
        return self._pick("lieber", "liebe")


class Verb(Word):
    """A verb phrase in the forms of the patterns."""

    def __init__(self, language: str, entry: str) -> None:
        parts = [part.strip() for part in entry.split(",")]
        self.rest = f" {parts[-1]}" if parts[-1] else ""
        rest, front = self.rest, f"{parts[-1]} " if parts[-1] else ""
        self.pres = parts[1] + rest
        self.pres_mid = parts[1]
        if language == "french":
            self.inf, self.past, self.past1 = parts[0] + rest, f"a {parts[2]}{rest}", f"ai {parts[2]}{rest}"
        elif language == "spanish":
            self.inf, self.past, self.past1 = parts[0] + rest, parts[2] + rest, parts[3] + rest
        else:
            self.inf, self.part, self.past, self.mid = (
                front + parts[0],
                front + parts[3],
                parts[2] + rest,
                parts[2],
            )


_NOUNS: dict[str, type[Noun]] = {"french": French, "spanish": Spanish, "german": German}


class Cast(dict[str, Any]):
    """The words of one text by slot; nouns and people stay, the rest is drawn anew for every pattern."""

    def __init__(self, s: Setting, language: str) -> None:
        super().__init__()
        self._s, self._language, self._table = s, language, _TABLES[language]

    def fresh(self, everything: bool = False) -> "Cast":
        """Forget what belongs to the last pattern (or everything but the writer)."""
        for key in [
            key for key in self if key != "me" and (everything or key[0] not in "abtpqr" or len(key) > 2)
        ]:
            del self[key]
        return self

    def __missing__(self, key: str) -> object:
        s, table, draw = self._s, self._table, self._s.draw
        if key.endswith("_cap"):
            return cap(str(self[key.removesuffix("_cap")]))
        kind = key.rstrip("0123456789")
        name = f"{self._language} {kind}"
        made: dict[str, Callable[[], object]] = {
            "a": lambda: _NOUNS[self._language](s, self._language, draw("living", table.LIVING), True),
            "t": lambda: _NOUNS[self._language](s, self._language, draw("things f", table.THINGS), False),
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
        return pattern.format_map(self.fresh())


def mark(text: str, language: str) -> str:
    """``text`` with its words marked as ``language``'s, but for names and what English spells the same."""
    names = {*_TABLES[language].SHE, *_TABLES[language].HE, *_TABLES[language].TOWNS}

    def one(match: re.Match[str]) -> str:
        word = match.group()
        return word if word in names or word.lower() in _SHARED else tag(word, f"language:{language}")

    return _WORD.sub(one, text)


def _sections(cast: Cast, parts: tuple[tuple[str, ...], ...], counts: tuple[int, ...]) -> list[str]:
    """For every part as many lines as ``counts`` says."""
    return [
        " ".join(cast.line(patterns) for _ in range(count))
        for patterns, count in zip(parts, counts, strict=True)
    ]


def _story(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(
        cast, table.STORY, (1, d.integer(1, 2), d.integer(2, 3), d.integer(1, 2), d.integer(1, 2))
    )
    return f"{' '.join(parts[:3])}{d.choice((' ', chr(10)))}{' '.join(parts[3:])}"


def _letter(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(cast, table.LETTER, (1, 1, d.integer(1, 3), d.integer(1, 2), d.integer(1, 2), 1))
    return f"{parts[0]}\n\n{' '.join(parts[1:5])}\n\n{parts[5]}"


def _diary(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(cast, table.DIARY, (1, 1, d.integer(2, 3), d.integer(2, 3), d.integer(1, 2)))
    return f"{parts[0]}\n{' '.join(parts[1:])}"


def _description(s: Setting, cast: Cast, table: ModuleType) -> str:
    d = s.dice
    parts = _sections(
        cast, table.DESCRIPTION, (1, d.integer(1, 3), d.integer(2, 3), d.integer(1, 2), d.integer(1, 2))
    )
    return " ".join(parts)


def _questions(s: Setting, cast: Cast, table: ModuleType) -> str:
    """Questions and their answers, a line each."""
    first, second = s.dice.choice((("— ", "— "), ("", ""), ("- ", "- ")))
    lines = []
    for pattern in s.dice.sample(table.QA, s.dice.integer(4, 6)):
        question, reply = pattern.format_map(cast.fresh(everything=True)).split(" = ", 1)
        lines += [first + question, second + reply]
    return "\n".join(lines)


def write_foreign(s: Setting, language: str) -> Draft:
    """A text in ``language`` ("french", "spanish" or "german")."""
    plan = s.dice.weighted({_story: 0.3, _letter: 0.22, _diary: 0.2, _description: 0.15, _questions: 0.13})
    text = plan(s, Cast(s, language), _TABLES[language])
    return Draft(mark(sentences(text), language), {"language": language})
