"""The bodies of causal questions: ablate, patch, sets, selectivity, contrast. docs/api.md explains each.

Changes are in nats for log-probs and in logits for logit differences; a positive change makes the target likelier.
What is not known is null.
"""

from dataclasses import dataclass
from typing import Annotated

from app.web.request_types import LabelStatus, Word
from models.causal.removal import WAYS

LaterLayers = Annotated[str, Word(("add", "make up", "outweigh", "same", "unknown"))]
Way = Annotated[str, Word(WAYS)]
GapIs = Annotated[str, Word(("clear", "reversed", "small"))]
Metric = Annotated[str, Word(("log_prob", "logit_difference"))]


@dataclass(frozen=True)
class MetricsAnswer:
    """Numbers about the target, or the change of each. ``rank`` 1 is the most likely token."""

    log_prob: float
    probability: float
    rank: float
    logit_difference: float | None


@dataclass(frozen=True)
class AuditAnswer:
    """What is known about all active pairs. ``n_exact`` of ``n_pairs`` were removed, ``n_sample`` of them at random.

    No pair that is not listed changes the metric by more than ``bound``, at ``confidence``; 1 where all were removed.
    ``largest_sampled``: the largest change in the random sample, which at most ``n_above`` of the pairs that were not
    removed exceed (95 %, no assumption). ``n_gradients``: passes forward and back that the estimates took.
    """

    n_pairs: int
    n_exact: int
    n_sample: int
    bound: float
    confidence: float
    largest_sampled: float | None
    n_above: int | None
    n_gradients: int


@dataclass(frozen=True)
class AblatedLatent:
    """One latent removed at one position. ``estimate``, ``exact`` and ``direct`` are changes of the metric.

    ``density``: the share of the corpus on which it is active; null without a build.
    """

    index: int
    position: int
    activation: float
    estimate: float
    exact: float
    direct: float | None
    later_layers: LaterLayers  # what they do to the direct effect
    change: MetricsAnswer
    density: float | None
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class AblateAnswer:
    """The strongest latents by the size of ``exact``. ``baseline`` is the metric on the prompt as it is.

    ``correlation`` and ``largest_miss`` of estimates against exact effects: over the random sample, or over all pairs
    where all were removed.
    """

    source: str
    tokens: list[str]
    token_ids: list[int]
    counted: list[bool]
    target: str
    contrast: str | None
    metric: Metric
    by: Way
    baseline: float
    baselines: MetricsAnswer
    n_active: int
    audit: AuditAnswer
    correlation: float | None
    largest_miss: float | None
    latents: list[AblatedLatent]
    notes: list[str]


@dataclass(frozen=True)
class PatchedLatent:
    """One latent's value taken over from the other prompt.

    ``breaks``: the change of the metric on the text with the other's value. ``suffices``: on the other prompt with the
    text's value. The shares are of the gap between the prompts; null unless that is clear.
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
    """Two prompts of one length; ``gap`` is the metric on the text minus on the other prompt.

    ``spread``: what changes as large as that between the prompts do to the metric in random directions, root mean
    square.
    ``gap_is``: clear, or why there are no shares: reversed (the target is likelier after the other prompt), small
    (below 0.1, or less than twice the spread). ``n_exact`` of ``n_differing`` pairs were patched, the strongest are
    listed.
    """

    source: str
    tokens: list[str]
    other_tokens: list[str]
    target: str
    contrast: str | None
    metric: Metric
    baseline: float
    other_baseline: float
    gap: float
    spread: float
    gap_is: GapIs
    n_differing: int
    n_exact: int
    latents: list[PatchedLatent]
    references: list[PatchReferenceAnswer]
    notes: list[str]


@dataclass(frozen=True)
class MeanAnswer:
    """A mean over pairs of prompts with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class PairsLatent:
    """One latent, its values at all positions taken over together; it differs in ``n_pairs`` of the pairs.

    The shares are of the mean gap; null unless that is clear.
    """

    index: int
    n_pairs: int
    breaks: MeanAnswer
    breaks_share: float | None
    suffices: MeanAnswer
    suffices_share: float | None
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class PairsReference:
    """The same for all latents together, for the error term alone, and for everything at the site."""

    name: str
    breaks: MeanAnswer
    breaks_share: float | None
    suffices: MeanAnswer
    suffices_share: float | None


@dataclass(frozen=True)
class PatchPairsAnswer:
    """Several pairs; ``targets`` and ``gaps`` are those of each.

    ``gap_is``: clear if the interval of the mean gap lies above 0 and its mean is at least 0.1; else small or reversed.
    ``n_exact`` of ``n_differing`` latents were patched, the strongest are listed.
    """

    source: str
    targets: list[str]
    contrast: str | None
    metric: Metric
    gaps: list[float]
    gap: MeanAnswer
    gap_is: GapIs
    n_differing: int
    n_exact: int
    latents: list[PairsLatent]
    references: list[PairsReference]
    notes: list[str]


@dataclass(frozen=True)
class SetAnswer:
    """A set of latents removed, or kept alone. ``n_removed`` of ``n_active`` (position, latent) pairs were removed."""

    source: str
    tokens: list[str]
    target: str
    contrast: str | None
    metric: Metric
    by: Way
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
