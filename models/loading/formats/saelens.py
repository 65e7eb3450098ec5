"""SAELens's own folders, of version 6 and before: cfg.json, sae_weights.safetensors. SAELens reads them itself."""

from models.loading.checks import check_sae_folder
from models.loading.files import kind_of
from models.loading.formats.reading import Layout, Reading, obey
from models.loading.sae_kinds import TRAINING_ONLY
from models.sources import LocalSae

NAME = "SAELens"


def _read(sae: LocalSae) -> Reading:
    raw, weights = check_sae_folder(sae.path if sae.path.is_dir() else sae.path.parent)
    kind, k = str(raw.get("architecture") or "standard"), raw.get("k")
    if (raw.get("activation_fn") or raw.get("activation_fn_str")) == "topk":
        kind, k = "topk", (raw.get("activation_fn_kwargs") or {}).get("k", k)
    kind = "jumprelu" if kind in TRAINING_ONLY else kind  # as they are saved for use
    obey(sae, NAME, kind=kind, k=int(k) if isinstance(k, int | float) else None)
    return Reading(NAME, dict(raw), (weights,), dict)


LAYOUT = Layout(
    NAME,
    "`sae_weights.safetensors`, `cfg.json`",
    _read,
    folder=lambda folder: bool(kind_of(folder / "sae_weights.safetensors")) or bool(kind_of(folder / "cfg.json")),
    file=lambda file: file.path.name == "sae_weights.safetensors",
)
