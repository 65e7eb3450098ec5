"""dictionary_learning (https://github.com/saprmarks/dictionary_learning), SAEBench's too: ae.pt, config.json.

The file has the parameters of one of the library's classes, which config.json names; without config.json they tell most
classes apart. All but JumpReluAutoEncoder and AutoEncoderNew subtract the decoder's bias from what they read. BatchTopK
and Matryoshka BatchTopK SAEs are used by one threshold for all latents.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import Unsupported, WeightsInvalid
from models.loading.files import kind_of, read_json
from models.loading.formats.reading import (
    Layout,
    Reading,
    configuration,
    obey,
    object_of,
    published_path,
    text,
    transposed,
    whole,
)
from models.loading.formats.tensor_files import TensorFile, open_tensors
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME = "dictionary_learning"
#: The library's classes -> SAELens's kind.
_CLASSES = {
    "AutoEncoder": "standard",
    "AutoEncoderNew": "standard",
    "GatedAutoEncoder": "gated",
    "JumpReluAutoEncoder": "jumprelu",
    "AutoEncoderTopK": "topk",
    "BatchTopKSAE": "jumprelu",
    "MatryoshkaBatchTopKSAE": "jumprelu",
}
_KEEPS_B_DEC = frozenset({"AutoEncoderNew", "JumpReluAutoEncoder"})
_ONE_THRESHOLD = frozenset({"BatchTopKSAE", "MatryoshkaBatchTopKSAE"})
_DECODER_BIASES = ("b_dec", "bias", "decoder_bias", "decoder.bias")
_SITES = (
    (r"^resid_post|^resid(?!_pre|_mid)", "hook_resid_post"),
    (r"^resid_pre", "hook_resid_pre"),
    (r"^mlp", "hook_mlp_out"),
    (r"^att", "hook_attn_out"),
)


def _read(sae: LocalSae) -> Reading:
    path = sae.path / "ae.pt" if sae.path.is_dir() else sae.path
    cfg_path = path.parent / "config.json"
    raw = read_json(cfg_path) if kind_of(cfg_path) else {}
    trainer, buffer = object_of(raw, cfg_path, "trainer"), object_of(raw, cfg_path, "buffer")
    file = open_tensors(path)
    name = _class(sae, file, trainer, cfg_path)
    encoder, decoder = file.first("encoder.weight", "W_enc"), file.first("decoder.weight", "W_dec")
    is_linear = encoder == "encoder.weight"
    sizes = file.shape(encoder or "W_enc", 2)
    d_sae, d_in = sizes if is_linear else sizes[::-1]
    file.shape(decoder or "W_dec", 2)
    for key, there in (("activation_dim", d_in), ("dict_size", d_sae)):
        if key in trainer:
            whole(trainer[key], cfg_path, key, there, there)
    k = _k(sae, file, trainer, cfg_path, d_sae) if name == "AutoEncoderTopK" else None
    obey(sae, _NAME, kind=_CLASSES[name], k=k)
    context = buffer.get("ctx_len")
    cfg = configuration(
        _CLASSES[name],
        d_in,
        d_sae,
        subtract_b_dec=name not in _KEEPS_B_DEC,
        k=k,
        hook_name=_hook(trainer, buffer, cfg_path) or _named_hook(published_path(sae)),
        model_name=text(trainer, cfg_path, "lm_name"),
        published_context=None if context is None else whole(context, cfg_path, "ctx_len", 1 << 27, 2),
        prepend_bos=buffer.get("add_special_tokens") is not False,
    )
    return Reading(_NAME, cfg, (path,), lambda: _take(file, name, d_sae))


def _class(sae: LocalSae, file: TensorFile, trainer: Mapping[str, Any], path: Path) -> str:
    """The library's class: as the configuration says, or as the parameters tell."""
    said = text(trainer, path, "dict_class")
    if said is not None:
        if said not in _CLASSES:
            raise Unsupported(
                f"{sae.path} is a {said} of dictionary_learning (dict_class in {path}), which Periscope does not read; "
                f"it reads {', '.join(_CLASSES)}."
            )
        return said
    names = set(file.shapes)
    if "gate_bias" in names:
        return "GatedAutoEncoder"
    if "group_sizes" in names:
        return "MatryoshkaBatchTopKSAE"
    if "k" in names or "k" in file.others:
        if sae.kind not in ("topk", "batchtopk"):
            raise Unsupported(
                f"{file.path} is a top-k or a BatchTopK SAE of dictionary_learning, which only its config.json tells; "
                "put config.json beside it, or say --kind topk or --kind batchtopk."
            )
        return "AutoEncoderTopK" if sae.kind == "topk" else "BatchTopKSAE"
    if "threshold" in names:
        return "JumpReluAutoEncoder"
    return "AutoEncoderNew" if "decoder.bias" in names else "AutoEncoder"


