"""The Ablate page and its panels: remove latents, patch them from a second prompt, compare groups of texts."""

from dataclasses import dataclass

from app.text.block_views import Choice, KeptField, Measure, SourcePick, Tab
from app.text.figure_view import FigureView
from app.text.name_views import NameView
from app.text.token_views import ScopeText, TokenText


@dataclass(frozen=True)
class EffectRow:
    """One latent at one position; ``key`` is ``index:position``. ``direct`` is empty where no path is known."""

    key: str
    index: int
    href: str
    steer_href: str
    name: NameView
    token: TokenText
    position: int
    activation: str
    estimate: str
    exact: str
    direct: str
    other: str  # the change of the metric that was chosen instead; empty: none was
    later: str
    often: str  # for a latent that is active on much of the corpus
    is_picked: bool


@dataclass(frozen=True)
class SetView:
    """What removing a set of latents together does, or keeping it alone."""

    said: str
    measures: tuple[Measure, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AuditView:
    """What is known of the latents that are not listed.

    ``said``: the bound; ``how``: what was removed; ``assumes``: what the bound rests on, empty where nothing is
    assumed;
    ``estimates``: how far these were off. ``longer``: the next length of the list, 0: all are listed. ``all``: runs
    that removing everything takes, 0: everything was, or that is too much.
    """

    said: str
    how: str
    assumes: str
    estimates: str
    longer: int
    all: int
    all_said: str


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
    top_k: int
    budget: int  # 0: by model and prompt
    audit: AuditView | None
    disagreement: str
    set: SetView | None
    notes: tuple[str, ...]
    link: str
    kept: tuple[KeptField, ...] = ()


@dataclass(frozen=True)
class PatchRow:
    """One latent at one position with its value in either prompt, and what taking it over does, either way.

    The shares are of the gap between the prompts.
    """

    index: int
    href: str
    name: NameView
    token: TokenText
    other_token: TokenText | None  # None: the same
    position: int
    activation: str
    other_activation: str
    breaks: str
    breaks_share: str
    suffices: str
    suffices_share: str


@dataclass(frozen=True)
class PatchReferenceRow:
    """The same for more than one latent."""

    name: str
    breaks: str
    breaks_share: str
    suffices: str
    suffices_share: str


@dataclass(frozen=True)
class PatchView:
    """partials/_patch.html. ``state``: empty, loading, error or data; ``said`` is its sentence.

    ``breaks_said`` and ``suffices_said`` answer the two questions in a sentence each.
    """

    state: str
    said: str
    title: str
    target: TokenText | None
    is_own_target: bool
    contrast: TokenText | None
    metric: str
    measures: tuple[Measure, ...]
    texts: tuple[ScopeText, ...]
    breaks_said: str
    suffices_said: str
    figure: FigureView | None
    rows: tuple[PatchRow, ...]
    references: tuple[PatchReferenceRow, ...]
    notes: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class RemovedLatent:
    """A latent that is removed; ``href`` is empty where nothing is built."""

    index: int
    href: str
    name: NameView


@dataclass(frozen=True)
class SelectivityRow:
    """A group of texts. Losses are in nats per token; ``as_large``: random sets that change as much."""

    name: str
    n_texts: str
    n_tokens: str
    firing: str
    loss: str
    change: str
    control: str
    as_large: str
    is_more: bool  # than any random set


@dataclass(frozen=True)
class SelectivityView:
    """partials/_selectivity.html. ``state``: empty, loading, error or data; ``said`` is its sentence."""

    state: str
    said: str
    title: str
    latents: tuple[RemovedLatent, ...]
    verdict: str
    figure: FigureView | None
    rows: tuple[SelectivityRow, ...]
    notes: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class TextGroupField:
    """A group of texts in the form."""

    number: int
    name: str
    texts: str
    rule: str
    places: tuple[Choice, ...]


@dataclass(frozen=True)
class AblateView:
    """pages/ablate.html. ``panel`` is that of the mode; ``label_names`` are those of the build's corpus."""

    mode: str
    modes: tuple[Tab, ...]
    text: str
    other: str
    target: str
    contrast: str
    latents: str
    groups: tuple[TextGroupField, ...]
    label_names: str
    controls: int
    sources: tuple[SourcePick, ...]
    metrics: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    examples: tuple[Tab, ...]
    panel: AblationView | PatchView | SelectivityView
