"""The Microscope page and its panel; the card of a latent is shared with the Ablate page."""

from dataclasses import dataclass

from app.latents.views import ExampleView, TokenBar
from app.sources.views import Choice
from app.text.figure_view import FigureView
from app.text.name_views import NameView
from app.text.token_views import Piece, TokenText
from app.web.layout import Tab


@dataclass(frozen=True)
class SourcePick:
    """A source that can be chosen. ``is_built``: shares and densities of its latents are recorded."""

    slug: str
    hook_name: str
    model: str
    is_chosen: bool
    is_built: bool


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


@dataclass(frozen=True)
class Hit:
    """A latent on a token; ``key`` is ``source:index``; ``share`` of its maximum is empty where not recorded."""

    key: str
    index: int
    name: NameView
    activation: str
    share: str


@dataclass(frozen=True)
class TokenHits:
    """A token and the latents of one source that fire on it, strongest first; ``n_more`` are not listed."""

    token: TokenText
    position: int
    hits: tuple[Hit, ...]
    n_more: int


@dataclass(frozen=True)
class RankRow:
    """A latent of a ranking: ``values`` stand below the ranking's columns, ``bar`` is 0 to 1."""

    key: str
    index: int
    href: str
    name: NameView
    is_chosen: bool
    bar: float
    values: tuple[str, ...]


@dataclass(frozen=True)
class ScopeRanking:
    """The latents of one source over the text, or by how they tell texts apart; ``which`` of these, or empty."""

    slug: str
    which: str
    href: str
    over: str
    columns: tuple[str, ...]
    rows: tuple[RankRow, ...]
    tokens: tuple[TokenHits, ...]
    tokens_note: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LatentCard:
    """partials/_latent_card.html: a latent in brief, without leaving the page. ``figure`` None: dead, or not built."""

    key: str
    index: int
    slug: str
    href: str
    name: NameView
    density: str
    max_activation: str
    here: str  # its largest activation in the text; empty: none
    compared: str  # how that lies beside the corpus
    is_built: bool
    figure: FigureView | None
    examples: tuple[ExampleView, ...]
    promoted: tuple[TokenBar, ...]


@dataclass(frozen=True)
class ReadingView:
    """partials/_microscope.html. ``state``: empty, loading, error or data; ``said`` is its sentence."""

    state: str
    said: str
    title: str
    coloured_by: str
    is_by_strongest: bool
    texts: tuple[ScopeText, ...]
    rankings: tuple[ScopeRanking, ...]
    card: LatentCard | None
    link: str  # empty: too long for an address


@dataclass(frozen=True)
class TurnField:
    """A message of a chat in the form."""

    number: int
    role: str
    content: str


@dataclass(frozen=True)
class MicroscopeView:
    """pages/microscope.html. ``hide`` is log10 of the largest density that is shown, 0 for all."""

    mode: str
    modes: tuple[Tab, ...]
    text: str
    other: str
    turns: tuple[TurnField, ...]
    roles: tuple[str, ...]
    with_texts: str
    without_texts: str
    is_answer_begun: bool
    sources: tuple[SourcePick, ...]
    ranks: tuple[Choice, ...]
    hide: str
    hide_text: str
    examples: tuple[Tab, ...]
    reading: ReadingView
