"""The Microscope page and its panel; the card of a latent is shared with the Ablate page."""

from dataclasses import dataclass

from app.latents.views import LatentCard
from app.text.block_views import Choice, KeptField, SourcePick, Tab, TurnField
from app.text.name_views import NameView
from app.text.token_views import ScopeText, TokenText


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
class ReadingView:
    """partials/_microscope.html. ``state``: empty, loading, error or data; ``said`` is its sentence.

    ``kept``: fields of the form that stand in the panel once it has data.
    """

    state: str
    said: str
    title: str
    coloured_by: str
    is_by_strongest: bool
    texts: tuple[ScopeText, ...]
    rankings: tuple[ScopeRanking, ...]
    card: LatentCard | None
    link: str  # empty: too long for an address
    kept: tuple[KeptField, ...] = ()


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
