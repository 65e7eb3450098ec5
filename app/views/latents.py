"""The Latent page and its panel of examples."""

from dataclasses import dataclass

from app.views.figures import FigureView
from app.views.layout import Crumb, Measure, Tab
from app.views.sources import Corpus
from app.views.tokens import HeatToken, TokenText


@dataclass(frozen=True)
class ExampleView:
    """A text window around one active token; ``is_cut_*``: the prompt goes on there."""

    tokens: tuple[HeatToken, ...]
    activation: str
    prompt: int
    position: int
    is_cut_left: bool
    is_cut_right: bool


@dataclass(frozen=True)
class BandView:
    """A range of activations with examples from it."""

    anchor: str
    title: str
    low: str
    high: str
    share_of_active: str
    examples: tuple[ExampleView, ...]


@dataclass(frozen=True)
class BandsView:
    """partials/_bands.html."""

    tabs: tuple[Tab, ...]
    bands: tuple[BandView, ...]
    max_activation: str


@dataclass(frozen=True)
class TokenBar:
    """A token with a bar. ``share`` 0 to 1 is the bar's length."""

    token: TokenText
    value: str
    share: float


@dataclass(frozen=True)
class NeighbourView:
    """Another latent whose decoder row points in a similar direction."""

    index: int
    href: str
    label: str
    cosine: str


@dataclass(frozen=True)
class ExplanationView:
    """What somebody says the latent means, and how that was tested."""

    text: str
    author: str
    method: str
    scores: tuple[str, ...]
    is_current: bool


@dataclass(frozen=True)
class LatentView:
    """pages/latent.html. A dead latent has no figure and no bands."""

    slug: str
    index: int
    json_href: str
    previous_href: str  # empty at the first latent
    next_href: str  # empty at the last latent
    random_href: str
    crumbs: tuple[Crumb, ...]
    model: str
    hook_name: str
    label: str  # empty: none
    top_token: TokenText | None
    top_token_share: str
    is_dead: bool
    dense_note: str  # the density, when the latent fires very often
    explanations: tuple[ExplanationView, ...]
    statistics: tuple[Measure, ...]
    corpus: Corpus
    figure: FigureView | None
    bands: BandsView | None
    promoted: tuple[TokenBar, ...]
    suppressed: tuple[TokenBar, ...]
    top_tokens: tuple[TokenBar, ...]
    neighbours: tuple[NeighbourView, ...]
