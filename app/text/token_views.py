"""Tokens as pages show them: hostile, invisible and byte-fragment tokens included."""

from dataclasses import dataclass
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of a token's text. ``mark`` names a character that would be invisible or would reorder the text.

    A tuple: a page has hundreds of them, and a frozen dataclass takes three times as long to make.
    """

    text: str
    mark: str = ""


@dataclass(frozen=True)
class TokenText:
    """A token on its own, as a chip: a space at its edge is a mark, too."""

    pieces: tuple[Piece, ...]


class HeatText(NamedTuple):
    """Tokens in a row on the scale of one latent.

    ``texts``: display strings of the tokens; ``activations``: one for each, NaN where the build did not keep it;
    ``focus``: the place of the example's own token; ``top``: the end of the scale, the latent's maximum.
    """

    texts: tuple[str, ...]
    activations: tuple[float, ...]
    focus: int
    top: float
