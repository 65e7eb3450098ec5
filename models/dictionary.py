"""One interface over every kind of SAE, without state between calls.

All supported kinds are brought into one of two forms when they are built, so that a latent's value needs one
matrix product and one rule. With ``u = prepare(h)`` and ``pre = u @ W_enc + b_enc``:

* threshold form: ``a = pre where pre > threshold, else 0``. Standard SAEs and transcoders: threshold 0.
  JumpReLU (also BatchTopK and Matryoshka, which SAELens saves as JumpReLU): max(threshold, 0). Gated: the
  gate ``u @ W + b_gate > 0`` and the magnitude ``relu((u @ W) * exp(r_mag) + b_mag)`` share W, so with W_enc
  = W * exp(r_mag), b_enc = b_mag the gate reads ``pre > b_mag - b_gate * exp(r_mag)``: a threshold.
* top-k form (``k`` set): the k largest of ``pre``, those of them that are positive.

``prepare`` casts, subtracts the mean over the width for SAEs of centred models, normalises, and subtracts
b_dec where the SAE was trained so. Constant factors are folded into the parameters: a known average-norm
factor s (W_enc·s, W_dec/s, b_dec/s) and, for ``rescale_acts_by_decoder_norm``, the decoder norms n (W_enc·n,
b_enc·n, W_dec/n).

``W_dec`` is therefore in units of h per unit of latent, with one exception: SAEs that normalise every token
(``layer_norm``, ``constant_norm_rescale``) decode in normalised units, and ``output_scale(h)`` is the factor
per token.

The rules are those of SAELens 6.54 (https://github.com/decoderesearch/SAELens); tests hold both against each
other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.errors import Unsupported, WeightsInvalid

THRESHOLD_KINDS = frozenset(
    {
        "standard",
        "gated",
        "jumprelu",
        "transcoder",
        "skip_transcoder",
        "jumprelu_transcoder",
        "jumprelu_skip_transcoder",
    }
)
TOPK_KINDS = frozenset({"topk"})
NORMALISATIONS = frozenset({"none", "layer_norm", "constant_norm_rescale"})

#: Kinds that SAELens knows and Periscope refuses, each with the reason.
REFUSED_KINDS = {
    "abstopk": "its latents are negative as often as positive, while densities, bands, maxima and steering "
    "strengths here are defined for activations that are zero or positive",
    "temporal": "the value of a latent depends on all earlier tokens and its decoder gives only part of the "
    "reconstruction, while every view here takes a latent as a function of one token's activation",
    "matching_pursuit": "its latents are found one after another, so that a latent has no value of its own "
    "before the others are known; one-pass statistics and live single-latent views are not possible",
}


@dataclass(frozen=True)
class DictionaryFacts:
    """What an SAE's configuration says, after registry overrides; ``None`` where it says nothing."""

    kind: str
    location: str
    hook_name: str
    hook_out: str | None  # where a transcoder writes; None: back to hook_name
    d_in: int
    d_sae: int
    d_out: int
    context_size: int | None = None
    prepend_bos: bool = True
    centre: bool = False
    normalisation: str = "none"
    subtract_b_dec: bool = False
    rescale_by_decoder_norm: bool = False
    k: int | None = None
    scaling_factor: float | None = None
    model_name: str | None = None
    weights_hash: str = ""
    warnings: tuple[str, ...] = field(default_factory=tuple)


