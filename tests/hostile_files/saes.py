"""Hostile folders of SAEs, from tiny ones of several kinds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.hostile_files.spoil import (
    Case,
    Spoil,
    broken_json,
    broken_weights,
    edit,
    edit_inner,
    header_of,
    with_header,
    without,
)

CFG, WEIGHTS, SCALER = "cfg.json", "sae_weights.safetensors", "activation_scaler.json"


def standard_cases() -> Iterator[Case]:
    """All kinds that spoil a standard SAE."""
    yield Case("cfg missing", without(CFG), (CFG,))
    yield from broken_json(CFG)
    yield from broken_json(SCALER, is_optional=True)
    yield from broken_weights(WEIGHTS, "W_dec", "sae_weights.pt")
    wrong: dict[str, list[Any]] = {
        "architecture": ["martian", 5, None, ["standard"], "topk", "gated", "jumprelu", "temporal"],
        "d_in": [10**12, 31, 64, 0, -32, 32.5, "32", None, [32]],
        "d_sae": [10**12, 95, 0, -1, "96", None, {}],
        "dtype": ["float99", 5],
        "normalize_activations": ["martian", 7, ["none"]],
        "apply_b_dec_to_input": ["yes"],
        "reshape_activations": ["martian"],
        "metadata": ["x", [1], 5],
    }
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}"[:60], edit(CFG, **{key: value}), (CFG,))
    inner: dict[str, list[Any]] = {
        "hook_name": [None, "", 5, ["blocks.0.hook_resid_post"], "blocks.0.hook_martian", "\ud800",
                      "blocks.99.hook_resid_post", "blocks.-1.hook_resid_post", f"blocks.{'9' * 5000}.hook_resid_post"],
        "context_size": [10**12, 65, -1, "32", [32], 1.5, 1],
        "prepend_bos": ["no", 7],
        "hook_head_index": [3],
        "model_from_pretrained_kwargs": ["x", [1]],
    }  # fmt: skip
    for key, values in inner.items():
        for value in values:
            yield Case(f"{key} {value!r}"[:60], edit_inner(CFG, "metadata", **{key: value}), ())
    for value in ("x", -1.0, float("nan"), [1], 0.0, 1e300):
        yield Case(f"scaling_factor {value!r}", edit(SCALER, scaling_factor=value), (SCALER,))
    yield from _tensors()


def topk_cases() -> Iterator[Case]:
    """Kinds that spoil a top-k SAE."""
    for value in (0, -1, 97, 10**12, "8", 1.5, None, [8]):
        yield Case(f"k {value!r}", edit(CFG, k=value), (CFG,))


def pursuit_cases() -> Iterator[Case]:
    """Kinds that spoil a matching pursuit SAE."""
    wrong: dict[str, list[Any]] = {
        "max_iterations": [10**12, -1, "12", [1]],
        "residual_threshold": [-1.0, float("nan"), "x", [1]],
    }
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}", edit(CFG, **{key: value}), (CFG,))


def temporal_cases() -> Iterator[Case]:
    """Kinds that spoil a temporal SAE."""
    wrong: dict[str, list[Any]] = {
        "n_heads": [10**9, 0, -1, 5, "4"],
        "n_attn_layers": [10**9, 0, -1, 3, "2"],
        "bottleneck_factor": [10**9, 0, -1, "12"],
        "kval_topk": [10**9, -1, "8"],
        "activation_normalization_factor": ["x", float("nan"), [1]],
    }
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}", edit(CFG, **{key: value}), (CFG,))


def _tensors() -> Iterator[Case]:
    def renamed(old: str) -> Spoil:
        def spoil(folder: Path) -> None:
            header, data = header_of(folder / WEIGHTS)
            with_header(folder / WEIGHTS, {name.replace(old, "other"): entry for name, entry in header.items()}, data)

        return spoil

    def transposed(folder: Path) -> None:
        header, data = header_of(folder / WEIGHTS)
        entry = header["W_dec"]
        with_header(folder / WEIGHTS, header | {"W_dec": entry | {"shape": entry["shape"][::-1]}}, data)

    def dead(folder: Path) -> None:
        header, data = header_of(folder / WEIGHTS)
        with_header(folder / WEIGHTS, header, bytes(len(data)))

    def integers(folder: Path) -> None:
        header, data = header_of(folder / WEIGHTS)
        whole = np.frombuffer(data, np.float32).astype(np.int32).tobytes()
        with_header(folder / WEIGHTS, {name: entry | {"dtype": "I32"} for name, entry in header.items()}, whole)

    for name in ("W_enc", "W_dec", "b_enc", "b_dec"):
        yield Case(f"without {name}", renamed(name), (WEIGHTS, name))
    yield Case("W_dec transposed", transposed, (WEIGHTS, "W_dec"))
    yield Case("dead tensors", dead, (WEIGHTS, "zero"))
    yield Case("tensors of integers", integers, (WEIGHTS, "I32"))