def _k(sae: LocalSae, file: TensorFile, trainer: Mapping[str, Any], path: Path, d_sae: int) -> int:
    there = file.load("k").item() if file.shapes.get("k") == () else file.others.get("k")
    said = trainer.get("k", there if there is not None else sae.k)
    k = whole(said, path, "k", d_sae)
    if there is not None and there != k:
        raise WeightsInvalid(f"k in {path} is {k}, but {file.path} has {there}; they belong to different SAEs.")
    return k


def _hook(trainer: Mapping[str, Any], buffer: Mapping[str, Any], path: Path) -> str | None:
    if "layer" not in trainer or buffer.get("io", "out") != "out":
        return None
    layer = whole(trainer["layer"], path, "layer", 10_000, 0)
    module = text(trainer, path, "submodule_name") or "resid_post"
    end = next((end for pattern, end in _SITES if re.search(pattern, module)), None)
    return None if end is None else f"blocks.{layer}.{end}"


def _named_hook(path: Path) -> str | None:
    """The residual stream of the layer in a name such as ``DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt``."""
    found = re.search(r"-SAE-l(\d{1,3})$", path.stem)
    return f"blocks.{int(found.group(1))}.hook_resid_post" if found else None


def _take(file: TensorFile, name: str, d_sae: int) -> "dict[str, Tensor]":
    import torch

    is_linear = "encoder.weight" in file.shapes
    state = {
        "W_enc": transposed(file, "encoder.weight") if is_linear else file.load("W_enc"),
        "W_dec": transposed(file, "decoder.weight") if "decoder.weight" in file.shapes else file.load("W_dec"),
    }
    renamed = {"b_enc": ("b_enc", "encoder.bias"), "b_dec": _DECODER_BIASES}
    renamed |= {"b_mag": ("mag_bias",), "b_gate": ("gate_bias",), "r_mag": ("r_mag",)}
    for ours, theirs in renamed.items():
        if (there := file.first(*theirs)) is not None:
            state[ours] = file.load(there)
    if _CLASSES[name] == "jumprelu" and "threshold" in file.shapes:
        threshold = file.load("threshold")
        if name in _ONE_THRESHOLD:
            if threshold.numel() != 1 or not float(threshold) >= 0:
                raise WeightsInvalid(
                    f"The threshold in {file.path} was never set: the training ended before; give a later checkpoint."
                )
            threshold = torch.full((d_sae,), float(threshold))
        state["threshold"] = threshold
    return state


def _fits(file: TensorFile) -> bool:
    names = set(file.shapes)
    linear = {"encoder.weight", "decoder.weight"} <= names and bool(names & set(_DECODER_BIASES))
    return linear or {"W_enc", "W_dec", "b_dec", "group_sizes"} <= names


LAYOUT = Layout(
    _NAME,
    "`ae.pt`, `config.json`",
    _read,
    folder=lambda folder: bool(kind_of(folder / "ae.pt")),
    file=lambda file: file.path.name == "ae.pt" or _fits(file),
)
