"""A switch to oneDNN's matrix products for linear layers on the CPU.

PyTorch multiplies float32 matrices on the CPU by the BLAS it was built with. For a few rows at a time, as when writing
a text, oneDNN is on some processors several times as fast, because the rows share the weights' way through memory. Its
operator is private to PyTorch (``torch.ops.mkldnn._linear_pointwise``), so it is used only

1. where it exists, for float32 weights on the CPU;
2. where it gives the same numbers in every layer (1e-4 of the layer's largest output);
3. where it is faster, timed on this machine with this model's widest layers: for few rows, for many rows, or both.

Otherwise, and where a model is too small to gain by it, the layers stay as they are, and the log says why. Gradients
always go the usual way.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

_log = logging.getLogger(__name__)

#: Rows at which the two are timed, and up to which a product counts as having few rows.
FEW_ROWS, MANY_ROWS, LIMIT = 3, 256, 32
#: Weights in linear layers below which nothing is timed: what is gained would not be noticed.
SMALLEST = 10_000_000
_INNER = 1 << 24  # weights of the largest layer that is timed with many rows
_ROUNDS = 3
_TOLERANCE = 1e-4
_FASTER = 0.9


@dataclass(frozen=True)
class FastLinears:
    """What was decided. ``few``, ``many``: oneDNN's time over the default's, ``None`` if it was not timed."""

    layers: int
    max_rows: int  # products with more rows go the usual way; 0: nothing was changed
    reason: str
    few: float | None = None
    many: float | None = None


@torch.no_grad()  # no inference mode: weights stored anew must still let gradients through
def use_fast_linears(model: nn.Module) -> FastLinears:
    """Switch the linear layers of a loaded model over where that is possible, exact and faster."""
    layers = [module for module in model.modules() if _is_linear(module)]
    reason = _impossible(layers)
    if reason is None:
        widest = sorted({(w.shape, id(m)): m for m in layers for w in [_matrix(m)]}.values(), key=_size)[-4:]
        try:
            few = _ratio(widest, FEW_ROWS)
            # The head multiplies one row per text; timing many rows of it would take as long as loading the model.
            inner = [m for m in widest if _size(m) <= _INNER] or widest[:1]
            many = _ratio(inner, MANY_ROWS) if few <= _FASTER else None
            wrong = next((m for m in layers if not _agrees(m)), None)
        except RuntimeError as error:
            reason = f"oneDNN's product failed ({str(error).splitlines()[0]})"
        else:
            if wrong is not None:
                reason = (
                    f"oneDNN's product differs by more than {_TOLERANCE:g} in a layer of {tuple(_matrix(wrong).shape)}"
                )
            elif few > _FASTER:
                reason = f"oneDNN's product takes {few:.2f} of the default's time for {FEW_ROWS} rows"
    if reason is not None:
        _log.info("Linear layers stay with the default matrix product: %s.", reason)
        return FastLinears(0, 0, reason)
    max_rows = 1 << 30 if many is not None and many <= _FASTER else LIMIT
    for module in layers:
        _switch(module, max_rows)
    _log.info("Linear layers use oneDNN: %.2f of the default's time for few rows, %.2f for many.", few, many or 1.0)
    return FastLinears(len(layers), max_rows, "faster on this machine", few, many)


def undo_fast_linears(model: nn.Module) -> None:
    """Back to the default matrix product."""
    for module in model.modules():
        if getattr(module.__dict__.get("forward"), "__func__", None) is _forward:
            del module.forward


def _is_linear(module: nn.Module) -> bool:
    return type(module) is nn.Linear or type(module).__name__ == "Conv1D"


def _matrix(module: Any) -> Tensor:
    """The weight as (out, in)."""
    weight: Tensor = module.weight.detach()
    return weight if isinstance(module, nn.Linear) else weight.T


def _size(module: nn.Module) -> int:
    return _matrix(module).numel()


def _impossible(layers: list[nn.Module]) -> str | None:
    if not layers:
        return "the model has no linear layers"
    if sum(_size(m) for m in layers) < SMALLEST:
        return "the model is too small to gain by it"
    if any(_matrix(m).device.type != "cpu" for m in layers):
        return "it is for the CPU only"
    if any(_matrix(m).dtype != torch.float32 for m in layers):
        return "it is for float32 weights only"
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return "this PyTorch has no oneDNN product"
    return None


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    out: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return out


def _sample(module: nn.Module, rows: int) -> Tensor:
    generator = torch.Generator().manual_seed(rows)
    return torch.randn(rows, _matrix(module).shape[1], generator=generator)


def _agrees(module: nn.Module) -> bool:
    x, bias = _sample(module, 5), getattr(module, "bias", None)
    expected = type(module).forward(module, x)
    found = _product(x, _matrix(module).contiguous(), bias)
    return float((found - expected).abs().max()) <= _TOLERANCE * max(1.0, float(expected.abs().max()))


def _ratio(modules: list[nn.Module], rows: int) -> float:
    """oneDNN's time over the default's for some layers, the best of a few rounds each, taking turns."""
    weights = [_matrix(m).contiguous() for m in modules]
    inputs = [_sample(m, rows) for m in modules]

    def usual() -> None:
        for module, x in zip(modules, inputs, strict=True):
            type(module).forward(module, x)

    def fast() -> None:
        for module, x, weight in zip(modules, inputs, weights, strict=True):
            _product(x, weight, getattr(module, "bias", None))

    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        for place, run in enumerate((usual, fast)):
            times[place].append(_seconds(run))
    return min(times[1]) / min(times[0])


def _seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _switch(module: Any, max_rows: int) -> None:
    if not isinstance(module, nn.Linear):
        # Conv1D keeps (in, out); the same numbers are stored the other way round, so that no second copy is needed.
        module.weight.data = module.weight.data.T.contiguous().T
    module.fast_rows = max_rows
    module.forward = MethodType(_forward, module)


def _forward(self: Any, x: Tensor) -> Tensor:
    weight = self.weight
    if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
        return type(self).forward(self, x)  # type: ignore[no-any-return]
    if x.dtype != torch.float32 or x.numel() > self.fast_rows * x.shape[-1]:
        return type(self).forward(self, x)  # type: ignore[no-any-return]
    return _product(x, weight if isinstance(self, nn.Linear) else weight.T, self.bias)
