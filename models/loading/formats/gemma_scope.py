"""Gemma Scope (params.npz) and Gemma Scope 2 (params.safetensors with config.json): JumpReLU SAEs and transcoders.

https://huggingface.co/google/gemma-scope and gemma-scope-2. Neither subtracts b_dec. The first says nothing but its
parameters: layer and site are in the names of its folders and repository. The second names the module whose output or
input it was trained on. A CLT's file holds a decoder for every layer; see ``models.loading.formats.circuit_tracer``.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import Unsupported
from models.loading.files import kind_of, read_json
from models.loading.formats.reading import (
    Layout,
    Reading,
    configuration,
    flag,
    layer_in,
    obey,
    published_path,
    require_known,
    text,
)
from models.loading.formats.tensor_files import TensorFile, open_tensors
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_FIRST, _SECOND = "Gemma Scope", "Gemma Scope 2"
_CONTEXT = 1024
_REPOSITORY = re.compile(r"gemma-scope-[a-z0-9.]+-(?:pt|it)-(res|mlp|att|transcoders)\b")
#: A module of Gemma and its end -> the hook of a block.
_MODULES = (
    (r"layers\.(\d+)\.output$", "blocks.{}.hook_resid_post"),
    (r"layers\.(\d+)\.self_attn\.o_proj\.input$", "blocks.{}.attn.hook_z"),
    (r"layers\.(\d+)\.post_feedforward_layernorm\.output$", "blocks.{}.hook_mlp_out"),
    (r"layers\.(\d+)\.pre_feedforward_layernorm\.output$", "blocks.{}.mlp.hook_in"),
    (r"layers\.(\d+)\.mlp\.input$", "blocks.{}.mlp.hook_in"),
)
#: A word in a folder's name -> the hook of a block.
_SITES = {
    "resid_post": "blocks.{}.hook_resid_post",
    "attn_out": "blocks.{}.attn.hook_z",
    "mlp_out": "blocks.{}.hook_mlp_out",
    "transcoder": "blocks.{}.mlp.hook_in",
    "clt": "blocks.{}.mlp.hook_in",
}


def _read_first(sae: LocalSae) -> Reading:
    path = sae.path / "params.npz" if sae.path.is_dir() else sae.path
    file = open_tensors(path)
    lower = {name.lower(): name for name in file.shapes}
    names = {name: lower.get(name.lower(), name) for name in ("W_enc", "W_dec", "b_enc", "b_dec", "threshold")}
    d_in, d_sae = file.shape(names["W_enc"], 2)
    _, d_out = file.shape(names["W_dec"], 2)
    named = published_path(sae)
    site = _REPOSITORY.search(" ".join(named.parts[-7:]))
    architecture = "jumprelu_transcoder" if site and site.group(1) == "transcoders" else "jumprelu"
    if site is None and sae.kind == "jumprelu_transcoder":
        architecture = sae.kind
    obey(sae, _FIRST, kind=architecture)
    is_embedding = "embedding" in named.parts
    hook, hook_out = ("hook_embed", None) if is_embedding else _first_hooks(named, site.group(1) if site else "")

    def take() -> "dict[str, Tensor]":
        state = {name: file.load(there) for name, there in names.items()}
        if is_embedding:  # they were trained on embeddings before Gemma scales them by the root of its width
            state["W_enc"], state["W_dec"] = state["W_enc"] / d_in**0.5, state["W_dec"] * d_in**0.5
        return state

    cfg = configuration(
        architecture, d_in, d_sae, d_out=d_out, hook_name=hook, hook_name_out=hook_out, published_context=_CONTEXT
    )
    return Reading(_FIRST, cfg, (path,), take)


def _first_hooks(named: Path, site: str) -> tuple[str | None, str | None]:
    """The hooks that the names of the folders tell, as in ``gemma-scope-2b-pt-res/layer_12/width_16k/...``."""
    layer = layer_in(named, r"^layer_(\d+)$")
    ends = {"res": "hook_resid_post", "mlp": "hook_mlp_out", "att": "attn.hook_z", "transcoders": "ln2.hook_normalized"}
    if layer is None or site not in ends:
        return None, None
    return f"blocks.{layer}.{ends[site]}", f"blocks.{layer}.hook_mlp_out" if site == "transcoders" else None


def _read_second(sae: LocalSae) -> Reading:
    folder = sae.path if sae.path.is_dir() else sae.path.parent
    path = folder / "params.safetensors" if sae.path.is_dir() else sae.path
    file = open_tensors(path)
    raw: dict[str, Any] = {}
    if kind_of(folder / "config.json"):
        raw = read_json(folder / "config.json")
        require_known(raw, {"architecture": ("jump_relu",)}, folder / "config.json", _SECOND)
    for name in ("hf_hook_point_in", "hf_hook_point_out", "model_name"):
        text(raw, folder / "config.json", name)
    dimensions = len(file.shapes.get("w_dec", ()))
    d_in, d_sae = file.shape("w_enc", 2)
    d_out = file.shape("w_dec", 3 if dimensions == 3 else 2)[-1]
    named = published_path(sae) if sae.release is not None else path
    words = " ".join(named.parts[-4:])
    hook = _hook(raw.get("hf_hook_point_in"), words, named)
    is_transcoder = dimensions == 3 or raw.get("type") in ("transcoder", "clt") or (hook or "").endswith("mlp.hook_in")
    has_skip = "affine_skip_connection" in file.shapes
    if flag(raw, folder / "config.json", "affine_connection") and not has_skip:
        file.shape("affine_skip_connection", 2)
    architecture = f"jumprelu{'_skip' if has_skip else ''}_transcoder" if is_transcoder or has_skip else "jumprelu"
    obey(sae, _SECOND, kind=architecture)
    layer: int | None = None
    notes: tuple[str, ...] = ()
    if dimensions == 3:
        layer = layer_in(path, r"layer_(\d+)")
        if layer is None or layer >= file.shapes["w_dec"][1]:
            raise Unsupported(f"The layer of the CLT's file {path} is not in its name; keep its published name.")
        notes = (clt_note(layer, file.shapes["w_dec"][1] - 1),)

    def take() -> "dict[str, Tensor]":
        state = {"W_enc": file.load("w_enc"), "W_dec": file.load("w_dec", layer).contiguous()}
        state |= {name: file.load(name) for name in ("b_enc", "b_dec", "threshold") if name in file.shapes}
        if has_skip:  # stored (d_in, d_out)
            state["W_skip"] = file.load("affine_skip_connection").T.contiguous()
        return state

    file.shape("threshold", 1)
    cfg = configuration(
        architecture,
        d_in,
        d_sae,
        d_out=d_out,
        hook_name=hook,
        hook_name_out=_out(hook, raw, path) if "transcoder" in architecture else None,
        model_name=raw.get("model_name"),
        published_context=_CONTEXT,
    )
    return Reading(_SECOND, cfg, (path,), take, notes)


def clt_note(layer: int, last: int) -> str:
    """What a per-layer view of a cross-layer transcoder leaves out."""
    return (
        f"This is layer {layer} of a cross-layer transcoder (0 to {last}). Its latents' activations are exact; of what "
        f"they write, only the part at layer {layer} is used"
        + ("." if layer == last else ", not the parts at later layers.")
        + ("" if layer == 0 else " What latents of earlier layers write there is missing from the reconstruction.")
    )


def _hook(module: str | None, words: str, path: Path) -> str | None:
    """The hook of the module that was read, or of the folder's name where there is no configuration."""
    for pattern, hook in _MODULES:
        if module is not None and (found := re.search(pattern, module)):
            return hook.format(int(found.group(1)[:6]))
    if module is not None:
        return None
    layer = layer_in(path, r"layer_(\d+)")
    site = next((hook for word, hook in _SITES.items() if word in words), None)
    return site.format(layer) if site is not None and layer is not None else None


def _out(hook: str | None, raw: dict[str, Any], path: Path) -> str | None:
    found = _hook(raw.get("hf_hook_point_out"), "", path) if raw.get("hf_hook_point_out") else None
    return found or (f"blocks.{hook.split('.')[1]}.hook_mlp_out" if hook and hook.startswith("blocks.") else None)


def _has_second(file: TensorFile) -> bool:
    return {"w_enc", "w_dec", "b_enc", "b_dec"} <= set(file.shapes)


FIRST = Layout(
    _FIRST,
    "`params.npz`",
    _read_first,
    folder=lambda folder: bool(kind_of(folder / "params.npz")),
    file=lambda file: file.path.name == "params.npz",
)
SECOND = Layout(
    _SECOND,
    "`params.safetensors`, `config.json`; of a CLT `params_layer_N.safetensors`",
    _read_second,
    folder=lambda folder: bool(kind_of(folder / "params.safetensors")),
    file=_has_second,
)
