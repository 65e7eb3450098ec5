"""Where a transformer_lens hook lies in a plain transformers model.

transformer_lens's bridge knows, for every architecture it supports, which transformers module stands behind
each hook name. It is booted once, on a copy that shares the weights, only to be asked for these names; the
copy is then dropped and the plain model does the work with torch's own module hooks. So every architecture of
the bridge is readable by the usual names, the activations are the ones of the published model (nothing
folded, nothing centred), and neither the bridge's per-call cost nor its eager attention is paid.
``inspect_source`` holds both against each other.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from models.errors import HookMismatch, Unsupported, one_line

#: Given the activation (batch, pos, width), returns what takes its place, or ``None`` to leave it.
HookFunction = Callable[[Tensor], Tensor | None]

_ENDS = {"hook_in": "in", "hook_out": "out", "hook_normalized": "normalised"}


@dataclass(frozen=True)
class Tap:
    """A readable place: the module's path in the transformers model and which end of it.

    ``end`` is ``"in"``, ``"out"`` or ``"normalised"`` (a norm's input divided by its scale, before the gain).
    """

    module: str
    end: str


def map_hooks(model: nn.Module, location: str) -> dict[str, Tap]:
    """Every hook name of transformer_lens that is one end of a module, with its place in ``model``.

    Raises:
        Unsupported: transformer_lens has no adapter for the architecture.
    """
    bridge, paths = boot_bridge(model, location)
    taps: dict[str, Tap] = {}
    for alias, point in bridge.hook_dict.items():
        component, _, end = (point.name or alias).rpartition(".")
        if not component or end not in _ENDS:
            continue
        original = getattr(bridge.get_submodule(component), "original_component", None)
        path = paths.get(id(original))
        if path is not None:
            taps[alias] = Tap(path, _ENDS[end])
    return taps


def boot_bridge(model: nn.Module, location: str) -> tuple[Any, dict[int, str]]:
    """A bridge on a copy of ``model`` that shares its parameters, and id -> path of the copy's modules.

    Raises:
        Unsupported: transformer_lens has no adapter for the architecture.
    """
    from transformer_lens.model_bridge import TransformerBridge

    shared = {id(parameter): parameter for parameter in model.parameters()}
    clone = copy.deepcopy(model, shared)
    paths = {id(module): path for path, module in clone.named_modules()}
    parameter = next(model.parameters())
    try:
        bridge = TransformerBridge.boot_transformers(
            location, device=str(parameter.device), dtype=parameter.dtype, hf_model=clone
        )
    except Exception as error:  # its adapters do arithmetic with whatever the config says
        raise Unsupported(
            f"transformer_lens cannot name the hooks of {type(model).__name__} in {location}, going by its config.json "
            f"({one_line(error)}); use a model of an architecture it supports."
        ) from error
    bridge.requires_grad_(False)
    return bridge, paths


def attach(model: nn.Module, tap: Tap, function: HookFunction) -> RemovableHandle:
    """Call ``function`` with the activation at ``tap`` in every forward pass until the handle is removed.

    What the function returns takes the activation's place; ``None`` leaves it. A ``normalised`` tap is read
    only.
    """
    module = model.get_submodule(tap.module)
    if tap.end == "out":
        return module.register_forward_hook(_on_output(function))
    if tap.end == "in":
        return module.register_forward_pre_hook(_on_input(function), with_kwargs=True)

    def normalise(activation: Tensor) -> None:
        function(_normalised(module, activation))

    return module.register_forward_pre_hook(_on_input(normalise), with_kwargs=True)


def nearest_names(name: str, known: list[str]) -> str:
    """The hooks of the same block, for an error message."""
    block = ".".join(name.split(".")[:2]) + "."
    same = [other for other in known if other.startswith(block)]
    wanted = ("resid", "mlp_out", "attn_out", "hook_z", "mlp.hook_in", "mlp.hook_post")
    shown = [other for other in same if any(part in other for part in wanted)]
    return ", ".join(shown or known[:5])


def missing_hook(name: str, model_name: str, taps: dict[str, Tap]) -> HookMismatch:
    """The error for a hook that the model does not have."""
    return HookMismatch(
        f"Model {model_name} has no hook {name!r} that can be read; near it are: {nearest_names(name, list(taps))}."
    )


def _on_output(function: HookFunction) -> Callable[[nn.Module, Any, Any], Any]:
    def hook(module: nn.Module, args: Any, output: Any) -> Any:
        if not isinstance(output, tuple):
            return function(output)
        changed = function(output[0])
        return None if changed is None else (changed, *output[1:])

    return hook


def _on_input(function: HookFunction) -> Callable[[nn.Module, Any, dict[str, Any]], Any]:
    def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # Blocks get the residual stream by position or by keyword, depending on the architecture.
        changed = function(args[0] if args else kwargs["hidden_states"])
        if changed is None:
            return None
        return ((changed, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": changed})

    return hook


def _normalised(norm: nn.Module, activation: Tensor) -> Tensor:
    """The activation over its scale in float32, as the norm computes it before the gain."""
    x = activation.float()
    if "rms" not in type(norm).__name__.lower():
        x = x - x.mean(-1, keepdim=True)
    eps = float(getattr(norm, "eps", getattr(norm, "variance_epsilon", 1e-5)))
    return (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)).to(activation.dtype)
