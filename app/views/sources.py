"""The Source page and its table of latents."""

from dataclasses import dataclass

from app.views.builds import LiveBuilds, Pulse
from app.views.figures import FigureView
from app.views.layout import Crumb, Measure
from app.views.tokens import TokenText


@dataclass(frozen=True)
class Corpus:
    """What a dashboard's numbers were counted on."""

    corpus: str
    tokens: str
    context_size: int
    sampling: str
    finished: str


@dataclass(frozen=True)
class LatentTableRow:
    """A latent in the table."""

    index: int
    href: str
    label: str  # empty: none
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

    name: str
    href: str
    part_href: str
    aria_sort: str


@dataclass(frozen=True)
class TableFilters:
    """What the table was asked for, as it stands in its form."""

    q: str
    min_density: str
    max_density: str
    sort: str
    order: str
    is_filtered: bool


@dataclass(frozen=True)
class LatentTable:
    """partials/_latent_table.html. Links are empty where there is nothing to go to."""

    page_href: str
    part_href: str
    filters: TableFilters
    columns: tuple[Column, ...]
    rows: tuple[LatentTableRow, ...]
    total: str
    next_href: str
    next_part_href: str
    first_href: str
    first_part_href: str


@dataclass(frozen=True)
class SourceView:
    """pages/source.html. Without a finished build there are no figure, corpus and table."""

    slug: str
    href: str
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
    sae_location: str
    warnings: tuple[str, ...]
    command: str
    failed: str
    pulse: Pulse
    live: LiveBuilds
    corpus: Corpus | None
    measures: tuple[Measure, ...]
    figure: FigureView | None
    table: LatentTable | None
