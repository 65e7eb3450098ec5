"""EleutherAI's sparsify (https://github.com/EleutherAI/sparsify): a folder with cfg.json and sae.safetensors.

Top-k SAEs, transcoders and skip transcoders. An SAE subtracts b_dec from what it reads; a transcoder does so only if
its cfg.json does not say ``transcode``, as the first published skip transcoders do not. The folder is named after the
module (``layers.5``, ``layers.5.mlp``), the run's configuration lies beside it. Prompts of its training have no BOS.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.loading.files import kind_of, read_json
from models.loading.formats.reading import (
    Layout,
    Reading,
    configuration,
    flag,
    obey,
    require_known,
    text,
    transposed,
    whole,
)
from models.loading.formats.tensor_files import open_tensors
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME = "EleutherAI sparsify"
#: Settings that change what is computed -> the values that are read.
_KNOWN = {
    "activation": ("topk", None),
    "signed": (False, None),
    "input_unit_norm": (False, None),
    "batch_topk": (False, None),
    "sample_topk": (False, None),
    "matching_pursuit": (False, None),
    "embed_skip": (False, None),
    "gram_lookup": (False, None),
    "slice_encoder": (False, None),
    "slice_decoder": (False, None),
    "jumprelu": (False, None),
}
_PARAMETERS = frozenset(
    {"encoder.weight", "encoder.bias", "W_dec", "b_dec", "W_skip", "decoder.weight", "W_enc", "b_enc", "decoder.bias"}
)
_EMBEDDING = re.compile(r"(^|\.)(embed_tokens|embed_in|wte)$")
_BLOCK = re.compile(r"(?:^|\.)(?:layers|h|blocks)[._](\d+)(?:\.(\w+))?$")
_ENDS = {
    None: "hook_resid_post",
    "mlp": "hook_mlp_out",
    "attn": "hook_attn_out",
    "attention": "hook_attn_out",
    "self_attn": "hook_attn_out",
}


def _read(sae: LocalSae) -> Reading:
    folder = sae.path if sae.path.is_dir() else sae.path.parent
    path, cfg_path = folder / "sae.safetensors", folder / "cfg.json"
    raw, file = read_json(cfg_path), open_tensors(path)
    require_known(raw, _KNOWN, cfg_path, _NAME)
    d_sae, d_in = file.shape("encoder.weight", 2)
    k = whole(raw.get("k"), cfg_path, "k", d_sae)
    for name, there in (("d_in", d_in), ("num_latents", d_sae)):
        if raw.get(name):
            whole(raw[name], cfg_path, name, there, there)
    has_skip, transcodes = flag(raw, cfg_path, "skip_connection"), flag(raw, cfg_path, "transcode")
    for name in file.shapes:
        if name not in _PARAMETERS:
            require_known({name: "a tensor"}, {name: ()}, path, _NAME)
    if has_skip:
        file.shape("W_skip", 2)
    is_transcoder = transcodes or has_skip
    architecture = ("skip_transcoder" if has_skip else "transcoder") if is_transcoder else "topk"
    obey(sae, _NAME, kind=architecture, k=k)
    decoder = file.first("W_dec", "decoder.weight")
    d_out = file.shape(decoder or "W_dec", 2)[0 if decoder == "decoder.weight" else 1]
    hook, hook_out = _hooks(folder.name, is_transcoder=is_transcoder)

    def take() -> "dict[str, Tensor]":
        import torch

        state = {"W_enc": transposed(file, "encoder.weight")}
        state["W_dec"] = transposed(file, decoder) if decoder == "decoder.weight" else file.load("W_dec")
        state["b_enc"] = file.load("encoder.bias") if "encoder.bias" in file.shapes else torch.zeros(d_sae)
        state["b_dec"] = file.load("b_dec") if "b_dec" in file.shapes else torch.zeros(d_out)
        if has_skip:
            state["W_skip"] = file.load("W_skip")
        if is_transcoder and not transcodes:  # subtracted from what is read, here folded into the encoder's bias
            state["b_enc"] = state["b_enc"] - state["b_dec"] @ state["W_enc"]
        return state

    run_path, run = _run(folder)
    cfg = configuration(
        architecture,
        d_in,
        d_sae,
        d_out=d_out,
        subtract_b_dec=True,
        k=k,
        hook_name=hook,
        hook_name_out=hook_out,
        model_name=text(run, run_path, "model"),
        published_context=whole(run["ctx_len"], run_path, "ctx_len", 1 << 27, 2) if run.get("ctx_len") else None,
        prepend_bos=False,
    )
    return Reading(_NAME, cfg, (path,), take)


def _run(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The configuration of the training run, which lies beside the SAEs' folders."""
    path = folder.parent / "config.json"
    return path, read_json(path) if kind_of(path) == "a file" else {}


def _hooks(name: str, *, is_transcoder: bool) -> tuple[str | None, str | None]:
    if _EMBEDDING.search(name):
        return "hook_embed", None
    found = _BLOCK.search(name)
    if found is None or found.group(2) not in _ENDS:
        return None, None
    layer, part = int(found.group(1)[:6]), found.group(2)
    if not is_transcoder:
        return f"blocks.{layer}.{_ENDS[part]}", None
    return (f"blocks.{layer}.mlp.hook_in", f"blocks.{layer}.hook_mlp_out") if part == "mlp" else (None, None)


LAYOUT = Layout(
    _NAME,
    "`sae.safetensors`, `cfg.json`",
    _read,
    folder=lambda folder: bool(kind_of(folder / "sae.safetensors")),
    file=lambda file: file.path.name == "sae.safetensors",
)
