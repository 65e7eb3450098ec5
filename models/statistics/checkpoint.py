"""Whether arrays that came from a disk are the state of a pass: names, formats, shapes, and numbers that point inside.

Wrong ones would not fail where they are read, but in the middle of a pass, or not at all and give wrong records.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
#: Columns that are as long as what was seen; all others are as long in every state of a pass.
_GROWING = ("prompts", "token_codes", "token_counts", "token_sums")
_SELECTIONS = ("top", "sample", "buckets")
_SELECTED = ("groups", "keys", "numbers")
_NORM_LIMIT = "/norm_limit"


def check_state(fresh: Arrays, found: Arrays, context_size: int, vocab_size: int) -> None:
    """Hold the state that was found against that of a pass that has just begun; raises ValueError.

    Args:
        fresh: the state of the new pass, by names such as ``n_prompts`` and ``slug/top_keys``.
        found: what came from the disk.
        context_size: tokens of a prompt.
        vocab_size: tokens of the model's vocabulary.
    """
    names = {name for name in found if not name.endswith(_NORM_LIMIT)}
    if names != fresh.keys():
        raise ValueError(f"it has the parts of another build: {', '.join(sorted(names ^ fresh.keys())[:3])}")
    for name, wanted in fresh.items():
        array, end = found[name], name.rpartition("/")[2]
        growing = end.startswith("log_") or end in _GROWING or end.endswith(tuple(f"_{c}" for c in _SELECTED))
        skipped = 1 if growing else 0
        if array.dtype != wanted.dtype or array.ndim != wanted.ndim or array.shape[skipped:] != wanted.shape[skipped:]:
            raise ValueError(f"{name} has another shape or number format than this build")
    n_prompts = int(found["n_prompts"])
    prompts = found["prompts"]
    if n_prompts != len(prompts) or prompts.shape[1] != context_size:
        raise ValueError("prompts are not as many or not as long as it says")
    _require_within("prompts", prompts, vocab_size)
    for slug in {name.rpartition("/")[0] for name in fresh if "/" in name}:
        _check_source({name.removeprefix(f"{slug}/"): a for name, a in found.items() if name.startswith(f"{slug}/")},
                      slug, n_prompts, vocab_size)  # fmt: skip


def _check_source(source: Arrays, slug: str, n_prompts: int, vocab_size: int) -> None:
    """Columns that belong together have one length, and what is an index lies inside what it points to."""
    d_sae, n_kept = len(source["n_active"]), len(source["log_latents"])
    for columns in (
        [f"log_{name}" for name in ("latents", "prompts", "positions", "token_ids", "values", "window_lengths")],
        ["log_window_positions", "log_window_values"],
        ["token_codes", "token_counts", "token_sums"],
        *([f"{selection}_{name}" for name in _SELECTED] for selection in _SELECTIONS),
    ):
        if len({len(source[name]) for name in columns}) > 1:
            raise ValueError(f"columns of {slug} are not equally long: {', '.join(columns[:3])}")
    lengths = source["log_window_lengths"]
    if (lengths < 0).any() or int(lengths.sum(dtype=np.int64)) != len(source["log_window_values"]):
        raise ValueError(f"windows of {slug} do not add up")
    bounds = {"log_latents": d_sae, "log_prompts": n_prompts, "log_token_ids": vocab_size}
    bounds["token_codes"] = d_sae * vocab_size
    for selection in _SELECTIONS:
        bounds |= {f"{selection}_groups": len(source[f"{selection}_bounds"]), f"{selection}_numbers": n_kept}
    for name, bound in bounds.items():
        _require_within(f"{slug}/{name}", source[name], bound)


def _require_within(name: str, indices: NDArray[Any], bound: int) -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= bound):
        raise ValueError(f"{name} points outside")
