"""The Home page."""

from dataclasses import dataclass

from app.builds.views import LiveBuilds, Pulse
from app.text.block_views import Measure


@dataclass(frozen=True)
class Spark:
    """A bar of the small picture on a card: one bin of the density histogram, in units of the picture."""

    x: float
    height: float  # 0 to 1: the share of the fullest bin


@dataclass(frozen=True)
class SourceCard:
    """A source on the Home page; partials/_source_card.html."""

    slug: str
    href: str
    random_href: str  # empty without a build
    hook_name: str
    sae_kind: str
    width: str
    is_built: bool
    is_running: bool
    failed: str  # why the last build failed, empty if it did not
    command: str  # how to build it; empty: it will be without that
    measures: tuple[Measure, ...]
    sparks: tuple[Spark, ...]  # empty without a build


@dataclass(frozen=True)
class ModelGroup:
    """The sources of one language model."""

    model: str
    architecture: str
    n_layers: int
    d_model: int
    cards: tuple[SourceCard, ...]


@dataclass(frozen=True)
class Dial:
    """A ready-made mix that can be turned up: ``body`` is what ``POST /steer`` takes, as JSON, at its own strength."""

    name: str
    href: str  # the board with it
    question: str
    body: str


@dataclass(frozen=True)
class HomeView:
    """pages/home.html."""

    pulse: Pulse
    live: LiveBuilds
    groups: tuple[ModelGroup, ...]
    random_href: str  # empty while nothing is built
    microscope_href: str  # where the text box leads; empty: there is none
    examples: tuple[str, ...]  # texts to try
    dials: tuple[Dial, ...]
    preparing: str  # what goes on before the first build; empty: nothing
    failed: str  # why that went wrong; empty: it did not
