"""One interface over every kind of SAE, without state between calls.

Nearly all kinds are brought into one of two forms when they are loaded (``models.loading.dictionary_parameters``), so
that a latent's value needs one matrix product and one rule. With ``u = prepare(h)`` and ``pre = u @ W_enc + b_enc``:

* threshold form: ``a = pre where pre > threshold, else 0``. Standard SAEs and transcoders: threshold 0.
  JumpReLU (also BatchTopK and Matryoshka, which SAELens saves as JumpReLU): max(threshold, 0). Gated too.
* top-k form (``k`` set): the k largest of ``pre``, those of them that are positive. AbsTopK too, with each latent's
  negative side as a latent of its own.

Two kinds need more. matching_pursuit finds its latents one after another (``models.running.pursuit``), so only
``encode`` gives them. temporal SAEs encode what the context does not predict (``models.running.temporal``): ``read``
puts the prediction beside the activation, and every method takes the rows that ``read`` gave.

``prepare`` casts, subtracts the mean over the width for SAEs of centred models, normalises, and subtracts b_dec where
the SAE was trained so. ``W_dec`` is in units of h per unit of latent, with one exception: SAEs that normalise every
token (``layer_norm``, ``constant_norm_rescale``) decode in normalised units, and ``output_scale(h)`` is the factor per
token.

The rules are those of SAELens 6.54 (https://github.com/decoderesearch/SAELens); tests hold both against each
other.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from models.errors import Unsupported
from models.loading.dictionary_facts import DictionaryFacts
from models.loading.dictionary_parameters import Parameters
from models.loading.sae_kinds import KINDS, NORMALISATIONS
from models.running.pace import Paces
from models.running.pursuit import pursue


class Dictionary:
    """An SAE or transcoder: W_enc (d_in, d_sae), b_enc (d_sae,), W_dec (d_sae, d_out), b_dec (d_out,)."""

    def __init__(self, facts: DictionaryFacts, parameters: Mapping[str, Tensor]) -> None:
        """Bring the parameters of SAELens's ``state_dict`` into one of the two forms.

        Raises:
            Unsupported: a kind or normalisation Periscope does not do.
            WeightsInvalid: a parameter is missing, has the wrong shape, or is not finite.
        """
        if facts.kind not in KINDS:
            raise Unsupported(
                f"SAEs of the kind {facts.kind!r} are not known to Periscope; it reads {', '.join(sorted(KINDS))}."
            )
        if facts.normalisation not in NORMALISATIONS:
            raise Unsupported(f"SAE {facts.location} normalises by {facts.normalisation!r}, which is not supported.")
        self.facts = facts
        found = Parameters(facts, parameters)
        self.W_enc, self.b_enc, self.W_dec, self.b_dec = found.W_enc, found.b_enc, found.W_dec, found.b_dec
        self.threshold, self.k, self.W_skip, self.predictor = found.threshold, found.k, found.W_skip, found.predictor
        #: How large steps of long work are with this SAE; what they give is always fetched from the device.
        self.paces = Paces(facts.d_in * facts.d_sae)

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

    @property
    def pursues(self) -> bool:
        """Whether a latent's value depends on the latents found before it, so that only ``encode`` gives it."""
        return self.facts.pursuit is not None

    @property
    def needs_context(self) -> bool:
        """Whether a latent's value depends on the tokens before it."""
        return self.predictor is not None

    # ---------------------------------------------------------------- arithmetic

    @torch.inference_mode()
    def read(self, state: Tensor) -> Tensor:
        """What the other methods take, of whole texts: activations (rows, pos, d_in) from their first token on.

        That is ``state`` itself, or for temporal SAEs (rows, pos, 2·d_in): each activation and what the tokens before
        it predict of it. Padding belongs on the right.
        """
        if self.predictor is None:
            return state
        state = state.to(self.dtype)
        return torch.cat((state, self.predictor.predict(self._scaled(state))), dim=-1)

    @torch.inference_mode()
    def prepare(self, h: Tensor) -> Tensor:
        """What is multiplied with ``W_enc``, (n, d_in): ``h`` cast, centred, normalised, minus b_dec and prediction."""
        u = self._scaled(h)
        if self.predictor is None:
            return u
        if h.shape[-1] != 2 * self.d_in:
            raise ValueError("a temporal SAE reads whole texts: call read() first")
        return u - h[..., self.d_in :]

    def _scaled(self, h: Tensor) -> Tensor:
        u, _, scale = self._normalise(h)
        if scale is not None:
            # SAELens divides by std + 1e-5 but multiplies back by std alone.
            u = u / (scale + 1e-5) if self.facts.normalisation == "layer_norm" else u / scale
        return u - self.b_dec if self.facts.subtract_b_dec else u

    @torch.inference_mode()
    def encode(self, h: Tensor) -> Tensor:
        """Activations h (n, d_in) -> latents (n, d_sae), zero or positive."""
        if self.facts.pursuit is not None:
            return pursue(self.prepare(h), self.W_dec, self.facts.pursuit)
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
        """One latent's activations (n,): one dot product per token where latents do not compete."""
        if self.threshold is None:
            return self.encode(h)[:, index].clone()
        pre = self.prepare(h) @ self.W_enc[:, index] + self.b_enc[index]
        return torch.where(pre > self.threshold[index], pre, torch.zeros_like(pre))

    @torch.inference_mode()
    def some_latents(self, h: Tensor, indices: Sequence[int]) -> Tensor:
        """Some latents' activations (n, len(indices))."""
        if self.threshold is None:
            return self.encode(h)[:, list(indices)]
        return torch.stack([self.one_latent(h, index) for index in indices], dim=1)

    @torch.inference_mode()
    def decode(self, latents: Tensor, h: Tensor) -> Tensor:
        """The reconstruction (n, d_out) of latents (n, d_sae), in units of the activations.

        ``h`` (n, d_in) gives the per-token statistics of normalising SAEs and the input of skip connections.
        SAEs of centred models reconstruct the centred activation (``target``).
        """
        out = torch.addmm(self.b_dec, latents.to(self.dtype), self.W_dec)
        if self.W_skip is not None:
            out = out + self.centred(h) @ self.W_skip.T
        if self.predictor is not None:
            out = out + h[..., self.d_in :]
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
        h = (h if self.predictor is None else h[..., : self.d_in]).to(self.dtype)
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
