"""The sentence grammar shared by the genres: patterns with slots, options and rules, for a :class:`Writer`.

A pattern is plain text with a few signs (see ``tables/rules_*.py`` for hundreds of them):

- ``{slot}`` a word of the setting: ``{thing}``, ``{noun}`` (sometimes with an adjective), ``{things}``,
  ``{person}``, ``{place}``, ``{event}``, ``{verb.past}``, ``{act.base}``, ``{goal.ing}``... The same slot
  twice in one pattern is the same word; a digit asks for another one (``{thing2}``).
- ``{N}`` the sentence's subject as a name or, where the last sentence was about the same person, as a
  pronoun; then ``{she} {her} {poss} {hers} {self} {was}`` refer back to it. ``{F}`` is the other person, with
  ``{F.she}`` and so on.
- ``[a|b|]`` one of the alternatives; ``[a]`` stands for ``[a|]``. They nest.
- ``<rule>`` one of the patterns of that rule, in the same scope.
- ``@ `` the indefinite article that fits what follows; ``~`` keeps a quotation that goes on in lower case.

The writer puts capitals at the starts of sentences and quotations.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from models.demo.corpus.dice import Dice
from models.demo.corpus.marks import an, plain, tag
from models.demo.corpus.setting import Person, Setting
from models.demo.corpus.tables import names
from models.demo.corpus.tables.rules_everyday import EVERYDAY
from models.demo.corpus.tables.rules_genres import GENRE_RULES
from models.demo.corpus.tables.rules_speech import SPEECH
from models.demo.corpus.tables.rules_tales import TALES

RULES: dict[str, tuple[str, ...]] = {**EVERYDAY, **SPEECH, **TALES, **GENRE_RULES}
I = Person("I", "I", "me", "my", "mine", "myself")  # noqa: E741  # the subject of diaries and letters

Node = tuple[str, Any]  # ("text", str), ("slot", (name, attribute)), ("rule", name), ("pick", tuple of node tuples)
_TOKEN = re.compile(r"\{[\w.]+\}|<\w+>|[\[\]|]|[^{}<>\[\]|]+")
_START = re.compile(
    '((?:^|\n|[.]\ue002?"?[ \n]|[!?]\ue002?[ \n]|(?:(?<=[ \n])|^)")"?(?:\ue000[^\ue001]*\ue001)?)([a-z])'
)
_ARTICLE = re.compile("@ ((?:\ue000[^\ue001]*\ue001)?[\\w'-]+)")
_MOOD = ("adjective", "adverb", "exclamation", "closing", "feeling", "sign", "first")
_STRANGERS = (Person("she"), Person("he", "he", "him", "his", "his", "himself"))
_DRAWS: dict[str, Callable[[Dice], str]] = {
    "n": names.small, "few": names.few, "big": names.big, "nth": names.nth, "time": names.span_of_time,
    "long": names.long_time, "date": names.date, "clock": names.clock, "weekday": names.weekday,
    "month": names.month, "town": names.town, "surname": names.surname, "friend_name": names.first_name,
}  # fmt: skip


@cache
def parse_pattern(pattern: str) -> tuple[Node, ...]:
    """The tree of a pattern."""
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"cannot read pattern {pattern!r}")
    branches, rest = _parse(tokens, 0)
    if rest != len(tokens) or len(branches) != 1:
        raise ValueError(f"unbalanced brackets in {pattern!r}")
    return branches[0]


def _parse(tokens: list[str], at: int) -> tuple[list[tuple[Node, ...]], int]:
    """The alternatives from token ``at`` up to the closing bracket or the end, and where they end."""
    branches: list[list[Node]] = [[]]
    while at < len(tokens):
        token = tokens[at]
        if token == "]":  # noqa: S105
            break
        if token == "|":  # noqa: S105
            branches.append([])
        elif token == "[":  # noqa: S105
            inner, at = _parse(tokens, at + 1)
            branches[-1].append(("pick", tuple(inner) if len(inner) > 1 else (inner[0], ())))
        elif token[0] == "{":
            name, _, attribute = token[1:-1].partition(".")
            branches[-1].append(("slot", (name, attribute)))
        elif token[0] == "<":
            branches[-1].append(("rule", token[1:-1]))
        else:
            branches[-1].append(("text", token))
        at += 1
    return [tuple(b) for b in branches], at


class Writer:
    """Expands rules for one text. ``fixed`` slots (the story's focus, its goal) stay the same all through."""

    def __init__(self, s: Setting, subject: Person | None = None, other: Person | None = None, **fixed: Any) -> None:
        self.s = s
        self.subject = subject or s.hero
        self.other = other or s.friend
        self.fixed: dict[str, Any] = fixed
        self.focus_chance = 0.3  # of "the thing" being the text's focus
        self._last: str = ""  # whom the last sentence was about

    def say(self, rule: str, **slots: Any) -> str:
        """One pattern of ``rule`` that this text has not had yet, expanded."""
        return self.expand(self.s.draw(f"rule {rule}", RULES[rule]), **slots)

    def some(self, *rules: str) -> str:
        """One sentence by one of ``rules``."""
        return self.say(self.s.dice.choice(rules))

    def maybe(self, p: float, *rules: str) -> str:
        """With probability ``p`` one sentence by one of ``rules``, else nothing."""
        return self.some(*rules) if self.s.dice.chance(p) else ""

    def expand(self, pattern: str, **slots: Any) -> str:
        """``pattern`` with everything filled in, articles chosen and sentences capitalised."""
        scope: dict[str, Any] = {**self.fixed, **slots}
        out: list[str] = []
        self._expand(parse_pattern(pattern), scope, out)
        if "N" in scope or "she" in scope or "H" in scope:
            self._last = "" if "F" in scope and self.other.she == self.subject.she else self.subject.name
        elif "F" in scope:
            self._last = ""
        text = "".join(out)
        if "@ " in text:
            text = _ARTICLE.sub(lambda m: an(m.group(1)), text)
        return _START.sub(lambda m: m.group(1) + m.group(2).upper(), text).replace("~", "")

    def _expand(self, nodes: tuple[Node, ...], scope: dict[str, Any], out: list[str]) -> None:
        for kind, value in nodes:
            if kind == "text":
                out.append(value)
            elif kind == "slot":
                name, attribute = value
                if name not in scope:
                    if name in ("question", "answer"):
                        scope["question"], scope["answer"] = self.s.qa()
                    elif name == "thing" and "focus" in self.fixed and self.s.dice.chance(self.focus_chance):
                        scope[name] = self.fixed["focus"]
                    else:
                        scope[name] = self._draw(name.rstrip("0123456789") or name)
                word = scope[name]
                if attribute:
                    word = getattr(word, attribute)
                out.append(word.name if isinstance(word, Person) else word)
            elif kind == "pick":
                self._expand(self.s.dice.choice(value), scope, out)
            else:
                self._expand(parse_pattern(self.s.draw(f"rule {value}", RULES[value])), scope, out)

    def _draw(self, name: str) -> Any:
        """The value of a slot that is asked for the first time in a pattern."""
        s, who = self.s, self.subject
        if name == "N":
            return who.she if self._last == who.name and s.dice.chance(0.75) else who.name
        if name == "H":
            return who.name
        if name in ("she", "her", "poss", "hers"):
            return getattr(who, name)
        if name == "self":
            return who.herself
        if name == "was":
            return who.were
        if name == "F":
            return self.other
        if name == "A":
            return s.hero
        if name == "B":
            return s.friend
        if name == "act":
            return s.activity()
        if name == "E":
            return s.dice.choice(_STRANGERS)
        if name in _MOOD:
            return s.mood_word(name) if name != "adjective" else s.adjective()
        if name == "mood":
            return s.mood_word("adjective")
        if name in _DRAWS:
            return _DRAWS[name](s.dice)
        return getattr(s, name)()


def join(*parts: str, gap: str = " ") -> str:
    """The parts that are not empty, with ``gap`` between them."""
    return gap.join(part for part in parts if part)


def genre_tag(words: str, genre: str) -> str:
    """``words`` marked as the genre's own (a letter's "Yours sincerely")."""
    return tag(words, f"genre:{genre}")


def count_words(text: str) -> int:
    """The number of words of ``text`` without marks."""
    return len(plain(text).split())
