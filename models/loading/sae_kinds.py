"""The kinds of SAEs that Periscope reads, by SAELens's names. No torch."""

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
#: Architectures of SAELens's training checkpoints that inference has no class for.
TRAINING_ONLY = frozenset({"batchtopk", "matryoshka_batchtopk"})
#: What --kind takes -> SAELens's kind.
KIND_NAMES = {
    "standard": "standard",
    "relu": "standard",
    "topk": "topk",
    "jumprelu": "jumprelu",
    "batchtopk": "jumprelu",
    "gated": "gated",
    "transcoder": "transcoder",
    "skip_transcoder": "skip_transcoder",
    "jumprelu_transcoder": "jumprelu_transcoder",
    "jumprelu_skip_transcoder": "jumprelu_skip_transcoder",
}
