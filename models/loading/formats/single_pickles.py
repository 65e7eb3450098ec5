"""Releases that are one .pt each: Goodfire's, Qwen Scope's, and the attention SAEs of Kissane and others."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import Unsupported
from models.loading.files import kind_of, read_json
from models.loading.formats.reading import (
    Layout,
    Reading,
    configuration,
    layer_in,
    obey,
    published_path,
    text,
    transposed,
    whole,
)
from models.loading.formats.tensor_files import TensorFile, open_tensors
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_GOODFIRE, _QWEN, _KISSANE = "Goodfire", "Qwen Scope", "attention SAEs of Kissane et al."


def _read_goodfire(sae: LocalSae) -> Reading:
    """Plain ReLU, b_dec not subtracted; the layer is in the name (``...-SAE-l19.pth``)."""
    file = open_tensors(sae.path)
    d_sae, d_in = file.shape("encoder_linear.weight", 2)
    file.shape("decoder_linear.weight", 2)
    obey(sae, _GOODFIRE, kind="standard")
    layer = layer_in(published_path(sae), r"-l(\d+)\b")

    def take() -> "dict[str, Tensor]":
        return {
            "W_enc": transposed(file, "encoder_linear.weight"),
            "W_dec": transposed(file, "decoder_linear.weight"),
            **{ours: file.load(theirs) for ours, theirs in biases.items() if theirs in file.shapes},
        }

    biases = {"b_enc": "encoder_linear.bias", "b_dec": "decoder_linear.bias"}
    hook = None if layer is None else f"blocks.{layer}.hook_resid_post"
    return Reading(_GOODFIRE, configuration("standard", d_in, d_sae, hook_name=hook), (sae.path,), take)


def _read_qwen(sae: LocalSae) -> Reading:
    """Top-k, b_dec not subtracted; matrices are turned, k is in the repository's name (``...-W32K-L0_50``)."""
    file = open_tensors(sae.path)
    d_sae, d_in = file.shape("W_enc", 2)
    file.shape("W_dec", 2)
    named = published_path(sae)
    k = sae.k if sae.k is not None else layer_in(named, r"-L0_(\d+)")
    if k is None:
        raise Unsupported(
            f"How many latents of {sae.path} are active at once is only in its repository's name (...-L0_50); keep "
            "that name for its folder, or say --k or --release."
        )
    obey(sae, _QWEN, kind="topk", k=whole(k, sae.path, "k", d_sae))
    layer = layer_in(named, r"layer_?(\d+)")

    def take() -> "dict[str, Tensor]":
        return {
            "W_enc": transposed(file, "W_enc"),
            "W_dec": transposed(file, "W_dec"),
            **{name: file.load(name) for name in ("b_enc", "b_dec") if name in file.shapes},
        }

    hook = None if layer is None else f"blocks.{layer}.hook_resid_post"
    cfg = configuration("topk", d_in, d_sae, k=k, hook_name=hook, published_context=1024)
    return Reading(_QWEN, cfg, (sae.path,), take)


def _read_kissane(sae: LocalSae) -> Reading:
    """Plain ReLU on all heads' outputs (hook_z), b_dec subtracted; ``NAME_cfg.json`` lies beside ``NAME.pt``."""
    file, path = open_tensors(sae.path), _kissane_cfg(sae.path)
    raw = read_json(path)
    d_in, d_sae = file.shape("W_enc", 2)
    for name, there in (("act_size", d_in), ("dict_size", d_sae)):
        if name in raw:
            whole(raw[name], path, name, there, there)
    obey(sae, _KISSANE, kind="standard")

    def take() -> "dict[str, Tensor]":
        return {name: file.load(name) for name in ("W_enc", "W_dec", "b_enc", "b_dec") if name in file.shapes}

    cfg = configuration(
        "standard", d_in, d_sae, subtract_b_dec=True, hook_name=text(raw, path, "act_name"), published_context=128
    )
    return Reading(_KISSANE, cfg, (sae.path,), take)


def _kissane_cfg(path: Path) -> Path:
    return path.parent / f"{path.stem}_cfg.json"


def _is_qwen(file: TensorFile) -> bool:
    """Turned matrices in a .pt: W_enc (d_sae, d_in) beside a b_enc (d_sae,)."""
    is_named = re.fullmatch(r"layer_?\d+\.sae", file.path.stem) is not None
    return {"W_enc", "W_dec", "b_enc", "b_dec"} <= set(file.shapes) and is_named


GOODFIRE = Layout(
    _GOODFIRE, "`NAME-SAE-lN.pt` or `.pth`", _read_goodfire, file=lambda file: "encoder_linear.weight" in file.shapes
)
QWEN = Layout(_QWEN, "`layerN.sae.pt`", _read_qwen, file=_is_qwen)
KISSANE = Layout(
    _KISSANE,
    "`NAME.pt`, `NAME_cfg.json`",
    _read_kissane,
    file=lambda file: "W_enc" in file.shapes and bool(kind_of(_kissane_cfg(file.path))),
)
