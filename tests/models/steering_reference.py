"""Steering written a second time: plain transformers, plain module hooks, no cache, one text at a time.

δ along a latent is what a second reader of SAELens folders decodes with and without the change of that latent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests.models.reference_sae import ReferenceSae
from tests.models.test_language_model import LAYER, PLACES

Delta = Callable[[torch.Tensor], torch.Tensor]


@dataclass
class Change:
    """At ``write`` the activation gets what ``delta`` makes of the activation at ``read`` (both in the same pass)."""

    read: str
    write: str
    delta: Delta
    last: bool = False  # a projection: reads what the others have made of the activation


def place(architecture: str, hook: str) -> tuple[str, str]:
    _, layer, site = hook.split(".", 2)
    path, end = PLACES[site][architecture]
    return ".".join(part for part in (LAYER[architecture], layer, path) if part), end


def hooked(model: Any, architecture: str, hook: str, function: Callable[[torch.Tensor], Any]) -> Any:
    path, end = place(architecture, hook)
    module = model.get_submodule(path)
    if end == "out":

        def after(m: Any, i: Any, o: Any) -> Any:
            new = function(o[0] if isinstance(o, tuple) else o)
            return None if new is None else ((new, *o[1:]) if isinstance(o, tuple) else new)

        return module.register_forward_hook(after)

    def before(m: Any, a: Any, k: Any) -> Any:
        new = function(a[0] if a else k["hidden_states"])
        if new is None:
            return None
        return ((new, *a[1:]), k) if a else (a, {**k, "hidden_states": new})

    return module.register_forward_pre_hook(before, with_kwargs=True)


@torch.no_grad()
def steered_logits(
    model: Any, architecture: str, ids: Sequence[int], changes: Sequence[Change], steered: Sequence[int] | None = None
) -> torch.Tensor:
    """Logits (pos, vocab) with the changes at the positions ``steered`` (default: all but a leading BOS, id 0)."""
    places = steered if steered is not None else [p for p in range(len(ids)) if p > 0 or ids[0] != 0]
    mask = torch.zeros(1, len(ids), 1)
    mask[:, list(places)] = 1
    read: dict[str, torch.Tensor] = {}
    handles = []
    for site in {change.read for change in changes} - {change.write for change in changes}:
        handles.append(hooked(model, architecture, site, lambda h, site=site: read.update({site: h})))
    for site in {change.write for change in changes}:
        here = [change for change in changes if change.write == site]

        def edit(h: torch.Tensor, here: list[Change] = here, site: str = site) -> torch.Tensor:
            total = torch.zeros_like(h)
            for change in here:
                if not change.last:
                    total = total + change.delta(h if change.read == site else read[change.read])
            y = h + total
            for change in here:
                if change.last:
                    total = total + change.delta(y)
            return h + mask * total

        handles.append(hooked(model, architecture, site, edit))
    logits = model(torch.tensor([list(ids)]), use_cache=False).logits[0]
    for handle in handles:
        handle.remove()
    return logits


def latent_delta(folder: Path, index: int, mode: str, s: float, maximum: float) -> Delta:
    """δ for one latent, from the definition."""
    sae = ReferenceSae(folder)

    def delta(h: torch.Tensor) -> torch.Tensor:
        flat = h.flatten(0, 1)
        latents, state = sae.encode(flat)
        new = latents.clone()
        value = latents[:, index]
        new[:, index] = {
            "add": value + s * maximum,
            "clamp": torch.full_like(value, s * maximum),
            "scale": s * value,
            "ablate": torch.zeros_like(value),
        }[mode]
        change: torch.Tensor = sae.decode(new, state, flat) - sae.decode(latents, state, flat)
        return change.view(*h.shape[:2], -1)

    return delta


def projected(direction: torch.Tensor, s: float) -> Delta:
    unit = direction / direction.norm()
    return lambda y: -s * (y @ unit).unsqueeze(-1) * unit
