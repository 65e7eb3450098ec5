"""The bodies of the JSON API, field by field as docs/api.md lists them. FastAPI makes the OpenAPI document from them.

Activations are in units of the SAE's latents, densities and shares lie in [0, 1], losses are in nats per token. A
number that was not measured is null.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict

from app.db.tables.builds import CANCELLED, COMPLETE, FAILED, RUNNING
from app.db.writes.explanations import MAX_AUTHOR, MAX_LABEL, MAX_RULE, REPLACED, WITHDRAWN
from app.web.request_types import Number, Text, Word
from models.label_tests import KINDS, STATUSES

Status = Annotated[str, Word((RUNNING, COMPLETE, FAILED, CANCELLED))]
Share = Annotated[float, Number(0, 1)]
LabelStatus = Annotated[str, Word(STATUSES)]
LabelKind = Annotated[str, Word(KINDS)]


@dataclass(frozen=True)
class BuildSummary:
    """The build that pages show, or, before there is one, the newest. ``progress`` is 0 to 1; ``tokens`` were counted
    in the statistics, ``tokens_asked`` were asked for.
    """

    status: Status
    progress: Share
    tokens: int
    tokens_asked: int
    context_size: int
    l0: float | None
    explained_variance: float | None
    loss_recovered: float | None
    dead_fraction: Share | None
    mean_residual_norm: float | None


@dataclass(frozen=True)
class SourceAnswer:
    """One SAE on one hook of one model."""

    source: str
    model: str
    hook_name: str
    layer: int
    sae_kind: str
    d_in: int
    d_sae: int
    build: BuildSummary | None


@dataclass(frozen=True)
class SourcesAnswer:
    """Every registered source."""

    sources: list[SourceAnswer]


@dataclass(frozen=True)
class LatentListItem:
    """A latent in a list. A dead latent has no ``top_token``.

    ``label``: the best of its labels, null also where that failed its test, which ``label_status`` tells. ``summary``:
    what it fires on and promotes, which names it where there is no label.
    """

    index: int
    label: str | None
    label_status: LabelStatus | None
    summary: str | None
    density: Share
    max_activation: float
    mean_activation: float
    output_score: float | None
    top_token: str | None
    promoted: list[str]


@dataclass(frozen=True)
class LatentsAnswer:
    """A page of latents. A cursor is null where there is no such page; ``total`` counts all that match."""

    latents: list[LatentListItem]
    next_cursor: str | None
    previous_cursor: str | None
    total: int


@dataclass(frozen=True)
class ExplanationAnswer:
    """A label: what somebody says a latent means, and how that did when it was tested.

    Precision, of the tokens (or texts) of which it says that the latent fires there, and recall, of those where it
    fires, are null where not measured; ``scores`` has intervals and whatever else was. ``rule``: what tests it on a
    corpus. ``is_current``: written for the weights that the source has now. ``leads``: it is the label of its latent.
    ``ended``: withdrawn or replaced, and kept as history.
    """

    id: int
    text: str
    kind: LabelKind
    author: str
    method: str
    status: LabelStatus
    n: int | None
    precision: Share | None
    recall: Share | None
    auroc_token: Share | None
    auroc_text: Share | None
    rule: str | None
    scores: dict[str, Any]
    is_current: bool
    weights_hash: str
    leads: bool
    ended: Annotated[str, Word((WITHDRAWN, REPLACED))] | None
    created: datetime


@dataclass(frozen=True)
class ExplanationsAnswer:
    """A part of the texts about a latent, newest first; ``total``: of all."""

    explanations: list[ExplanationAnswer]
    total: int


@dataclass(frozen=True)
class NewLabel:
    """A label by a person, at most 500 characters; ``author``, at most 80, may be empty. ``rule``, at most 500, tests
    it on the corpus of the build; it may be empty.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    text: Annotated[str, Text(1, MAX_LABEL, is_visible=True)]
    author: Annotated[str, Text(0, MAX_AUTHOR)] = ""
    rule: Annotated[str, Text(0, MAX_RULE)] = ""


@dataclass(frozen=True)
class TopTokenAnswer:
    """A token on which the latent fires: how often, and its mean activation there; null if not recorded."""

    token: str
    count: int
    mean_activation: float | None


@dataclass(frozen=True)
class HistogramAnswer:
    """Counts (n) of non-zero activations between edges (n + 1); both empty for a dead latent."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class TokenAnswer:
    """A token of the vocabulary and the latent's direct effect on its logit, centred over the vocabulary."""

    token: str
    value: float


@dataclass(frozen=True)
class NeighbourAnswer:
    """Another latent of the source and the cosine of the two decoder rows."""

    index: int
    cosine: float
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class ExampleAnswer:
    """A window of a prompt: ``position`` is the token's place in the prompt, ``focus`` its place in the window."""

    prompt: int
    position: int
    tokens: list[str]
    activations: list[float]
    activation: float
    focus: int


@dataclass(frozen=True)
class BandAnswer:
    """A range of activations, its exact share of the active tokens, and examples from it."""

    name: str
    low: float
    high: float
    share_of_active: Share
    examples: list[ExampleAnswer]


@dataclass(frozen=True)
class LatentAnswer:
    """Everything about one latent. ``explanations`` are the newest of ``n_explanations``. ``quantiles`` are of its
    non-zero activations; of the ``distinct_tokens`` on which it fires ``top_tokens`` are those
    with the largest sums of activations.
    """

    source: str
    index: int
    label: str | None
    label_status: LabelStatus | None
    summary: str | None
    explanations: list[ExplanationAnswer]
    n_explanations: int
    output_score: float | None
    n_active: int
    density: Share
    max_activation: float
    mean_activation: float
    quantiles: dict[str, float]
    histogram: HistogramAnswer
    promoted: list[TokenAnswer]
    suppressed: list[TokenAnswer]
    neighbours: list[NeighbourAnswer]
    distinct_tokens: int | None
    top_tokens: list[TopTokenAnswer]
    bands: list[BandAnswer]


@dataclass(frozen=True)
class BuildAnswer:
    """A precompute run. ``status`` is running, complete, failed or cancelled; ``progress`` is 0 to 1; ``tokens`` of
    ``tokens_asked`` were counted, or, while it runs, read.
    """

    build: int
    source: str
    corpus: str
    tokens: int
    tokens_asked: int
    tokens_per_second: float | None
    context_size: int
    seed: int
    status: Status
    progress: Share
    stage: str
    message: str
    error: str | None
    started: datetime
    finished: datetime | None


@dataclass(frozen=True)
class BuildsAnswer:
    """The newest builds of all sources, running ones first."""

    builds: list[BuildAnswer]


@dataclass(frozen=True)
class HealthAnswer:
    """``ok`` or ``ready``."""

    status: Annotated[str, Word(("ok", "ready"))]
