"""How good a dictionary is, on tokens that its statistics have not seen.

L0 = mean number of active latents per token. Explained variance = 1 - sum |h - x̂|² / sum |h - h̄|². Loss recovered =
(CE_zero - CE_sae) / (CE_zero - CE_clean), CE the model's next-token loss in nats with h replaced by x̂, by 0, or left.
BOS, separators and padding are left as they are in all three, and their own losses do not count.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.errors import WeightsInvalid
from models.records import SourceQuality
from models.running.dictionary import Dictionary
from models.running.language_model import Edits, LanguageModel


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out prompts, token ids (n, context), and which of the tokens count, bool (n, context)."""

    token_ids: NDArray[np.int64]
    counts: NDArray[np.bool_]


@dataclass(frozen=True)
class _Sums:
    n: int
    n_active: int
    squared_error: float
    variance: float
    norm: float


@torch.inference_mode()
def measure_quality(
    model: LanguageModel, dictionary: Dictionary, held_out: HeldOut, loss_clean: float | None, *, batch: int = 8
) -> SourceQuality:
    """Everything but the dead fraction; all None if nothing is held out or no token counts.

    What comes out as NaN or infinity is None as well; ``unmeasured`` says which.
    """
    if not held_out.counts.any():
        return SourceQuality()
    sums = _reconstruct(model, dictionary, held_out, batch)
    sae = _mean_loss(model, held_out, batch, dictionary, zero=False)
    zero = _mean_loss(model, held_out, batch, dictionary, zero=True)
    recovered = None
    if loss_clean is not None and sae is not None and zero is not None and abs(zero - loss_clean) > 1e-9:
        recovered = (zero - sae) / (zero - loss_clean)
    return SourceQuality(
        l0=sums.n_active / sums.n,
        explained_variance=_number(1 - sums.squared_error / sums.variance) if sums.variance > 0 else None,
        loss_clean=loss_clean,
        loss_sae=sae,
        loss_zero=zero,
        loss_recovered=recovered,
        mean_residual_norm=_number(sums.norm / sums.n),
    )


def unmeasured(quality: SourceQuality, name: str) -> str:
    """What of a source's quality came out as no number; empty if all of it is there, or nothing was held out."""
    if quality.l0 is None:
        return ""
    wanted = {
        "explained variance": quality.explained_variance,
        "loss with the SAE in place": quality.loss_sae,
        "loss with zeros in place": quality.loss_zero,
        "norm": quality.mean_residual_norm,
    }
    missing = [what for what, value in wanted.items() if value is None]
    if not missing:
        return ""
    return f"Of {name} the {' and the '.join(missing)} came out as NaN or infinity and is not recorded."


def clean_loss(model: LanguageModel, held_out: HeldOut, batch: int = 8) -> float | None:
    """The model's own loss on the held-out tokens, nats; shared by all sources of the model; None without tokens.

    Raises WeightsInvalid if it is no number.
    """
    loss = _mean_loss(model, held_out, batch, None, zero=False)
    if loss is None and held_out.counts[:, 1:].any():
        raise WeightsInvalid(f"{model.facts.location} computes NaN or infinity as loss; {model.way_out()}.")
    return loss


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _reconstruct(model: LanguageModel, dictionary: Dictionary, held_out: HeldOut, batch: int) -> _Sums:
    hooks = [dictionary.hook_name, dictionary.hook_out]
    n = n_active = 0
    error = norm = 0.0
    total = torch.zeros(dictionary.d_out, dtype=torch.float64)
    squares = 0.0
    for ids, counts in _batches(held_out, batch):
        found = model.run_to_hooks(ids, hooks)
        h = dictionary.read(found[dictionary.hook_name])[counts]
        target = dictionary.centred(found[dictionary.hook_out][counts])
        latents = dictionary.encode(h)
        residual = (target - dictionary.decode(latents, h)).double()
        n += len(h)
        n_active += int((latents > 0).sum())
        error += float(residual.square().sum())
        norm += float(h[:, : dictionary.d_in].float().norm(dim=-1).double().sum())
        total += target.double().sum(0).cpu()
        squares += float(target.double().square().sum())
    variance = squares - float(total.square().sum()) / max(n, 1)
    return _Sums(n, n_active, error, variance, norm)


def _mean_loss(
    model: LanguageModel, held_out: HeldOut, batch: int, dictionary: Dictionary | None, *, zero: bool
) -> float | None:
    total, n = 0.0, 0
    for ids, counts in _batches(held_out, batch):
        edits = _splice(dictionary, counts, zero, model, ids) if dictionary is not None else None
        losses = model.token_nll(ids, edits)
        counted = counts[:, 1:].to(losses.device)
        total += float(losses[counted].double().sum())
        n += int(counted.sum())
    return _number(total / n) if n else None


def _splice(dictionary: Dictionary, counts: Tensor, zero: bool, model: LanguageModel, ids: Tensor) -> Edits:
    """The edit that puts the reconstruction (or zero) in place of the activation where tokens count."""
    source: Tensor | None = None
    if dictionary.is_transcoder and not zero:
        source = model.run_to_hooks(ids, [dictionary.hook_name])[dictionary.hook_name]

    def edit(h: Tensor) -> Tensor:
        here = counts.to(h.device)
        changed = h.clone()
        if zero:
            changed[here] = 0
            return changed
        read = dictionary.read(h if source is None else source)[here]
        rebuilt = dictionary.decode(dictionary.encode(read), read)
        if dictionary.facts.centre:  # the SAE knows the centred activation; its mean is put back
            rebuilt = rebuilt + h[here].mean(-1, keepdim=True)
        changed[here] = rebuilt.to(h.dtype)
        return changed

    return {dictionary.hook_out: edit}


def _batches(held_out: HeldOut, batch: int) -> list[tuple[Tensor, Tensor]]:
    if not len(held_out.token_ids):  # torch would split nothing into one empty batch
        return []
    ids, counts = torch.from_numpy(held_out.token_ids), torch.from_numpy(held_out.counts)
    return list(zip(torch.split(ids, batch), torch.split(counts, batch), strict=True))
