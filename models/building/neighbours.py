"""The nearest latents of every latent by the cosine of their decoder rows, exact, in bounded memory."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.running.top_rows import largest_per_row

#: Cosines of one block: 64 MiB of float32.
_BLOCK = 1 << 24


@torch.inference_mode()
def decoder_neighbours(
    W_dec: Tensor, k: int = 10, chunk: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k largest cosines of every decoder row with the others.

    Args:
        W_dec: decoder rows (n, d).
        k: neighbours per latent; n − 1 if there are fewer.
        chunk: rows per block; by default as many as make 64 MiB of cosines.

    Returns:
        indices (n, k) and cosines (n, k) in [−1, 1], largest first, equal ones by index, the latent itself
        left out. A row of zeros has cosine 0 with every other.
    """
    n = W_dec.shape[0]
    k = min(k, n - 1)
    if k < 1:
        return np.zeros((n, 0), np.int64), np.zeros((n, 0), np.float32)
    rows = W_dec.float()
    rows = rows / rows.norm(dim=-1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    chunk = chunk or max(1, _BLOCK // n)
    indices = np.empty((n, k), np.int64)
    cosines = np.empty((n, k), np.float32)
    for start in range(0, n, chunk):
        block = rows[start : start + chunk] @ rows.T
        own = torch.arange(block.shape[0], device=block.device)
        block[own, own + start] = -torch.inf
        found, values = largest_per_row(block, k)
        indices[start : start + chunk] = found.cpu().numpy()
        cosines[start : start + chunk] = values.clamp(-1, 1).cpu().numpy()
    return indices, cosines
