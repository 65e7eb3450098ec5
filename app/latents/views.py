"""The Latent page, its panels, a whole prompt, and the view for notebooks."""

from dataclasses import dataclass

from app.sources.views import Corpus
from app.text.figure_view import FigureView
from app.text.glossary import Term
from app.text.name_views import NameView
from app.text.token_views import HeatText, TokenText
from app.web.layout import Crumb, Statistic, Tab


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
class FigureRow:
    """A figure of a label's test: its value, its interval (empty: counted), and what it is a share of."""

    name: str
    value: str
    interval: str
    meaning: str


@dataclass(frozen=True)
class ExplanationView:
    """What somebody says the latent means, and how that was tested.

    ``verdict``: what it is worth, in a sentence. ``rest``: what else was measured. ``ended``: why and when it stopped
    to count. ``withdraw_href``: where it can be taken back; empty: by nobody.
    """

    text: str
    kind: str
    author: str
    method: str
    when: str
    status: str
    verdict: str
    figures: tuple[FigureRow, ...]
    rest: tuple[str, ...]
    rule: str
    is_current: bool
    ended: str
    withdraw_href: str


@dataclass(frozen=True)
class LabelsView:
    """partials/_labels.html: the labels side by side, the form for one more, and what there was before.

    ``label`` leads. ``summary``: what the latent does, where there is no label that holds.
    """

    action: str
    label: ExplanationView | None
    summary: str
    others: tuple[ExplanationView, ...]
    history: tuple[ExplanationView, ...]
    all_href: str  # the page of all labels; empty if the history has them all
    n_all: int
    text: str  # what stands in the form
    author: str
    rule: str
    error: str  # why the last one was refused
    max_label: int
    max_author: int
    max_rule: int
    rule_part_href: str  # tests the rule while it is typed; empty: nothing to test it on
    rule_help: str


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
