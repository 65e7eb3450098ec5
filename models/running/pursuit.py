"""Matching pursuit: an SAE's latents found one after another instead of by one matrix product.

Mallat and Zhang 1993, as SAELens 6.54's ``matching_pursuit``: with the residual r = u at first, take the latent whose
decoder row d has the largest r·d, add relu(r·d) to its activation, subtract relu(r·d)·d from r, and go on until the
token is done: no new latent came, ‖r‖ is below the threshold, or the steps are used up.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PursuitRule:
    """When a token is done."""

    residual_threshold: float  # ‖r‖ in units of u; 0: never
    max_steps: int
    stop_on_duplicate_support: bool


@torch.inference_mode()
def pursue(u: Tensor, W_dec: Tensor, rule: PursuitRule) -> Tensor:
    """Latents (n, d_sae) of prepared activations u (n, d_in); only tokens that are not done cost anything."""
    latents = torch.zeros(len(u), len(W_dec), dtype=u.dtype, device=u.device)
    rows = torch.arange(len(u), device=u.device)
    residual = u.clone()
    for _ in range(rule.max_steps):
        if not len(rows):
            break
        chosen = (residual @ W_dec.T).relu().argmax(dim=1)
        directions = W_dec[chosen]
        values = (residual * directions).sum(-1).relu()
        residual = residual - values.unsqueeze(1) * directions
        known = latents[rows, chosen] != 0
        latents[rows, chosen] += values
        done = torch.zeros_like(known)
        if rule.stop_on_duplicate_support:
            done |= known | (values == 0)
        if rule.residual_threshold > 0:
            done |= residual.norm(dim=-1) < rule.residual_threshold
        rows, residual = rows[~done], residual[~done]
    return latents