class Dictionary:
    """An SAE or transcoder: W_enc (d_in, d_sae), b_enc (d_sae,), W_dec (d_sae, d_out), b_dec (d_out,)."""

    def __init__(self, facts: DictionaryFacts, parameters: Mapping[str, Tensor]) -> None:
        """Bring the parameters of SAELens's ``state_dict`` into one of the two forms.

        Raises:
            Unsupported: a kind or normalisation Periscope does not do.
            WeightsInvalid: a parameter is missing, has the wrong shape, or is not finite.
        """
        if facts.kind not in THRESHOLD_KINDS | TOPK_KINDS:
            reason = REFUSED_KINDS.get(facts.kind, "Periscope does not know this kind")
            raise Unsupported(f"SAEs of the kind {facts.kind!r} are not supported: {reason}.")
        if facts.normalisation not in NORMALISATIONS:
            raise Unsupported(f"SAE {facts.location} normalises by {facts.normalisation!r}, which is not supported.")
        self.facts = facts
        self.threshold: Tensor | None = None
        self.k: int | None = None
        self.W_skip: Tensor | None = None
        self._build(parameters)
        self._require_finite()

    # ---------------------------------------------------------------- facts

    @property
    def kind(self) -> str:
        """The architecture as SAELens names it."""
        return self.facts.kind

    @property
    def hook_name(self) -> str:
        """The hook that is read."""
        return self.facts.hook_name

    @property
    def hook_out(self) -> str:
        """The hook that is reconstructed: ``hook_name``, or a transcoder's output site."""
        return self.facts.hook_out or self.facts.hook_name

    @property
    def is_transcoder(self) -> bool:
        """Whether it reads one site and reconstructs another."""
        return "transcoder" in self.facts.kind

    @property
    def d_in(self) -> int:
        """Width of the activations read."""
        return self.facts.d_in

    @property
    def d_sae(self) -> int:
        """Number of latents."""
        return self.facts.d_sae

    @property
    def d_out(self) -> int:
        """Width of the reconstruction."""
        return self.facts.d_out

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.W_enc.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format latents are computed in."""
        return self.W_enc.dtype

    # ---------------------------------------------------------------- arithmetic

    @torch.inference_mode()
    def prepare(self, h: Tensor) -> Tensor:
        """What is multiplied with ``W_enc``, (n, d_in): ``h`` cast, centred, normalised, minus b_dec."""
        u, _, scale = self._normalise(h)
        if scale is not None:
            # SAELens divides by std + 1e-5 but multiplies back by std alone.
            u = u / (scale + 1e-5) if self.facts.normalisation == "layer_norm" else u / scale
        return u - self.b_dec if self.facts.subtract_b_dec else u

    @torch.inference_mode()
    def encode(self, h: Tensor) -> Tensor:
        """Activations h (n, d_in) -> latents (n, d_sae), zero or positive."""
        return self.activate(torch.addmm(self.b_enc, self.prepare(h), self.W_enc))

    @torch.inference_mode()
    def activate(self, pre: Tensor) -> Tensor:
        """Pre-activations (n, d_sae) -> latents (n, d_sae)."""
        if self.threshold is not None:
            return torch.where(pre > self.threshold, pre, torch.zeros_like(pre))
        values, places = pre.topk(min(self.k or 0, self.d_sae), dim=-1, sorted=False)
        return torch.zeros_like(pre).scatter_(-1, places, values.relu())

    @torch.inference_mode()
    def one_latent(self, h: Tensor, index: int) -> Tensor:
        """One latent's activations (n,): one dot product per token; top-k SAEs must rank all latents."""
        if self.threshold is None:
            return self.encode(h)[:, index].clone()
        pre = self.prepare(h) @ self.W_enc[:, index] + self.b_enc[index]
        return torch.where(pre > self.threshold[index], pre, torch.zeros_like(pre))

    @torch.inference_mode()
    def decode(self, latents: Tensor, h: Tensor) -> Tensor:
        """The reconstruction (n, d_out) of latents (n, d_sae), in units of the activations.

        ``h`` (n, d_in) gives the per-token statistics of normalising SAEs and the input of skip connections.
        SAEs of centred models reconstruct the centred activation (``target``).
        """
        out = torch.addmm(self.b_dec, latents.to(self.dtype), self.W_dec)
        if self.W_skip is not None:
            out = out + self.centred(h) @ self.W_skip.T
        if self.is_transcoder:  # the input's scale says nothing about the output site
            return out
        _, mean, scale = self._normalise(h)
        if scale is not None:
            out = out * scale
        return out + mean if mean is not None else out

    @torch.inference_mode()
    def output_scale(self, h: Tensor) -> Tensor:
        """Units of h per unit of ``latent @ W_dec``, (n, 1): ones unless the SAE normalises every token."""
        _, _, scale = self._normalise(h)
        if scale is None or self.is_transcoder:
            return torch.ones(h.shape[0], 1, dtype=self.dtype, device=h.device)
        return scale

    def centred(self, h: Tensor) -> Tensor:
        """``h`` (n, d_in) in the SAE's number format, minus its mean over the width if the SAE wants that."""
        h = h.to(self.dtype)
        return h - h.mean(-1, keepdim=True) if self.facts.centre else h

    def _normalise(self, h: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Centred (for layer_norm, mean-free) h, and the mean and scale (n, 1) that decoding puts back."""
        h = self.centred(h)
        if self.facts.normalisation == "layer_norm":
            mean = h.mean(-1, keepdim=True)
            h = h - mean
            return h, mean, h.std(-1, keepdim=True)
        if self.facts.normalisation == "constant_norm_rescale":
            norm = h.norm(dim=-1, keepdim=True).clamp(min=torch.finfo(h.dtype).tiny)
            return h, None, norm / self.d_in**0.5
        return h, None, None

    # ---------------------------------------------------------------- building

    def _build(self, parameters: Mapping[str, Tensor]) -> None:
        facts = self.facts
        d_in, d_sae, d_out = facts.d_in, facts.d_sae, facts.d_out

        def take(name: str, *shape: int) -> Tensor:
            if name not in parameters:
                raise WeightsInvalid(f"SAE {facts.location} has no parameter {name!r}, which a {facts.kind} SAE needs.")
            value = parameters[name].detach()
            if tuple(value.shape) != shape:
                raise WeightsInvalid(
                    f"Parameter {name!r} of SAE {facts.location} has the shape {tuple(value.shape)}, expected {shape}."
                )
            return value

        self.W_enc, self.W_dec = take("W_enc", d_in, d_sae), take("W_dec", d_sae, d_out)
        self.b_dec = take("b_dec", d_out)
        if facts.kind == "gated":
            gain = take("r_mag", d_sae).exp()
            self.W_enc, self.b_enc = self.W_enc * gain, take("b_mag", d_sae)
            self.threshold = (self.b_enc - take("b_gate", d_sae) * gain).clamp(min=0)
        else:
            self.b_enc = take("b_enc", d_sae)
        if facts.kind.startswith("jumprelu"):
            self.threshold = take("threshold", d_sae).clamp(min=0)
        elif facts.kind in ("standard", "transcoder", "skip_transcoder"):
            self.threshold = torch.zeros_like(self.b_enc)
        elif facts.kind == "topk":
            self.k = facts.k
            if not self.k or self.k < 1:
                raise WeightsInvalid(f"The configuration of SAE {facts.location} gives no k, which a topk SAE needs.")
        if "skip" in facts.kind:
            self.W_skip = take("W_skip", d_out, d_in)
        self._fold()

    def _fold(self) -> None:
        """Fold constant factors into the parameters; see the module's text."""
        factor = self.facts.scaling_factor
        if factor is not None:
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
