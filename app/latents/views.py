"""The Latent page, its panels, a whole prompt, and the view for notebooks."""

from dataclasses import dataclass

from app.labels.views import LabelsView
from app.text.block_views import Corpus, Crumb, Statistic, Tab
from app.text.figure_view import FigureView
from app.text.glossary import Term
from app.text.name_views import NameView
from app.text.token_views import ExampleView, TokenBar, TokenRow, TokenText


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
class BandView:
    """A range of activations with examples from it; ``href``: where they are, if the page has them not yet, which then
    keeps the place of ``to_come`` of them; ``more``: where more of them are.
    """

    anchor: str
    title: str
    low: str
    high: str
    share_of_active: str
    examples: tuple[ExampleView, ...]
    href: str
    to_come: int
    more: Tab | None


@dataclass(frozen=True)
class BandsView:
    """partials/_bands.html: histogram and examples. ``picks``: all bands, or one of them alone; ``later``: bands
    whose examples ``later_href`` gives.
    """

    views: tuple[Tab, ...]
    scales: tuple[Tab, ...]
    picks: tuple[Tab, ...]
    figure: FigureView | None  # None: dead
    bands: tuple[BandView, ...]
    later: tuple[BandView, ...]
    later_href: str
    max_activation: str


@dataclass(frozen=True)
class LaterBandsView:
    """partials/_later_bands.html: the bands that came later."""

    bands: tuple[BandView, ...]


@dataclass(frozen=True)
class TokensView:
    """partials/_which_tokens.html: the first few rows, and the rest behind a fold."""

    distinct: str | None  # of the vocabulary; None: not recorded
    first: tuple[TokenRow, ...]
    rest: tuple[TokenRow, ...]


@dataclass(frozen=True)
class NeighbourView:
    """Another latent whose decoder row points in a similar direction."""

    index: int
    href: str
    name: NameView
    cosine: str
    top_token: TokenText | None  # None: dead
    max_activation: str


@dataclass(frozen=True)
class Tool:
    """Another page with this latent in it; ``key``: its key, if it has one."""

    text: str
    href: str
    hint: str
    key: str = ""


@dataclass(frozen=True)
class Sample:
    """A prompt, what the model writes after it, and what it writes from the same seed with the latent."""

    prompt: str
    before: str
    after: str


@dataclass(frozen=True)
class Writes:
    """What a latent writes at its calibrated strength; ``said`` says how far it may be moved."""

    strength: str
    said: str
    href: str  # the board at that strength
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class LatentView:
    """pages/latent.html. A dead latent has no bands; ``build`` is the version of the build."""

    slug: str
    build: str
    index: int
    href: str
    json_href: str
    spectrum_href: str
    explain_href: str  # empty: no endpoint is configured
    previous_href: str  # empty at the first latent
    next_href: str  # empty at the last latent
    random_href: str
    tools: tuple[Tool, ...]
    crumbs: tuple[Crumb, ...]
    model: str
    hook_name: str
    title: str  # the label, or the number
    name: NameView
    top_token: TokenText | None
    top_token_share: str
    is_dead: bool
    dense_note: str  # the density, when the latent fires very often
    labels: LabelsView
    statistics: tuple[Statistic, ...]
    terms: tuple[Term, ...]
    corpus: Corpus
    bands: BandsView | None
    writes: Writes | None  # None: not calibrated
    promoted: tuple[TokenBar, ...]
    suppressed: tuple[TokenBar, ...]
    which_tokens: TokensView
    neighbours: tuple[NeighbourView, ...]


@dataclass(frozen=True)
class EmbedView:
    """pages/embed.html: a dashboard small enough for a frame in a notebook."""

    slug: str
    index: int
    href: str
    title: str
    name: NameView
    top_token: TokenText | None
    top_token_share: str
    statistics: tuple[Statistic, ...]
    corpus: Corpus
    bands: BandsView | None
    promoted: tuple[TokenBar, ...]
    suppressed: tuple[TokenBar, ...]
