"""The small grammars of French, Spanish and German: nouns with articles and agreement, people, verbs.

Every form is an attribute, so that a pattern can ask for it: ``{t.un_adj}``, ``{a.einem}``, ``{v.past}``.
"""

from types import ModuleType
from typing import ClassVar

from models.demo.corpus.marks import cap
from models.demo.corpus.setting import Setting
from models.demo.corpus.tables import french, german, spanish

TABLES: dict[str, ModuleType] = {"french": french, "spanish": spanish, "german": german}


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
        self._s, self._table, self._living, self._language = s, TABLES[language], living, language
        self._kept: dict[str, str] = {}
        self.known = False  # named in an earlier sentence: from then on with the definite article

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
        """With the indefinite article."""
        if self.known:
            return self.le
        return f"{self.pick('un', 'une')} {self.one}"

    @property
    def d_un(self) -> str:
        """After a d: 'un chat, 'une fille."""
        if self.known:
            return f"u {self.one}" if self.le.startswith("le ") else f"e {self.le}"
        return f"'{self.un}"

    @property
    def le(self) -> str:
        """With the definite article."""
        return f"l'{self.one}" if self._elides(self.one) else f"{self.pick('le', 'la')} {self.one}"

    @property
    def les(self) -> str:
        """The plural with its article."""
        return f"les {self.many}"

    @property
    def de_many(self) -> str:
        """The plural after a number word: de chats, d'images."""
        return f"d'{self.many}" if self._elides(self.many) else f"de {self.many}"

    @property
    def un_adj(self) -> str:
        """With the indefinite article and an adjective."""
        if self.known:
            return self.le
        before = self._before()
        return f"{self.pick('un', 'une')} {before} {self.one}" if before else f"{self.un} {self.adj}"

    @property
    def ce(self) -> str:
        """With this."""
        return f"{self.pick('cet' if self._elides(self.one) else 'ce', 'cette')} {self.one}"

    @property
    def mon(self) -> str:
        """With my."""
        return f"{self.pick('mon', 'mon' if self._elides(self.one) else 'ma')} {self.one}"

    @property
    def ton(self) -> str:
        """With your."""
        return f"t{self.mon[1:]}"

    @property
    def il(self) -> str:
        """The pronoun."""
        return self.pick("il", "elle")


class Spanish(Noun):
    """A Spanish noun with its articles."""

    @property
    def un(self) -> str:
        """With the indefinite article."""
        if self.known and not self._living:
            return self.el
        return f"{self.pick('un', 'una')} {self.one}"

    @property
    def el(self) -> str:
        """With the definite article."""
        return f"{self.pick('el', 'la')} {self.one}"

    @property
    def los(self) -> str:
        """The plural with its article."""
        return f"{self.pick('los', 'las')} {self.many}"

    @property
    def al(self) -> str:
        """With to and the article."""
        return f"{self.pick('al', 'a la')} {self.one}"

    @property
    def del_(self) -> str:
        """With of and the article."""
        return f"{self.pick('del', 'de la')} {self.one}"

    @property
    def un_adj(self) -> str:
        """With the indefinite article and an adjective."""
        if self.known and not self._living:
            return self.el
        return f"{self.un} {self.adj}"

    @property
    def este(self) -> str:
        """With this."""
        return f"{self.pick('este', 'esta')} {self.one}"

    @property
    def mi(self) -> str:
        """With my."""
        return f"mi {self.one}"


class German(Noun):
    """A German noun with its articles in three cases, with and without adjective."""

    # Article after "ein" and "der", and the adjective's ending after each, by case and gender.
    _EIN: ClassVar = {"nom": "- e -", "acc": "en e -", "dat": "em er em"}
    _DER: ClassVar = {"nom": "der die das", "acc": "den die das", "dat": "dem der dem"}
    _AFTER_EIN: ClassVar = {"nom": "er e es", "acc": "en e es", "dat": "en en en"}

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
            if base == indefinite and self.known:
                return f"{self._of(self._DER[case])} {self.one}"
            if base in (indefinite, mine):
                return self._indefinite(case, "mein" if base == mine else "ein", adjective)
            if name == definite:
                return f"{self._of(self._DER[case])} {self.one}"
        return super().__getattr__(name)

    @property
    def die(self) -> str:
        """The plural with its article."""
        return f"die {self.many}"

    @property
    def er(self) -> str:
        """The pronoun."""
        return self._of("er sie es")


class Person(Word):
    """Somebody with a name and a gender."""

    def __init__(self, s: Setting, language: str) -> None:
        self._s, self._language = s, language
        self.gender = s.dice.choice(("f", "m"))
        self.name: str = s.draw(
            f"{language} names", TABLES[language].SHE if self.gender == "f" else TABLES[language].HE
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
            self._feel = self._s.draw(f"{self._language} feels", TABLES[self._language].FEELS)
        forms = [part.strip() for part in self._feel.split(",")]
        return self._pick(forms[0], forms[-1])

    @property
    def il(self) -> str:
        """The pronoun."""
        return self._pick("il", "elle")

    @property
    def er(self) -> str:
        """The pronoun."""
        return self._pick("er", "sie")

    @property
    def cher(self) -> str:
        """Dear."""
        return self._pick("cher", "chère")

    @property
    def querido(self) -> str:
        """Dear."""
        return self._pick("querido", "querida")

    @property
    def lieb(self) -> str:
        """Dear."""
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


NOUNS: dict[str, type[Noun]] = {"french": French, "spanish": Spanish, "german": German}
