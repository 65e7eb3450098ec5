"""A text that grows token by token and ends before the first of some strings, told in pieces that are never taken back.

Held back is what is not certain yet: a character whose bytes are not all there, and an end of the text that a stop
string may begin with.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: A character that the next token may complete (``models.running.token_text``).
_UNFINISHED = re.compile(r"(?:⟨[0-9A-F]{2}⟩)+\Z")
#: Why a text ended.
STOP, LENGTH = "stop", "length"


@dataclass(frozen=True)
class Likely:
    """A token at a place: its display string, its bytes (``None`` beyond the vocabulary), its log-prob in nats."""

    text: str
    data: bytes | None
    logprob: float | None


@dataclass(frozen=True)
class TextToken:
    """A token of a text. ``offset``: the characters before it; ``likeliest``: of its place.

    ``ends``: it is the token that ends the text, and no part of it.
    """

    token_id: int
    token: Likely
    likeliest: tuple[Likely, ...]
    offset: int
    ends: bool = False


@dataclass(frozen=True)
class Told:
    """What a text has gained; ``finish`` with the last piece: ``stop`` or ``length``."""

    text: str
    tokens: tuple[TextToken, ...]
    finish: str | None = None


class StoppedText:
    """One text in the making."""

    def __init__(
        self, strings: Callable[[Sequence[int]], list[str]], stops: Sequence[str] = (), offset: int = 0
    ) -> None:
        """``strings``: display strings of token ids in a row; ``offset``: characters that stand before this text."""
        self._strings = strings
        self._stops = tuple(stops)
        self._base = ""  # what is complete, and not told when the tail began
        self._tail: list[int] = []  # tokens after it
        self._start = offset  # characters before the base
        self._told = 0  # characters of base and tail that were told
        self._known = offset  # characters that are complete
        self._tokens: list[TextToken] = []  # not told

    def take(self, token_id: int, token: Likely, likeliest: tuple[Likely, ...], finish: str | None) -> Told:
        """One more token, the last one if ``finish`` says so: ``length``, or ``eos`` for a token that ends the text."""
        ends = finish == "eos"
        self._tokens.append(TextToken(token_id, token, likeliest, self._known, ends))
        self._tail += [] if ends else [token_id]
        shown = "".join(self._strings(self._tail))
        text = self._base + (shown if finish else _UNFINISHED.sub("", shown))
        self._known = self._start + len(text)
        cut = min((place for stop in self._stops if (place := text.find(stop, self._told)) >= 0), default=None)
        if cut is not None:
            return self._tell(text, cut, STOP, self._start + cut)
        if finish:
            return self._tell(text, len(text), STOP if ends else LENGTH, None)
        end = len(text) - self._n_held(text)
        is_all = end == len(text) == len(self._base) + len(shown)
        told = self._tell(text, end, None, None if is_all else self._start + end)
        if len(text) == len(self._base) + len(shown):
            self._base, self._tail, self._start, self._told = text[end:], [], self._start + end, 0
        return told

    def _tell(self, text: str, end: int, finish: str | None, before: int | None) -> Told:
        """The text up to ``end``, with the tokens that begin before that place; all if it is None."""
        piece, self._told = text[self._told : end], end
        n = sum(before is None or token.offset < before for token in self._tokens)
        told, self._tokens = self._tokens[:n], self._tokens[n:]
        return Told(piece, tuple(told), finish)

    def _n_held(self, text: str) -> int:
        """Characters at the end of what is not told that a stop string may begin with."""
        longest = min(len(text) - self._told, max(map(len, self._stops), default=0) - 1)
        for n in range(longest, 0, -1):
            if any(stop.startswith(text[len(text) - n :]) for stop in self._stops):
                return n
        return 0
