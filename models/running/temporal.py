"""Temporal SAEs: what the context predicts of a token's activation, before its latents encode the rest.

Lubana et al. 2025 (arXiv 2511.01836), as SAELens 6.54's ``temporal``. With x = prepare(h) for all tokens of a text,
each attention layer looks from a token's codes relu(x W_enc) at those of the tokens before it and gives codes z; the
part of x along the direction D = z W_dec, ((D·x) / (‖D‖ + ε)²) D, is predicted and taken away. The latents that
Periscope shows are the codes of what is left ("novel" codes); the prediction goes back in when the SAE decodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

#: SAELens's guard against a zero prediction, in units of its scaled activations.
EPSILON = 1e-6


@dataclass(frozen=True)
class TemporalRule:
    """The shape of the attention layers, and the factor on h that the SAE was trained with."""

    n_heads: int
    n_layers: int
    bottleneck: int
    tied: bool
    factor: float


class ContextPredictor:
    """The attention layers of one SAE; W_enc (d_in, d_sae) and W_dec (d_sae, d_in) with the factor folded in."""

    def __init__(self, rule: TemporalRule, attention: Mapping[str, Tensor], W_enc: Tensor, W_dec: Tensor) -> None:
        """``attention``: SAELens's parameters ``attn_layers.*`` without that beginning.

        Raises:
            RuntimeError, KeyError: parameters that do not fit the rule (PyTorch's own words).
        """
        from sae_lens.saes.temporal_sae import ManualAttention

        self.W_enc, self.W_dec, self.epsilon = W_enc, W_dec, EPSILON / rule.factor
        self.layers = torch.nn.ModuleList(
            ManualAttention(len(W_dec), rule.n_heads, rule.bottleneck) for _ in range(rule.n_layers)
        )
        self.layers.load_state_dict(dict(attention))
        self.layers.to(device=W_dec.device, dtype=W_dec.dtype).requires_grad_(False)

    @torch.inference_mode()
    def predict(self, x: Tensor) -> Tensor:
        """The predicted part of x, both (rows, pos, d_in); position p depends on the positions up to p."""
        left = x
        for layer in self.layers:
            codes = (left @ self.W_enc).relu()
            before = torch.cat((torch.zeros_like(codes[:, :1]), codes[:, :-1]), dim=1)
            direction = layer(before, codes)[0].relu() @ self.W_dec
            share = (direction * left).sum(-1, keepdim=True)
            left = left - share / (direction.norm(dim=-1, keepdim=True) + self.epsilon).square() * direction
        return x - left
