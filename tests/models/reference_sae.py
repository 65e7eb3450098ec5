"""A second reader and encoder of SAELens folders, in plain torch, written apart from models/ as a check on it."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

ALIASES = {"hook_point": "hook_name", "hook_point_head_index": "hook_head_index", "activation_fn_str": "activation_fn"}
OLD_METADATA = ("model_name", "hook_name", "hook_head_index", "prepend_bos", "context_size", "sae_lens_version")


def read_cfg(folder: Path) -> dict[str, Any]:
    raw = {ALIASES.get(k, k): v for k, v in json.loads((folder / "cfg.json").read_text()).items()}
    metadata = raw.get("metadata") or {k: raw.get(k) for k in OLD_METADATA}
    version = raw.get("sae_lens_version") or metadata.get("sae_lens_version")
    cfg: dict[str, Any] = {"architecture": "standard", "apply_b_dec_to_input": True, **raw}
    n = cfg.get("normalize_activations")
    cfg["normalize_activations"] = {True: "expected_average_only_in", False: "none", None: "none"}.get(n, n)
    old = not version or int(str(version).split(".")[0]) < 6
    if old and cfg.get("activation_fn") == "topk":
        cfg["architecture"], cfg["k"] = "topk", cfg["activation_fn_kwargs"]["k"]
    cfg["metadata"] = metadata
    return cfg


class ReferenceSae:
    """Encodes and decodes as the folder's configuration says; ``factor`` is the average-norm factor."""

    def __init__(self, folder: Path, factor: float | None = None) -> None:
        self.c = read_cfg(folder)
        self.w = load_file(str(folder / "sae_weights.safetensors"))
        if self.c["normalize_activations"] == "expected_average_only_in" and factor:
            self.w["W_enc"] = self.w["W_enc"] * factor
            self.w["W_dec"] = self.w["W_dec"] / factor
            self.w["b_dec"] = self.w["b_dec"] / factor

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, Any]:
        c, w, state = self.c, self.w, None
        if c["normalize_activations"] == "layer_norm":
            mean = x.mean(-1, keepdim=True)
            x = x - mean
            std = x.std(-1, keepdim=True)
            x, state = x / (std + 1e-5), (mean, std)
        elif c["normalize_activations"] == "constant_norm_rescale":
            state = c["d_in"] ** 0.5 / x.norm(dim=-1, keepdim=True)
            x = x * state
        kind = c["architecture"]
        if c["apply_b_dec_to_input"] and "transcoder" not in kind:
            x = x - w["b_dec"]
        if kind == "gated":
            gate = (x @ w["W_enc"] + w["b_gate"] > 0).to(x)
            return gate * torch.relu(x @ (w["W_enc"] * w["r_mag"].exp()) + w["b_mag"]), state
        pre = x @ w["W_enc"] + w["b_enc"]
        if kind.startswith("jumprelu"):
            return torch.relu(pre) * (pre > w["threshold"]), state
        if kind == "topk":
            if c.get("rescale_acts_by_decoder_norm"):
                pre = pre * w["W_dec"].norm(dim=-1)
            values, places = pre.topk(c["k"], -1)
            return torch.zeros_like(pre).scatter_(-1, places, values.relu()), state
        return torch.relu(pre), state

    def decode(self, z: torch.Tensor, state: Any, x: torch.Tensor) -> torch.Tensor:
        c, w = self.c, self.w
        if c.get("rescale_acts_by_decoder_norm"):
            z = z / w["W_dec"].norm(dim=-1)
        out = z @ w["W_dec"] + w["b_dec"]
        if "transcoder" in c["architecture"]:
            return out + x @ w["W_skip"].T if "W_skip" in w else out
        if c["normalize_activations"] == "layer_norm":
            out = out * state[1] + state[0]
        elif c["normalize_activations"] == "constant_norm_rescale":
            out = out / state
        return out
