"""Llama Scope and other SAEs of OpenMOSS's library (https://github.com/OpenMOSS/Language-Model-SAEs).

Two forms of folder: hyperparams.json with checkpoints/final.safetensors, and config.json with sae_weights.safetensors.
Activations are scaled to an average norm of sqrt(d_model); s is the factor of the input, t that of what is
reconstructed. In units of scaled activations, where SAELens and Periscope have latents:

    pre = s x W_enc + b_enc,  a = pre where pre n > threshold,  x̂ = (a W_dec + b_dec) / t

n is the norm of the decoder's row times s / t where ``sparsity_include_decoder_norm`` is set, else 1. The threshold of
hyperparams.json belongs to activations that are not scaled, so it is multiplied by s; the one in the weights is not.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import Unsupported, WeightsInvalid
from models.loading.files import kind_of, read_json
from models.loading.formats.reading import (
    Layout,
    Reading,
    configuration,
    flag,
    obey,
    object_of,
    require_known,
    text,
    whole,
)
from models.loading.formats.tensor_files import AGAIN, TensorFile, open_tensors
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME = "Llama Scope (OpenMOSS)"
_KNOWN = {
    "sae_type": ("sae", None),
    "use_glu_encoder": (False, None),
    "act_fn": ("jumprelu", "relu", "topk"),
    "norm_activation": ("dataset-wise", "inference", None),
}
_ARCHITECTURES = {"jumprelu": "jumprelu", "relu": "standard", "topk": "topk"}
#: The tensors of each form: turned matrices of linear layers, or plain ones.
_TURNED = {"W_enc": "encoder.weight", "b_enc": "encoder.bias", "W_dec": "decoder.weight", "b_dec": "decoder.bias"}
_PLAIN = {"W_enc": "W_E", "b_enc": "b_E", "W_dec": "W_D", "b_dec": "b_D"}


def _paths(place: Path) -> tuple[Path, Path]:
    """Configuration and weights of a folder."""
    if kind_of(place / "hyperparams.json"):
        return place / "hyperparams.json", place / "checkpoints" / "final.safetensors"
    return place / "config.json", place / "sae_weights.safetensors"


def _read(sae: LocalSae) -> Reading:
    cfg_path, path = _paths(_folder(sae.path))
    raw, file = read_json(cfg_path), open_tensors(path)
    require_known(raw, _KNOWN, cfg_path, _NAME)
    names = _PLAIN if "W_E" in file.shapes else _TURNED
    sizes, outs = file.shape(names["W_enc"], 2), file.shape(names["W_dec"], 2)
    (d_in, d_sae), d_out = (sizes, outs[1]) if names is _PLAIN else (sizes[::-1], outs[0])
    if raw.get("d_model") is not None:
        whole(raw["d_model"], cfg_path, "d_model", d_in, d_in)
    if raw.get("d_sae") is not None:
        whole(raw["d_sae"], cfg_path, "d_sae", d_sae, d_sae)
    act = str(raw.get("act_fn", "jumprelu"))
    hook, hook_out = text(raw, cfg_path, "hook_point_in"), text(raw, cfg_path, "hook_point_out")
    is_transcoder = hook_out is not None and hook_out != hook
    architecture = _ARCHITECTURES[act]
    if is_transcoder:
        architecture = "jumprelu_transcoder" if act == "jumprelu" else "transcoder"
    k = whole(raw.get("top_k"), cfg_path, "top_k", d_sae) if act == "topk" else None
    obey(sae, _NAME, kind=architecture, k=k)
    s, t = _factors(raw, cfg_path, file, d_in, hook, hook_out)
    by_norm = flag(raw, cfg_path, "sparsity_include_decoder_norm")
    threshold = _threshold(raw, cfg_path, file, s) if act == "jumprelu" else None
    cfg = configuration(
        architecture,
        d_in,
        d_sae,
        d_out=d_out,
        subtract_b_dec=flag(raw, cfg_path, "apply_decoder_bias_to_pre_encoder"),
        normalisation="none" if raw.get("norm_activation") in ("inference", None) else "expected_average_only_in",
        k=k,
        rescale=by_norm and act == "topk",
        hook_name=hook,
        hook_name_out=hook_out if is_transcoder else None,
        published_context=1024,
    )
    return Reading(_NAME, cfg, (path,), lambda: _take(file, names, threshold, by_norm, (s or 1) / (t or 1)), (), s)


def _folder(place: Path) -> Path:
    if place.is_dir():
        return place
    return place.parent.parent if place.parent.name == "checkpoints" else place.parent


def _take(
    file: TensorFile, names: Mapping[str, str], threshold: float | None, by_norm: bool, ratio: float
) -> "dict[str, Tensor]":
    import torch

    state = {name: file.load(there) for name, there in names.items() if there in file.shapes}
    if names is _TURNED:
        state["W_enc"], state["W_dec"] = state["W_enc"].T.contiguous(), state["W_dec"].T.contiguous()
    n_latents, width = state["W_dec"].shape
    state.setdefault("b_enc", torch.zeros(n_latents))
    state.setdefault("b_dec", torch.zeros(width))
    # The factor of the input is folded when the dictionary is made; here what is reconstructed gets its own.
    state["W_dec"], state["b_dec"] = state["W_dec"] * ratio, state["b_dec"] * ratio
    there = next((name for name in file.shapes if name.endswith("log_jumprelu_threshold")), None)
    if threshold is not None:
        state["threshold"] = torch.full((n_latents,), threshold)
    elif there is not None:
        state["threshold"] = file.load(there).exp().flatten()
    if by_norm and "threshold" in state:
        state["threshold"] = state["threshold"] / state["W_dec"].norm(dim=-1).clamp(min=1e-30)
    return state


def _threshold(raw: Mapping[str, Any], path: Path, file: TensorFile, s: float | None) -> float | None:
    """The one threshold of all latents; None where each has its own in the weights."""
    if any(name.endswith("log_jumprelu_threshold") for name in file.shapes):
        return None
    value = raw.get("jump_relu_threshold")
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e30:
        raise WeightsInvalid(f"jump_relu_threshold in {path} is {str(value)[:40]!r}, not a threshold; {AGAIN}.")
    return float(value) * (s or 1.0)


def _factors(
    raw: Mapping[str, Any], path: Path, file: TensorFile, d_in: int, hook: str | None, hook_out: str | None
) -> tuple[float | None, float | None]:
    """sqrt(d_model) over the average norms of input and output, None where they are not known."""
    if raw.get("norm_activation") in ("inference", None):
        return None, None
    norms = object_of(raw, path, "dataset_average_activation_norm")
    found: list[float | None] = []
    for end, place in (("in", hook), ("out", hook_out or hook)):
        there = f"dataset_average_activation_norm.{place}"
        value = norms.get(end, norms.get(str(place)))
        if value is None and there in file.shapes:
            value = float(file.load(there))
        if value is not None and not (isinstance(value, int | float) and 1e-12 < value < 1e12):
            raise WeightsInvalid(f"The average norm ({end}) in {path} is {str(value)[:40]!r}; {AGAIN}.")
        found.append(None if value is None else math.sqrt(d_in) / value)
    s, t = found
    if s is None and (hook_out not in (None, hook) or file.first("W_E")):
        raise Unsupported(f"{path} scales activations by an average norm that neither it nor its weights give.")
    return s, t if t is not None else s


def _fits_folder(folder: Path) -> bool:
    if kind_of(folder / "hyperparams.json"):
        return True
    has_both = bool(kind_of(folder / "config.json")) and bool(kind_of(folder / "sae_weights.safetensors"))
    return has_both and not kind_of(folder / "cfg.json")


LAYOUT = Layout(
    _NAME,
    "`hyperparams.json`, `checkpoints/final.safetensors`; or `config.json`, `sae_weights.safetensors`",
    _read,
    folder=_fits_folder,
    file=lambda file: file.path.parent.name == "checkpoints" and _fits_folder(_folder(file.path)),
)
