"""What an SAE's configuration says."""

from dataclasses import dataclass, field

from models.loading.store_facts import TrainingStore
from models.running.pursuit import PursuitRule
from models.running.temporal import TemporalRule


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
    #: What its authors trained it with, where no cfg.json says so: as much of it is used as the model holds.
    published_context: int | None = None
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
    store: TrainingStore = field(default_factory=TrainingStore)
    weights_hash: str = ""
    layout: str = "SAELens"
    warnings: tuple[str, ...] = field(default_factory=tuple)
