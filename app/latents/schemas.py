"""The bodies of the JSON API, field by field as docs/api.md lists them. FastAPI makes the OpenAPI document from them.

Activations are in units of the SAE's latents, densities and shares lie in [0, 1], losses are in nats per token. A
number that was not measured is null.
"""

from dataclasses import dataclass

from app.labels.schemas import ExplanationAnswer
from app.web.request_types import LabelStatus, Share


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
