"""From the parameters in a file to those of ``Dictionary``: two forms, constant factors folded in.

Constant factors: a known average-norm factor s (W_enc·s, W_dec/s, b_dec/s; for matching pursuit b_dec/s alone, since
its latents are then in units of h) and, for ``rescale_acts_by_decoder_norm``, the decoder norms n (W_enc·n, b_enc·n,
W_dec/n).

Gated SAEs: the gate ``u @ W + b_gate > 0`` and the magnitude ``relu((u @ W) * exp(r_mag) + b_mag)`` share W, so with
W_enc = W * exp(r_mag), b_enc = b_mag the gate reads ``pre > b_mag - b_gate * exp(r_mag)``: a threshold.

An abstopk SAE, whose latents are negative as often as positive, becomes a top-k SAE of twice as many: [W_enc, -W_enc]
and [W_dec; -W_dec] have the pre-activations p and -p, and the k largest of both are the k largest |p|. Latent
i + d_sae/2 is the negative side of latent i, so that densities, bands and strengths mean what they mean everywhere.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from models.errors import WeightsInvalid, one_line
from models.loading.dictionary_facts import DictionaryFacts
from models.loading.sae_kinds import TWO_SIDED_KINDS
from models.running.temporal import ContextPredictor, TemporalRule

#: SAELens multiplies what a temporal SAE encodes by 1 / (4 d_in).
_TEMPORAL_DIVISOR = 4
_ATTENTION = "attn_layers."


class Parameters:
    """W_enc (d_in, d_sae), b_enc (d_sae,), W_dec (d_sae, d_out), b_dec (d_out,) and what goes with the form."""

    W_enc: Tensor
    b_enc: Tensor
    W_dec: Tensor
    b_dec: Tensor

    def __init__(self, facts: DictionaryFacts, state: Mapping[str, Tensor]) -> None:
        """Take what the kind needs of SAELens's ``state_dict``.

        Raises:
            WeightsInvalid: a parameter is missing, has the wrong shape, or is not finite.
        """
        self.facts = facts
        self.k = self._k()
        self.threshold: Tensor | None = None
        self.W_skip: Tensor | None = None
        self.predictor: ContextPredictor | None = None
        self._take(state)
        self._fold()
        if facts.kind in TWO_SIDED_KINDS:
            self.W_enc, self.b_enc = torch.cat((self.W_enc, -self.W_enc), 1), torch.cat((self.b_enc, -self.b_enc))
            self.W_dec = torch.cat((self.W_dec, -self.W_dec))
        self._require_finite()
        if facts.temporal is not None:
            self.predictor = self._make_predictor(facts.temporal, state)

    def _k(self) -> int | None:
        k = self.facts.k
        if self.facts.kind in ("topk", "abstopk") and (not k or k < 1):
            raise WeightsInvalid(
                f"The configuration (cfg.json) of SAE {self.facts.location} gives no k, which a {self.facts.kind} SAE "
                "needs."
            )
        return k

    def _take(self, state: Mapping[str, Tensor]) -> None:
        facts = self.facts
        d_in, d_out = facts.d_in, facts.d_out
        d_sae = facts.d_sae // 2 if facts.kind in TWO_SIDED_KINDS else facts.d_sae

        def take(name: str, *shape: int) -> Tensor:
            if name not in state:
                raise WeightsInvalid(f"SAE {facts.location} has no parameter {name!r}, which a {facts.kind} SAE needs.")
            value = state[name].detach()
            if tuple(value.shape) != shape:
                raise WeightsInvalid(
                    f"Parameter {name!r} of SAE {facts.location} has the shape {tuple(value.shape)}, expected {shape}."
                )
            return value

        self.W_dec, self.b_dec = take("W_dec", d_sae, d_out), take("b_dec", d_out)
        if facts.pursuit is not None or facts.temporal is not None:
            self._take_tied(take, d_in, d_sae)
            return
        self.W_enc = take("W_enc", d_in, d_sae)
        if facts.kind == "gated":
            gain = take("r_mag", d_sae).exp()
            self.W_enc, self.b_enc = self.W_enc * gain, take("b_mag", d_sae)
            self.threshold = (self.b_enc - take("b_gate", d_sae) * gain).clamp(min=0)
        else:
            self.b_enc = take("b_enc", d_sae)
            if facts.kind.startswith("jumprelu"):
                self.threshold = take("threshold", d_sae).clamp(min=0)
            elif self.k is None:
                self.threshold = torch.zeros_like(self.b_enc)
        if "skip" in facts.kind:
            self.W_skip = take("W_skip", d_out, d_in)

    def _take_tied(self, take: Callable[..., Tensor], d_in: int, d_sae: int) -> None:
        """Kinds without b_enc, whose encoder is the decoder's transpose unless the configuration says otherwise."""
        facts, rule = self.facts, self.facts.temporal
        self.W_enc = self.W_dec.T if rule is None or rule.tied else take("W_enc", d_in, d_sae)
        self.b_enc = torch.zeros_like(self.W_dec[:, 0])
        if not facts.subtract_b_dec and (rule is None or rule.tied):  # SAELens then leaves it out of the output too
            self.b_dec = torch.zeros_like(self.b_dec)
        if rule is not None:
            self.W_enc = self.W_enc / (_TEMPORAL_DIVISOR * d_in)
            self.threshold = torch.zeros_like(self.b_enc) if self.k is None else None

    def _fold(self) -> None:
        """Fold constant factors into the parameters; see the module's text."""
        factor = self.facts.scaling_factor
        if factor is not None and self.facts.pursuit is not None:
            self.b_dec = self.b_dec / factor  # its latents are in units of h, and so is its threshold
        elif factor is not None:
            self.W_enc, self.W_dec, self.b_dec = self.W_enc * factor, self.W_dec / factor, self.b_dec / factor
        if self.facts.rescale_by_decoder_norm:
            norms = self.W_dec.norm(dim=-1)
            self.W_enc, self.b_enc = self.W_enc * norms, self.b_enc * norms
            self.W_dec = self.W_dec / norms.clamp(min=torch.finfo(norms.dtype).tiny).unsqueeze(-1)

    def _require_finite(self) -> None:
        for name in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold", "W_skip"):
            value = getattr(self, name)
            # The sum is one pass without a second tensor of the same size; infinities cannot cancel to a
            # number.
            if value is None or bool(torch.isfinite(value.sum())):
                continue
            # An infinite threshold is a latent that was switched off; a finite tensor may have too large a
            # sum.
            bad = torch.isnan(value) if name == "threshold" else ~torch.isfinite(value)
            if bool(bad.any()):
                raise WeightsInvalid(
                    f"SAE {self.facts.location} holds NaN or infinity in {name!r}; the file is damaged or "
                    "its training diverged."
                )

    def _make_predictor(self, rule: TemporalRule, state: Mapping[str, Tensor]) -> ContextPredictor:
        attention = {name.removeprefix(_ATTENTION): v for name, v in state.items() if name.startswith(_ATTENTION)}
        try:
            return ContextPredictor(rule, attention, self.W_enc, self.W_dec)
        except (RuntimeError, AssertionError) as error:
            raise WeightsInvalid(
                f"The attention layers of SAE {self.facts.location} do not fit its configuration ({one_line(error)})."
            ) from error
