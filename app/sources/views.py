"""The Source page and its table of latents."""

from dataclasses import dataclass

from app.builds.views import LiveBuilds, Pulse
from app.text.block_views import Choice, Corpus, Crumb, PageLink, Statistic
from app.text.figure_view import FigureView
from app.text.glossary import Term
from app.text.name_views import NameView
from app.text.token_views import TokenText


@dataclass(frozen=True)
class LatentTableRow:
    """A latent in the table."""

    index: int
    href: str
    name: NameView
    score: str  # of its label; empty: none
    top_token: TokenText | None  # None: dead
    top_token_share: str
    promoted: tuple[TokenText, ...]
    density: str
    max_activation: str
    mean_activation: str
    output_score: str | None


@dataclass(frozen=True)
class Column:
    """A column that the table can be sorted by; ``aria_sort`` is ascending, descending or none."""

    key: str  # as the query string calls it
    name: str
    href: str
    part_href: str
    aria_sort: str
    is_number: bool


@dataclass(frozen=True)
class RangeFilter:
    """Two fields, from and to; empty: no limit. ``error`` says why one or both cannot be meant."""

    name: str
    title: str
    low: str
    high: str
    hint: str
    is_low_wrong: bool = False
    is_high_wrong: bool = False
    error: str = ""


@dataclass(frozen=True)
class TextFilter:
    """A field for a part of a text."""

    name: str
    title: str
    value: str
    hint: str


@dataclass(frozen=True)
class ChoiceFilter:
    """A field with few possible values."""

    name: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class ActiveFilter:
    """A filter that is set, in words, and the links to the same table without it."""

    text: str
    href: str
    part_href: str


@dataclass(frozen=True)
class TableFilters:
    """What the table was asked for, as it stands in its form. ``is_open``: one of the folded fields is set."""

    q: str
    ranges: tuple[RangeFilter, ...]
    texts: tuple[TextFilter, ...]
    choices: tuple[ChoiceFilter, ...]
    active: tuple[ActiveFilter, ...]
    is_open: bool
    order: str


@dataclass(frozen=True)
class LatentTable:
    """partials/_latent_table.html. ``reset_href`` leads to the table without filters, in the same order.

    ``mend`` names the fields that cannot be meant; then there are no rows, and the form says why.
    """

    page_href: str
    part_href: str
    default_order: PageLink | None  # None: it is in the order that the page begins with
    reset_href: str
    reset_part_href: str
    filters: TableFilters
    columns: tuple[Column, ...]
    rows: tuple[LatentTableRow, ...]
    more_sorts: tuple[Choice, ...]  # orders without a column of their own
    has_scores: bool  # without any output score there is no column for them
    has_labels: bool  # without any label there is none for their status
    mend: str
    total: str  # how many there are, in words
    pages: tuple[PageLink, ...]
    csv_href: str
    json_href: str


@dataclass(frozen=True)
class ScatterView:
    """Density against maximum, drawn from the numbers at ``data_href`` by static/js/scatter.js."""

    data_href: str
    latent_href: str  # of a latent, without its index
    summary: str
    note: str


@dataclass(frozen=True)
class SourceView:
    """pages/source.html. Without a finished build there are no figure, corpus and table; ``build`` is its version."""

    slug: str
    build: str
    json_href: str
    random_href: str
    crumbs: tuple[Crumb, ...]
    model: str
    hook_name: str
    layer: int
    site: str
    sae_kind: str
    d_in: str
    d_sae: str
    sae_name: str  # a release with its id, or the name of a folder
    is_sae_here: bool  # a folder of this server
    warnings: tuple[str, ...]
    command: str
    failed: str
    pulse: Pulse
    live: LiveBuilds
    corpus: Corpus | None
    statistics: tuple[Statistic, ...]
    terms: tuple[Term, ...]
    figure: FigureView | None
    scatter: ScatterView | None
    table: LatentTable | None
