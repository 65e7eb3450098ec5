"""The bodies of causal questions: ablate, patch, sets, selectivity, contrast. docs/api.md explains each.

Changes are in nats for log-probs and in logits for logit differences; a positive change makes the target likelier.
What is not known is null.
"""

from dataclasses import dataclass
from typing import Annotated

from app.answers import LabelStatus
from app.request_types import Word

LaterLayers = Annotated[str, Word(("add", "make up", "outweigh", "same", "unknown"))]
Metric = Annotated[str, Word(("log_prob", "logit_difference"))]


@dataclass(frozen=True)
class MetricsAnswer:
    """Numbers about the target, or the change of each. ``rank`` 1 is the most likely token."""

    log_prob: float
    probability: float
    rank: float
    logit_difference: float | None


@dataclass(frozen=True)
class AblatedLatent:
    """One latent removed at one position. ``estimate``, ``exact`` and ``direct`` are changes of the metric."""

    index: int
    position: int
    activation: float
    estimate: float
    exact: float
    direct: float | None
    later_layers: LaterLayers  # what they do to the direct effect
    change: MetricsAnswer
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class AblateAnswer:
    """The strongest latents by the size of ``exact``. ``baseline`` is the metric on the prompt as it is."""

    source: str
    tokens: list[str]
    token_ids: list[int]
    counted: list[bool]
    target: str
    contrast: str | None
    metric: Metric
    baseline: float
    baselines: MetricsAnswer
    n_active: int
    correlation: float | None
    latents: list[AblatedLatent]
    notes: list[str]


@dataclass(frozen=True)
class PatchedLatent:
    """One latent's value taken over from the other prompt.

    ``breaks``: the change of the metric on the text with the other's value. ``suffices``: on the other prompt with the
    text's value. The shares are of the gap between the prompts; null where there is none.
    """

    index: int
    position: int
    activation: float
    other_activation: float
    breaks: float
    breaks_estimate: float
    breaks_share: float | None
    suffices: float
    suffices_estimate: float
    suffices_share: float | None
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class PatchReferenceAnswer:
    """The same for all latents together, for the error term alone, and for everything at the site."""

    name: str
    breaks: float
    breaks_share: float | None
    suffices: float
    suffices_share: float | None


@dataclass(frozen=True)
class PatchAnswer:
    """Two prompts of one length; ``gap`` is the metric on the text minus on the other prompt."""

    source: str
    tokens: list[str]
    other_tokens: list[str]
    target: str
    contrast: str | None
    metric: Metric
    baseline: float
    other_baseline: float
    gap: float
    n_differing: int
    latents: list[PatchedLatent]
    references: list[PatchReferenceAnswer]
    notes: list[str]


@dataclass(frozen=True)
class SetAnswer:
    """A set of latents removed, or kept alone. ``n_removed`` of ``n_active`` (position, latent) pairs were removed."""

    source: str
    tokens: list[str]
    target: str
    contrast: str | None
    metric: Metric
    keep: bool
    baseline: float
    baselines: MetricsAnswer
    changed: MetricsAnswer
    change: MetricsAnswer
    n_removed: int
    n_active: int
    notes: list[str]


@dataclass(frozen=True)
class GroupAnswer:
    """A group of texts. Losses in nats per token; ``controls``: the change by each random set of the same size."""

    name: str
    n_texts: int
    n_tokens: int
    n_active: int
    loss: float
    change: float
    controls: list[float]
    control_mean: float | None
    controls_as_large: int


@dataclass(frozen=True)
class SelectivityAnswer:
    """What removing the latents does to each group."""

    source: str
    latents: list[int]
    groups: list[GroupAnswer]
    notes: list[str]


@dataclass(frozen=True)
class ContrastLatent:
    """How a latent separates the groups, over tokens that count; differences are with minus without."""

    index: int
    label: str | None
    label_status: LabelStatus | None
    summary: str | None
    auroc: float
    max_difference: float
    mean_difference: float
    with_max: float
    without_max: float
    density: float | None
    share_of_max: float | None


@dataclass(frozen=True)
class ContrastAnswer:
    """Latents ranked; ``expected_perfect`` of them would separate so few texts by luck."""

    source: str
    n_with: int
    n_without: int
    n_latents: int
    expected_perfect: float
    latents: list[ContrastLatent]
    notes: list[str]
