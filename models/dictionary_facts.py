"""What an SAE's configuration says, and the kinds Periscope reads."""

from dataclasses import dataclass, field

from models.pursuit import PursuitRule
from models.temporal import TemporalRule

THRESHOLD_KINDS = frozenset(
    {
        "standard",
        "gated",
        "jumprelu",
        "transcoder",
        "skip_transcoder",
        "jumprelu_transcoder",
        "jumprelu_skip_transcoder",
    }
)
#: Latents of both signs, served as two latents each.
TWO_SIDED_KINDS = frozenset({"abstopk"})
KINDS = THRESHOLD_KINDS | TWO_SIDED_KINDS | {"topk", "matching_pursuit", "temporal"}
NORMALISATIONS = frozenset({"none", "layer_norm", "constant_norm_rescale"})


@dataclass(frozen=True)
class DictionaryFacts:
    """What an SAE's configuration says, after registry overrides; ``None`` where it says nothing."""

    kind: str
    location: str
    hook_name: str
    hook_out: str | None  # where a transcoder writes; None: back to hook_name
    d_in: int
    d_sae: int  # latents served: twice as many as the file has for a kind of TWO_SIDED_KINDS
    d_out: int
    context_size: int | None = None
    prepend_bos: bool = True
    centre: bool = False
    normalisation: str = "none"
    subtract_b_dec: bool = False
    rescale_by_decoder_norm: bool = False
    k: int | None = None
    pursuit: PursuitRule | None = None
    temporal: TemporalRule | None = None
    scaling_factor: float | None = None
    model_name: str | None = None
    weights_hash: str = ""
    warnings: tuple[str, ...] = field(default_factory=tuple)
