"""Display strings of tokens -> pieces for templates: what would be invisible or reorder the text gets a name.

A token comes from a model's vocabulary and can hold anything: markup, control characters, marks that turn the
direction of writing. Markup is escaped by the templates; the rest is dealt with here.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from app.formats import number
from app.views.tokens import HeatToken, Piece, TokenText

#: Steps of the heat scale; static/css/dashboards.css has a class for each.
STEPS = 20
#: Categories of characters that have no picture of their own.
INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
LINE_BREAK, SPACE, TAB, NOTHING = "⏎", "·", "⇥", "∅"
#: A chip shows at most this many characters of a token.
CHIP_LENGTH = 48


@lru_cache(maxsize=65536)
def pieces(text: str) -> tuple[Piece, ...]:
    """A token inside a text: line breaks, tabs and invisible characters become marks."""
    if text.isprintable():  # which excludes all that needs a mark, and a little more
        return (Piece(text),) if text else ()
    found: list[Piece] = []
    plain = ""
    for character in text:
        mark = _mark(character)
        if mark is None:
            plain += character
            continue
        if plain:
            found.append(Piece(plain))
            plain = ""
        found.append(mark)
    if plain:
        found.append(Piece(plain))
    return tuple(found)


@lru_cache(maxsize=65536)
def chip(text: str) -> TokenText:
    """A token on its own: spaces at its edges are marks as well."""
    shown = text if len(text) <= CHIP_LENGTH else text[: CHIP_LENGTH - 1] + "…"
    core = shown.strip(" ")
    if not core:
        return TokenText(tuple(_spaces(len(shown))) or (Piece(NOTHING, "a token without text"),))
    lead, trail = len(shown) - len(shown.lstrip(" ")), len(shown) - len(shown.rstrip(" "))
    return TokenText((*_spaces(lead), *pieces(core), *_spaces(trail)))


def plain(text: str) -> str:
    """A token inside a title or a summary: the same marks as plain characters."""
    return "".join(piece.text for piece in pieces(text))


def heat(texts: Sequence[str], activations: Iterable[float], focus: int, top: float) -> tuple[HeatToken, ...]:
    """A window of tokens on the scale from 0 to ``top``; ``focus`` is the place of the example's own token.

    NaN is an activation that the build did not keep.
    """
    return tuple(
        _quiet(text) if activation == 0 and place != focus else _warm(text, activation, top, place == focus)
        for place, (text, activation) in enumerate(zip(texts, activations, strict=True))
    )


def _warm(text: str, activation: float, top: float, is_focus: bool) -> HeatToken:
    return HeatToken(
        # A character that several tokens share stands with the last of them.
        pieces=pieces(text) or ((Piece(NOTHING, "part of the next character"),) if activation > 0 else ()),
        step=heat_step(activation, top),
        value=number(activation) if activation > 0 else "",
        is_focus=is_focus,
        is_known=not math.isnan(activation),
    )


def heat_runs(texts: Sequence[str], activations: Sequence[float], focus: int, top: float) -> tuple[HeatToken, ...]:
    """The same text with neighbouring tokens that show nothing as one: most of a window, quicker to draw."""
    found: list[HeatToken] = []
    quiet: list[str] = []
    for place, (text, activation) in enumerate(zip(texts, activations, strict=True)):
        if place != focus and (activation <= 0 or top <= 0):
            quiet.append(text)
            continue
        if quiet:
            found.append(_run(quiet))
            quiet = []
        found.append(_warm(text, activation, top, place == focus))
    if quiet:
        found.append(_run(quiet))
    return tuple(found)


def _run(texts: Sequence[str]) -> HeatToken:
    return HeatToken(pieces.__wrapped__("".join(texts)), 0, "", is_focus=False)  # not kept: hardly ever asked again


@lru_cache(maxsize=65536)
def _quiet(text: str) -> HeatToken:
    return HeatToken(pieces(text), 0, "", is_focus=False)


def heat_step(activation: float, top: float) -> int:
    """The step 1 to ``STEPS`` of an activation on the scale from 0 to ``top``; 0 for one that is not active."""
    if not activation > 0 or top <= 0:
        return 0
    return min(STEPS, max(1, math.ceil(STEPS * activation / top)))


def _mark(character: str) -> Piece | None:
    if character == "\n":
        return Piece(LINE_BREAK, "line break")
    if character == "\t":
        return Piece(TAB, "tab")
    category = unicodedata.category(character)
    if category not in INVISIBLE:
        return None
    code = ord(character)
    unnamed = "control character" if category == "Cc" else "unnamed character"
    name = unicodedata.name(character, unnamed).lower()
    return Piece(f"‹{code:04X}›", f"{name} U+{code:04X}")


def _spaces(n: int) -> list[Piece]:
    return [Piece(SPACE * n, "space" if n == 1 else f"{n} spaces")] if n else []
