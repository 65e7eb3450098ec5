"""circuit-tracer's transcoders (https://github.com/decoderesearch/circuit-tracer): one safetensors file for each layer.

A transcoder ``layer_N.safetensors`` has W_enc and W_dec both as (d_sae, d_model). A cross-layer transcoder is
``W_enc_N.safetensors`` with ``W_dec_N.safetensors`` (d_sae, layers from N on, d_model). Its layer N by itself is exact
in what its latents read and write at N; what is left out is said (``clt_note``). config.yaml names the hooks.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import Unsupported, WeightsInvalid
from models.loading.files import kind_of
from models.loading.formats.gemma_scope import clt_note
from models.loading.formats.reading import (
    Layout,
    Reading,
    configuration,
    layer_in,
    obey,
    published_path,
    text,
    transposed,
)
from models.loading.formats.tensor_files import TensorFile, open_tensors
from models.loading.formats.yaml_files import read_yaml
from models.loading.sae_registry import release_of, releases
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME, _CLT = "circuit-tracer transcoder", "circuit-tracer CLT"
#: SAELens's reader of the transcoders for Qwen 3, which says where they read and write.
_QWEN_3 = "mwhanna_transcoder"
_THRESHOLDS = ("activation_function.threshold", "threshold")
_PART = re.compile(r"W_(?:enc|dec)_(\d{1,3})")


def _read(sae: LocalSae) -> Reading:
    file = open_tensors(sae.path)
    _refuse_logarithms(file)
    d_sae, d_in = file.shape("W_enc", 2)
    rows, d_out = file.shape("W_dec", 2)
    if rows != d_sae:
        raise WeightsInvalid(f"{sae.path} has {d_sae:,} latents in W_enc and {rows:,} in W_dec; download it again.")
    has_skip, threshold = "W_skip" in file.shapes, file.first(*_THRESHOLDS)
    architecture = f"{'jumprelu_' if threshold else ''}{'skip_' if has_skip else ''}transcoder"
    obey(sae, _NAME, kind=architecture)

    def take() -> "dict[str, Tensor]":
        state = {"W_enc": transposed(file, "W_enc")}
        state |= {name: file.load(name) for name in ("W_dec", "b_enc", "b_dec", "W_skip") if name in file.shapes}
        if threshold is not None:
            state["threshold"] = file.load(threshold).flatten()
        return state

    layer = layer_in(Path(published_path(sae).name), r"(?:^|_)(\d+)\.safetensors$")
    metadata = _metadata(sae.path.parent, layer)
    known = release_of(sae.release)
    if not metadata and layer is not None and known and releases()[known[0]].conversion == _QWEN_3:
        metadata = {"hook_name": f"blocks.{layer}.mlp.hook_in", "hook_name_out": f"blocks.{layer}.hook_mlp_out"}
    return Reading(_NAME, configuration(architecture, d_in, d_sae, d_out=d_out, **metadata), (sae.path,), take)


def _read_clt(sae: LocalSae) -> Reading:
    found = _PART.fullmatch(sae.path.stem)
    if found is None:
        raise Unsupported(f"The layer of the CLT's file {sae.path} is not in its name; keep W_enc_N.safetensors.")
    n, folder = int(found.group(1)), sae.path.parent
    file, decoders = (open_tensors(folder / f"W_{part}_{n}.safetensors") for part in ("enc", "dec"))
    d_sae, d_in = file.shape(f"W_enc_{n}", 2)
    rows, n_layers, d_out = decoders.shape(f"W_dec_{n}", 3)
    if rows != d_sae:
        raise WeightsInvalid(f"{folder} has {d_sae:,} latents in W_enc_{n} and {rows:,} in W_dec_{n}.")
    has_skip, has_threshold = f"W_skip_{n}" in file.shapes, f"threshold_{n}" in file.shapes
    architecture = f"{'jumprelu_' if has_threshold else ''}{'skip_' if has_skip else ''}transcoder"
    obey(sae, _CLT, kind=architecture)

    def take() -> "dict[str, Tensor]":
        state = {"W_enc": transposed(file, f"W_enc_{n}"), "W_dec": decoders.load(f"W_dec_{n}", 0).contiguous()}
        state |= {name: file.load(f"{name}_{n}") for name in ("b_enc", "b_dec") if f"{name}_{n}" in file.shapes}
        if has_threshold:
            state["threshold"] = file.load(f"threshold_{n}").flatten()
        if has_skip:  # a CLT multiplies from the other side than a transcoder
            state["W_skip"] = transposed(file, f"W_skip_{n}")
        return state

    cfg = configuration(architecture, d_in, d_sae, d_out=d_out, **_metadata(folder, n))
    weights = (folder / f"W_enc_{n}.safetensors", folder / f"W_dec_{n}.safetensors")
    return Reading(_CLT, cfg, weights, take, (clt_note(n, n + n_layers - 1),))


def _metadata(folder: Path, layer: int | None) -> dict[str, Any]:
    """Hooks and model of a set's config.yaml; without one nothing is known of its hooks."""
    path = folder / "config.yaml"
    if kind_of(path) != "a file":
        return {}
    raw = read_yaml(path)
    metadata: dict[str, Any] = {"model_name": text(raw, path, "model_name")}
    for ours, theirs in (("hook_name", "feature_input_hook"), ("hook_name_out", "feature_output_hook")):
        hook = text(raw, path, theirs)
        if hook is not None and layer is not None:
            metadata[ours] = f"blocks.{layer}.{hook}"
    return metadata


def _refuse_logarithms(file: TensorFile) -> None:
    if "log_thresholds" in file.shapes:
        raise Unsupported(
            f"{file.path} has log_thresholds, which circuit-tracer does not read either; save their exponentials as "
            "activation_function.threshold."
        )


def _fits(file: TensorFile) -> bool:
    shapes = file.shapes
    is_turned = shapes.get("W_enc") == shapes.get("W_dec") and len(shapes.get("b_enc", ())) == 1
    is_turned = is_turned and len(shapes.get("W_enc", ())) == 2 and shapes["W_enc"][0] == shapes["b_enc"][0]
    has_more = bool({"W_skip", "activation_function.threshold", "log_thresholds"} & set(shapes))
    is_named = re.search(r"layer_?\d+$", file.path.stem) is not None or kind_of(file.path.parent / "config.yaml") != ""
    return is_turned and (has_more or is_named)


LAYOUT = Layout(_NAME, "`layer_N.safetensors`, `config.yaml`", _read, file=_fits)
CLT = Layout(
    _CLT,
    "`W_enc_N.safetensors`, `W_dec_N.safetensors`, `config.yaml`",
    _read_clt,
    file=lambda file: any(_PART.fullmatch(name) for name in file.shapes),
)
