"""The Home page."""

from dataclasses import dataclass

from app.views.builds import LiveBuilds, Pulse
from app.views.layout import Measure


@dataclass(frozen=True)
class SourceCard:
    """A source on the Home page."""

    slug: str
    href: str
    random_href: str  # empty without a build
    hook_name: str
    sae_kind: str
    width: str
    is_built: bool
    is_running: bool
    failed: str  # why the last build failed, empty if it did not
    command: str  # how to build it
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class ModelGroup:
    """The sources of one language model."""

    model: str
    architecture: str
    n_layers: int
    d_model: int
    cards: tuple[SourceCard, ...]


@dataclass(frozen=True)
class HomeView:
    """pages/home.html."""

    pulse: Pulse
    live: LiveBuilds
    groups: tuple[ModelGroup, ...]
    random_href: str  # empty while nothing is built
