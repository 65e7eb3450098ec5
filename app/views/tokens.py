"""Tokens as pages show them: hostile, invisible and byte-fragment tokens included."""

from dataclasses import dataclass
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of a token's text. ``mark`` names a character that would be invisible or would reorder the text.

    A tuple, as ``HeatToken``: a page has a thousand of them, and a frozen dataclass takes three times as long to make.
    """

    text: str
    mark: str = ""


@dataclass(frozen=True)
class TokenText:
    """A token on its own, as a chip: a space at its edge is a mark, too."""

    pieces: tuple[Piece, ...]


class HeatToken(NamedTuple):
    """A token in a text. ``step`` 1 to 20: its activation on the page's scale, 0: none; ``value`` is shown on hover."""

    pieces: tuple[Piece, ...]
    step: int
    value: str
    is_focus: bool
    is_known: bool = True  # False: the build did not keep the activation here
