"""Tokens as pages show them: hostile, invisible and byte-fragment tokens included."""

from dataclasses import dataclass
from typing import NamedTuple

from app.text.block_views import Crumb


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


@dataclass(frozen=True)
class ExampleView:
    """A text window around one active token; ``is_cut_*``: the prompt goes on there. ``folded``: near-duplicates."""

    tokens: HeatText
    activation: str
    prompt: int
    position: int
    is_cut_left: bool
    is_cut_right: bool
    prompt_href: str
    prompt_part_href: str
    folded: tuple["ExampleView", ...]


@dataclass(frozen=True)
class PromptView:
    """partials/_prompt.html and pages/prompt.html: a whole prompt with what is known of one latent in it."""

    title: str
    crumbs: tuple[Crumb, ...]
    tokens: HeatText
    prompt: int
    position: int
    activation: str
    max_activation: str
    n_tokens: str
    n_known: str
    first: int
    last: int
    is_cut_left: bool
    is_cut_right: bool


@dataclass(frozen=True)
class TokenBar:
    """A token with a bar. ``share`` 0 to 1 is the bar's length."""

    token: TokenText
    value: str
    share: float


@dataclass(frozen=True)
class TokenRow:
    """A token that the latent fires on. ``bar`` 0 to 1: its count among the most frequent's; ``mean`` None: not
    recorded.
    """

    token: TokenText
    count: str
    share: str
    mean: str | None
    bar: float


@dataclass(frozen=True)
class ScopeToken:
    """A token under the microscope. ``step`` 1 to 20 is its heat, ``said`` what hovering shows."""

    position: int
    pieces: tuple[Piece, ...]
    step: int
    said: str
    is_chosen: bool
    is_special: bool


@dataclass(frozen=True)
class ScopeTurn:
    """Neighbouring tokens of one role of a chat; ``role`` is empty in a plain text."""

    role: str
    tokens: tuple[ScopeToken, ...]


@dataclass(frozen=True)
class ScopeText:
    """A text as one model reads it. ``can_choose``: its tokens can be chosen for the ranking."""

    title: str
    turns: tuple[ScopeTurn, ...]
    can_choose: bool
