"""The panel "Try your own texts" of the Latent page."""

from dataclasses import dataclass

from app.text.block_views import Crumb
from app.text.figure_view import FigureView
from app.text.token_views import ScopeText


@dataclass(frozen=True)
class TriedText:
    """A text with the latent's activations; ``largest`` is empty where it does not fire."""

    text: ScopeText
    largest: str
    compared: str


@dataclass(frozen=True)
class LatentTryView:
    """pages/latent_try.html and partials/_latent_try.html. ``state``: empty, loading, error or data."""

    slug: str
    index: int
    href: str
    crumbs: tuple[Crumb, ...]
    typed: str
    state: str
    said: str
    title: str
    tried: tuple[TriedText, ...]
    figure: FigureView | None
    notes: tuple[str, ...]
