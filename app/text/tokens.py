"""Display strings of tokens -> pieces for templates: what would be invisible or reorder the text gets a name.

A token comes from a model's vocabulary and can hold anything: markup, control characters, marks that turn the
direction of writing. Markup is escaped by the templates; the rest is dealt with here.
"""

import math
import unicodedata
from functools import lru_cache

from app.text.token_views import Piece, TokenText

#: Steps of the heat scale; static/css/dashboards.css has a class for each.
STEPS = 20
#: Categories of characters that have no picture of their own.
INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
LINE_BREAK, SPACE, TAB = "⏎", "·", "⇥"
#: A token without text of its own, alone and in a text.
NOTHING = Piece("∅", "a token without text")
NOTHING_YET = Piece("∅", "part of the next character")
#: A chip shows at most this many characters of a token.
CHIP_LENGTH = 48


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


@lru_cache(maxsize=8192)
def chip(text: str) -> TokenText:
    """A token on its own: spaces at its edges are marks as well."""
    shown = text if len(text) <= CHIP_LENGTH else text[: CHIP_LENGTH - 1] + "…"
    core = shown.strip(" ")
    if not core:
        return TokenText(tuple(_spaces(len(shown))) or (NOTHING,))
    lead, trail = len(shown) - len(shown.lstrip(" ")), len(shown) - len(shown.rstrip(" "))
    return TokenText((*_spaces(lead), *pieces(core), *_spaces(trail)))


def plain(text: str) -> str:
    """A token inside a title or a summary: the same marks as plain characters."""
    return "".join(piece.text for piece in pieces(text))


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
