"""From activations at a hook to the active (row, latent) pairs alone, all at once or in steps
(``models.running.pace``).

The dense block of pre-activations lives only for a few hundred rows at a time, so that it stays in cache. What is
found is exactly what ``Dictionary.encode`` gives:

* threshold form: compare and take the places that pass;
* matching pursuit: the dense encoding, latents found one after another;
* top-k form: choosing the k largest of tens of thousands is dearer than all the rest, so (1) take the maxima of k or
  more strided groups of the row; the k-th largest of them is a lower bound of the row's k-th largest value, since k
  different values reach it; (2) keep what reaches the bound, typically a few more than k; (3) trim exactly.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.errors import WeightsInvalid
from models.running.dictionary import Dictionary

#: Values of the dense block, about what stays in a core's cache and still fills the matrix product.
BLOCK_VALUES = 1 << 22
#: Rows of one block at the least.
LEAST_ROWS = 64
_GROUPS = 256


@dataclass(frozen=True, eq=False)
class ActivePairs:
    """``values[i] > 0`` is the activation of latent ``latents[i]`` on row ``rows[i]``; arrays (n_active,)."""

    rows: NDArray[np.int64]
    latents: NDArray[np.int64]
    values: NDArray[np.float32]


@torch.inference_mode()
def encode_active(dictionary: Dictionary, h: Tensor) -> ActivePairs:
    """The non-zero entries of ``dictionary.encode(h)`` for ``h`` (n, d_in), in any order.

    Raises WeightsInvalid for a latent that is infinite.
    """
    d_sae = dictionary.d_sae
    if not len(h):
        return ActivePairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    step = min(2048, max(LEAST_ROWS, BLOCK_VALUES // d_sae))
    buffer: Tensor | None = None
    parts: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    for start in range(0, len(h), step):
        if dictionary.pursues:
            places, values = _positive(dictionary.encode(h[start : start + step]))
            parts.append((places + start * d_sae, values))
            continue
        u = dictionary.prepare(h[start : start + step])
        if buffer is None or len(buffer) != len(u):
            buffer = torch.empty(len(u), d_sae, dtype=u.dtype, device=u.device)
        torch.addmm(dictionary.b_enc, u, dictionary.W_enc, out=buffer)
        places, values = _above(buffer, dictionary) if dictionary.k is None else _largest(buffer, dictionary.k)
        parts.append((places + start * d_sae, values))
    flat, found = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not np.isfinite(found).all():
        raise WeightsInvalid(
            f"The SAE {dictionary.facts.location} computes infinity at {dictionary.hook_name}; its weights are "
            "damaged, or it belongs to another model."
        )
    rows = flat // d_sae
    return ActivePairs(rows, flat - rows * d_sae, found)


def active_steps(dictionary: Dictionary, h: Tensor) -> Generator[None, None, ActivePairs]:
    """The same in steps, sorted by row, then from the largest value down, then by latent."""
    pace = dictionary.paces("encode", least=LEAST_ROWS)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
    for rows in pace.pieces(len(h)):
        with pace.timed(rows.stop - rows.start):
            found = encode_active(dictionary, h[rows])
            order = np.lexsort((found.latents, -found.values, found.rows))
            parts.append((found.rows[order] + rows.start, found.latents[order], found.values[order]))
        yield
    if not parts:
        return encode_active(dictionary, h)
    places, latents, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ActivePairs(places, latents, values)


def _positive(latents: Tensor) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    flat = latents.flatten()
    places = flat.nonzero().squeeze(-1)
    return places.cpu().numpy(), flat[places].float().cpu().numpy()


def _above(pre: Tensor, dictionary: Dictionary) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    threshold = dictionary.threshold
    if threshold is None:
        raise ValueError("a dictionary has either a threshold or k")
    if pre.device.type != "cpu":
        found = (pre > threshold).flatten().nonzero().squeeze(-1)
        return found.cpu().numpy(), pre.flatten()[found].float().cpu().numpy()
    mask = (pre > threshold).numpy().reshape(-1)
    places = np.flatnonzero(mask)
    return places, pre.numpy().reshape(-1)[places].astype(np.float32, copy=False)


def _largest(pre: Tensor, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    n, d_sae = pre.shape
    k = min(k, d_sae)
    groups = max(_GROUPS, 4 * k)
    if pre.device.type != "cpu" or d_sae < 4 * groups:
        values, columns = pre.topk(k, dim=-1)
        rows, places = np.divmod(np.flatnonzero((values > 0).cpu().numpy()), k)
        latents = columns.cpu().numpy()[rows, places]
        return rows * d_sae + latents, values.float().cpu().numpy()[rows, places]
    even = d_sae // groups * groups
    maxima = pre[:, :even].view(n, -1, groups).amax(1)
    bound = maxima.topk(k, dim=-1, sorted=False).values.amin(-1, keepdim=True).clamp_(min=0)
    places = np.flatnonzero(((pre >= bound) & (pre > 0)).numpy().reshape(-1))
    values_found = pre.numpy().reshape(-1)[places]
    return _trim(places, values_found, d_sae, k)


def _trim(
    places: NDArray[np.int64], values: NDArray[np.float32], d_sae: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Of each row's candidates the k largest; ``places`` ascending, so equal values keep the smaller latent."""
    rows = places // d_sae
    # (row | inverted float bits) sorts each row's candidates from the largest down; stable, so ties by latent.
    codes = (rows << 32) | (0x7FFFFFFF - values.view(np.int32).astype(np.int64))
    order = np.argsort(codes, kind="stable")
    sorted_rows = rows[order]
    starts = np.searchsorted(sorted_rows, sorted_rows, side="left")
    kept = order[np.arange(len(order)) - starts < k]
    return places[kept], values[kept]
