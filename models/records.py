"""What leaves the models package: frozen records of numpy arrays and plain numbers, no torch.

A build turns activations into these; ``app.db.writes`` stores them and ``app.db.queries`` brings them back.
Units: activations in units of the SAE's latents, shares and densities in [0, 1], log-probs and losses in nats.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

#: Name of the first band: the largest activations, one per prompt.
TOP_BAND = "top"


@dataclass(frozen=True)
class TokenValue:
    """A token of the vocabulary with a number: a direct logit effect, or a count."""

    token_id: int
    value: float


@dataclass(frozen=True)
class TokenMeans:
    """How strongly a latent fires on its ``top_tokens``: the mean of its activations on each, in their order; and on
    how many distinct tokens of the vocabulary it fires at all.
    """

    distinct: int
    means: tuple[float, ...]


@dataclass(frozen=True)
class Neighbour:
    """Another latent of the same source and the cosine of the two decoder rows."""

    index: int
    cosine: float


@dataclass(frozen=True, eq=False)
class Example:
    """One active token and the latent's activations around it.

    The window runs over the positions ``window_start`` .. ``window_start + len(window)`` (exclusive) of the prompt,
    and ``window_start <= position``; ``window[position - window_start] == activation``.
    """

    prompt: int
    position: int
    activation: float
    window_start: int
    window: FloatArray  # (width,)


@dataclass(frozen=True)
class Band:
    """Active tokens whose activation lies in ``[low, high)`` (the topmost: ``[low, high]``).

    ``view`` is ``"top"``, ``"quantile"`` or ``"width"`` (equal-width value bands). ``share_of_active`` is the exact
    share of the latent's active tokens in the range.
    """

    name: str
    view: str
    low: float
    high: float
    share_of_active: float
    examples: tuple[Example, ...]


@dataclass(frozen=True, eq=False)
class Sample:
    """A uniform sample of a latent's active tokens (without windows), largest activation first; arrays (n,)."""

    prompts: NDArray[np.int32]
    positions: NDArray[np.int32]
    activations: FloatArray


@dataclass(frozen=True, eq=False)
class LatentRecord:
    """Everything a build knows about one latent. A dead latent has ``n_active == 0`` and empty sequences."""

    index: int
    n_active: int
    density: float
    max_activation: float
    mean_activation: float  # over active tokens; 0.0 for a dead latent
    quantiles: dict[str, float]  # of non-zero activations: {"0.5": x, "0.7": ..., "0.9", "0.95", "0.99"}
    histogram_edges: FloatArray  # (n + 1,), empty for a dead latent
    histogram_counts: IntArray  # (n,)
    bands: tuple[Band, ...]  # "top" first, then quantile bands from high to low, then width bands from high to low
    promoted: tuple[TokenValue, ...]
    suppressed: tuple[TokenValue, ...]
    neighbours: tuple[Neighbour, ...]
    top_tokens: tuple[TokenValue, ...]  # the tokens with the largest sums of activations, and their counts
    sample: Sample
    token_means: TokenMeans | None = None  # None: a build from before they were recorded
    decoder_norm: float | None = None  # the same; the length of what one unit of the latent writes


@dataclass(frozen=True)
class SourceQuality:
    """How good an SAE is on held-out tokens. ``None`` means not measured; nothing is ever made up."""

    l0: float | None = None
    explained_variance: float | None = None
    loss_clean: float | None = None
    loss_sae: float | None = None
    loss_zero: float | None = None
    loss_recovered: float | None = None
    dead_fraction: float | None = None
    mean_residual_norm: float | None = None


@dataclass(frozen=True)
class ModelFacts:
    """A language model as it was found on disk."""

    name: str
    location: str
    architecture: str
    n_layers: int
    d_model: int
    vocab_size: int
    context_size: int


@dataclass(frozen=True)
class SourceFacts:
    """A source as it was found: one SAE on one hook of one model."""

    model: ModelFacts
    sae_location: str
    hook_name: str
    layer: int
    site: str  # "resid_pre", "resid_mid", "resid_post", "mlp_out", "attn_out", "z", "mlp_in", ...
    sae_kind: str
    d_in: int
    d_sae: int
    context_size: int
    prepend_bos: bool
    weights_hash: str  # sha256 of the SAE's weight file; labels are bound to it
    explained_variance: float | None = None  # on the few tokens run at registration
    warnings: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, eq=False)
class LatentsToScore:
    """What output scores are computed from, by ascending index: index (n,), maximum activation (n,) and the ids of the
    promoted tokens (n, k).
    """

    indices: IntArray
    maxima: NDArray[np.float64]
    promoted: IntArray

    def __len__(self) -> int:
        return len(self.indices)

    @classmethod
    def active(cls, maxima: NDArray[np.floating[Any]], promoted: IntArray) -> "LatentsToScore":
        """Those of a whole source that were ever active; maxima (d_sae,), promoted (d_sae, k)."""
        indices = np.flatnonzero(maxima > 0)
        return cls(indices, maxima[indices].astype(np.float64), promoted[indices])
