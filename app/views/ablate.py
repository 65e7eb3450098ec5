"""The Ablate page and its panel."""

from dataclasses import dataclass

from app.views.figures import FigureView
from app.views.layout import Measure
from app.views.microscope import ScopeText, SourcePick
from app.views.sources import Choice
from app.views.tokens import TokenText


@dataclass(frozen=True)
class EffectRow:
    """One latent at one position; ``key`` is ``index:position``. ``direct`` is empty where no path is known."""

    key: str
    index: int
    href: str
    label: str
    token: TokenText
    position: int
    activation: str
    estimate: str
    exact: str
    direct: str
    other: str  # the change of the metric that was chosen instead; empty: none was
    later: str
    is_picked: bool


@dataclass(frozen=True)
class SetView:
    """What removing a set of latents together does, or keeping it alone."""

    said: str
    measures: tuple[Measure, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AblationView:
    """partials/_ablate.html. ``state``: empty, loading, error or data; ``said`` is its sentence."""

    state: str
    said: str
    title: str
    target: TokenText | None
    is_own_target: bool
    contrast: TokenText | None
    metric: str
    metric_note: str
    other_metric: str
    measures: tuple[Measure, ...]
    text: ScopeText | None
    figure: FigureView | None
    rows: tuple[EffectRow, ...]
    agreement: str
    disagreement: str
    set: SetView | None
    notes: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class AblateView:
    """pages/ablate.html."""

    text: str
    target: str
    contrast: str
    sources: tuple[SourcePick, ...]
    metrics: tuple[Choice, ...]
    example_href: str
    ablation: AblationView
