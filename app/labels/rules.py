"""Rules that say where a latent fires: words, phrases and labels of documents, joined by a few signs.

- ``winter`` or ``sail* boat``: a word or a phrase, as in a spectrum (:mod:`app.corpus.patterns`);
- ``"a & b"``: the same literally, with signs that mean something else outside of the quotes; ``""`` is a quote;
- ``topic: sea``, ``topic: "rock & roll"``: tokens of documents with this label of the corpus;
- ``near(snow)``, ``prompt(snow)``: tokens near a match, or anywhere in its prompt;
- ``a | b``, ``a & b``, ``!a``, parentheses; ``!`` binds most closely, then ``&``, then ``|``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.corpus.groups import Mask
from app.corpus.labels import LabelRule
from app.corpus.patterns import Pattern
from app.corpus.reading import Reading
from app.corpus.rules import LABEL, NEAR
from app.errors import InvalidRequest, Unfit, shorten

MAX_RULE, MAX_PARTS, MAX_DEPTH = 500, 50, 20
HELP = (
    "Words stand for themselves; * is any letters of a word, | or, & and, ! not, quotes take signs literally; "
    f"near(word) is within {NEAR} tokens of it, prompt(word) anywhere in its prompt"
)


def rule_help(label_names: Sequence[str]) -> str:
    """How a rule is written, for a corpus with these labels."""
    labels = f"; a label of the corpus is written {label_names[0]}: value" if label_names else ""
    return f"{HELP}{labels}."


_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"]|"")*")|(?P<place>near|prompt)\s*(?=\()|(?P<sign>[|&!()])|(?P<words>[^|&!()"]+))"""
)
_COLON = re.compile(r"\s*:\s*")


@dataclass(frozen=True)
class Leaf:
    """Tokens at, near or in a prompt with a match, or of documents with a label."""

    pattern: Pattern | LabelRule
    where: str

    def mask(self, reading: Reading) -> Mask:
        """Which tokens (n_tokens,) it holds for."""
        return reading.members(self.pattern, self.where)


@dataclass(frozen=True)
class Not:
    """Where the part does not hold."""

    part: "Rule"

    def mask(self, reading: Reading) -> Mask:
        """Which tokens (n_tokens,) it holds for."""
        return ~self.part.mask(reading)


@dataclass(frozen=True)
class Joined:
    """Where all of the parts hold, or any of them."""

    parts: tuple["Rule", ...]
    is_all: bool

    def mask(self, reading: Reading) -> Mask:
        """Which tokens (n_tokens,) it holds for."""
        join = np.logical_and if self.is_all else np.logical_or
        found: Mask = join.reduce([part.mask(reading) for part in self.parts])
        return found


Rule = Leaf | Not | Joined


def parse_rule(text: str, label_names: Sequence[str]) -> Rule:
    """Read a rule; ``label_names`` are those of the build's corpus.

    Raises:
        InvalidRequest: it is empty or too long.
        Unfit: a part cannot be read, or names a label that the corpus does not have: no schema says what a rule is.
    """
    if not text.strip():
        raise InvalidRequest("The rule is empty; write a word that the latent fires on.")
    if len(text) > MAX_RULE:
        raise InvalidRequest(f"A rule has at most {MAX_RULE} characters, not {len(text)}.")
    try:
        return _Parser(text, label_names).whole()
    except InvalidRequest as error:
        raise Unfit(str(error)) from error


def has_words(rule: Rule) -> bool:
    """Whether any part of it is looked for in the text."""
    if isinstance(rule, Leaf):
        return isinstance(rule.pattern, Pattern)
    return has_words(rule.part) if isinstance(rule, Not) else any(map(has_words, rule.parts))


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"')


class _Parser:
    """Reads a rule from left to right."""

    def __init__(self, text: str, label_names: Sequence[str]) -> None:
        self.text = text
        self.names = label_names
        self.items = self._items(text)
        self.place = 0
        self.depth = 0

    @staticmethod
    def _items(text: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.end() == at:
                raise InvalidRequest(f"A quote is open in the rule {shorten(text)!r}; close it with another.")
            kind = match.lastgroup or ""
            if match[kind].strip():
                found.append((kind, match[kind].strip()))
            at = match.end()
        if len(found) > 4 * MAX_PARTS:
            raise InvalidRequest(f"A rule has at most {MAX_PARTS} parts.")
        return found

    def whole(self) -> Rule:
        """The rule, all of it."""
        rule = self._joined("|", lambda: self._joined("&", self._single))
        if self.place < len(self.items):
            raise InvalidRequest(f"{self.items[self.place][1]!r} is one too many in the rule {shorten(self.text)!r}.")
        return rule

    def _joined(self, sign: str, read: Callable[[], Rule]) -> Rule:
        parts = [read()]
        while self._next() == ("sign", sign):
            self.place += 1
            parts.append(read())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts), is_all=sign == "&")

    def _next(self) -> tuple[str, str]:
        return self.items[self.place] if self.place < len(self.items) else ("end", "")

    def _single(self) -> Rule:
        kind, text = self._next()
        self.place += 1
        if (kind, text) == ("sign", "!"):
            return Not(self._nested(self._single))
        if (kind, text) == ("sign", "("):
            return self._until_closed()
        if kind == "place":
            return self._placed(text)
        if kind == "quoted":
            return Leaf(Pattern.literally(_unquoted(text)), "token")
        if kind == "words":
            if text.endswith(":") and self._next()[0] == "quoted":  # a label whose value has signs in it
                text += _unquoted(self._next()[1])
                self.place += 1
            return self._leaf(text)
        raise InvalidRequest(
            f"The rule {shorten(self.text)!r} has an empty part; between |, & and ! stand words or labels."
        )

    def _nested(self, read: Callable[[], Rule]) -> Rule:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InvalidRequest(f"A rule is nested at most {MAX_DEPTH} deep.")
        rule = read()
        self.depth -= 1
        return rule

    def _until_closed(self) -> Rule:
        rule = self._nested(lambda: self._joined("|", lambda: self._joined("&", self._single)))
        if self._next() != ("sign", ")"):
            raise InvalidRequest(f"A parenthesis is open in the rule {shorten(self.text)!r}; close it with ).")
        self.place += 1
        return rule

    def _placed(self, where: str) -> Rule:
        self.place += 1  # its parenthesis
        inner = self._until_closed()
        parts = inner.parts if isinstance(inner, Joined) and not inner.is_all else (inner,)
        leaves = [part for part in parts if isinstance(part, Leaf) and part.where == "token"]
        if len(leaves) != len(parts):
            raise InvalidRequest(f"{where}(...) takes words or phrases, with | between alternatives.")
        placed = tuple(Leaf(leaf.pattern, where) for leaf in leaves)
        return placed[0] if len(placed) == 1 else Joined(placed, is_all=False)

    def _leaf(self, text: str) -> Rule:
        key = _COLON.sub(":", text.casefold())
        if any(key.startswith(f"{name.casefold()}:") for name in self.names):
            return Leaf(LabelRule.parse(text, self.names), LABEL)
        return Leaf(Pattern.parse(text), "token")
