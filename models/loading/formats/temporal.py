"""Temporal SAEs as published (https://huggingface.co/canrager/temporalSAEs): conf.yaml, latest_ckpt.safetensors."""

from typing import TYPE_CHECKING

from models.errors import WeightsInvalid
from models.loading.files import kind_of
from models.loading.formats.reading import Layout, Reading, configuration, flag, layer_in, obey, object_of, text, whole
from models.loading.formats.tensor_files import AGAIN, open_tensors
from models.loading.formats.yaml_files import read_yaml
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME = "temporal SAEs"
_WEIGHTS = "latest_ckpt.safetensors"


def _read(sae: LocalSae) -> Reading:
    folder = sae.path if sae.path.is_dir() else sae.path.parent
    path, conf = folder / _WEIGHTS, folder / "conf.yaml"
    raw, file = read_yaml(conf), open_tensors(folder / _WEIGHTS)
    said = object_of(raw, conf, "sae")
    d_sae, d_in = file.shape("D", 2)
    obey(sae, _NAME, kind="temporal")
    factor = said.get("scaling_factor")
    if not isinstance(factor, int | float) or isinstance(factor, bool) or not 1e-30 < factor < 1e30:
        raise WeightsInvalid(f"scaling_factor in {conf} is {str(factor)[:40]!r}, not a positive number; {AGAIN}.")
    layer = layer_in(folder, r"^layer_(\d+)$")
    cfg = configuration(
        "temporal",
        d_in,
        d_sae,
        subtract_b_dec=True,
        normalisation="constant_scalar_rescale",
        hook_name=None if layer is None else f"blocks.{layer}.hook_resid_post",
    )
    cfg |= {
        "activation_normalization_factor": float(factor),
        "n_heads": whole(said.get("n_heads"), conf, "n_heads", d_sae),
        "n_attn_layers": whole(said.get("n_attn_layers"), conf, "n_attn_layers", len(file.shapes)),
        "bottleneck_factor": whole(said.get("bottleneck_factor"), conf, "bottleneck_factor", d_sae),
        "sae_diff_type": text(said, conf, "sae_diff_type") or "topk",
        "tied_weights": flag(said, conf, "tied_weights", default=True),
    }
    if cfg["sae_diff_type"] == "topk":
        cfg["kval_topk"] = whole(said.get("kval_topk"), conf, "kval_topk", d_sae)

    def take() -> "dict[str, Tensor]":
        state = {name: file.load(name) for name in file.shapes if name.startswith("attn_layers.")}
        state |= {"W_dec": file.load("D"), "b_dec": file.load("b")}
        return state | ({"W_enc": file.load("E")} if "E" in file.shapes else {})

    return Reading(_NAME, cfg, (path,), take)


LAYOUT = Layout(
    _NAME,
    "`conf.yaml`, `latest_ckpt.safetensors`",
    _read,
    folder=lambda folder: bool(kind_of(folder / _WEIGHTS)),
    file=lambda file: file.path.name == _WEIGHTS,
)
