"""Tokens as pages show them: hostile, invisible and byte-fragment tokens included."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A run of a token's text. ``mark`` names a character that would be invisible or would reorder the text."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class TokenText:
    """A token on its own, as a chip: a space at its edge is a mark, too."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class HeatToken:
    """A token in a text. ``step`` 1 to 20: its activation on the page's scale, 0: none; ``value`` is shown on hover."""

    pieces: tuple[Piece, ...]
    step: int
    value: str
    is_focus: bool
    is_known: bool = True  # False: the build did not keep the activation here
