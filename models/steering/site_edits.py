"""The arithmetic at one site: what is added to the activation of every row of a batch.

With h (rows, pos, width) as the model computes it at the site, in float32:

1. δ = Σ fixed directions + Σ over steered latents i of c_i · scale(h) · d_i, with c_i = gain_i · a_i + offset_i. Every
   mode on a latent is such a pair: add (0, s·M), clamp (−1, s·M), scale (s − 1, 0), ablate (−1, 0). Gains and offsets
   of several terms on the same latent are summed, so all terms read the same h.
2. Projections come last and all read y = h + δ: δ ← δ − Σ_j s_j (y·û_j) û_j.
3. h + δ·mask takes the activation's place. The SAE is never spliced in, so its error term stays.

A latent is encoded only where some gain is not zero, and only for the rows that steer it.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.running.dictionary import Dictionary
from models.running.hook_map import Tap


@dataclass(frozen=True, eq=False)
class Latents:
    """Steered latents of one dictionary: indices (n,), decoder rows (n, d_out), gain and offset (rows, n)."""

    dictionary: Dictionary
    indices: Tensor
    W_enc: Tensor  # (d_in, n)
    b_enc: Tensor  # (n,)
    threshold: Tensor | None  # (n,), None for top-k SAEs
    W_dec: Tensor  # (n, d_out)
    gain: Tensor | None  # None: nothing depends on the activation
    offset: Tensor | None  # None: folded into the fixed directions

    @classmethod
    def of(cls, dictionary: Dictionary, indices: list[int], gain: Tensor, offset: Tensor) -> "Latents":
        """Gather the columns of ``indices``."""
        places = torch.tensor(indices, device=dictionary.device)
        threshold = dictionary.threshold
        return cls(
            dictionary,
            places,
            dictionary.W_enc[:, places],
            dictionary.b_enc[places],
            None if threshold is None else threshold[places],
            dictionary.W_dec[places].float(),
            gain if bool(gain.any()) else None,
            offset if bool(offset.any()) else None,
        )

    @property
    def scales(self) -> bool:
        """Whether a decoder row's length in units of h differs from token to token."""
        return self.dictionary.facts.normalisation != "none" and not self.dictionary.is_transcoder

    def values(self, flat: Tensor) -> Tensor:
        """The latents' activations (n_tokens, n) for h (n_tokens, d_in)."""
        if self.threshold is None:
            return self.dictionary.encode(flat)[:, self.indices]
        pre = torch.addmm(self.b_enc, self.dictionary.prepare(flat), self.W_enc)
        return torch.where(pre > self.threshold, pre, torch.zeros_like(pre))

    def change(self, h: Tensor) -> Tensor:
        """δ (rows, pos, d_out) in float32, from what the encoder reads, (rows, pos, d_in)."""
        rows, width = h.shape[:2]
        flat = h.flatten(0, 1)
        if self.gain is None:
            coefficients = torch.zeros(rows, width, len(self.indices), device=h.device)
        else:
            coefficients = self.values(flat).float().view(rows, width, -1) * self.gain.unsqueeze(1)
        if self.offset is not None:
            coefficients = coefficients + self.offset.unsqueeze(1)
        change: Tensor = coefficients @ self.W_dec
        if self.scales:
            change = change * self.dictionary.output_scale(flat).float().view(rows, width, 1)
        return change

    def take(self, rows: Tensor) -> "Latents":
        """The same for some of the rows."""
        return replace(
            self,
            gain=None if self.gain is None else self.gain[rows],
            offset=None if self.offset is None else self.offset[rows],
        )


@dataclass(frozen=True, eq=False)
class Projections:
    """Directions to project out: unit vectors (m, width) and strengths (rows, m).

    ``reads`` (m, width) differs from ``units`` for SAEs of centred models only: their h is the centred activation.
    """

    units: Tensor
    reads: Tensor
    strengths: Tensor

    def change(self, y: Tensor) -> Tensor:
        """−Σ s_j (y·û_j) û_j for y (rows, pos, width)."""
        return -((y @ self.reads.T) * self.strengths.unsqueeze(1)) @ self.units


@dataclass(frozen=True, eq=False)
class SiteEdit:
    """All that happens at one site.

    ``tap`` is where the activation is changed. The residual between attention and MLP is no module's output: there
    ``carried`` names the block's input, and h is the sum of both.
    """

    hook: str
    tap: Tap
    rows: Tensor  # (n,) which rows of the batch are steered here
    fixed: Tensor | None  # (n, width)
    latents: tuple[tuple[Tap | None, Latents], ...]  # with where the encoder reads, None: this site
    projections: Projections | None
    carried: Tap | None = None

    def reads(self) -> list[Tap]:
        """Other places whose activation must be known before this site is reached."""
        taps = [tap for tap, _ in self.latents if tap is not None]
        return [*taps, self.carried] if self.carried is not None else taps

    def change(self, h: Tensor, found: dict[Tap, Tensor], mask: Tensor | None) -> Tensor:
        """δ (n, pos, width) in float32 for the steered rows' h; ``mask`` (n, pos, 1) is 0 where nothing applies."""
        delta = torch.zeros_like(h) if self.fixed is None else self.fixed.unsqueeze(1).expand_as(h)
        for tap, latents in self.latents:
            delta = delta + latents.change(h if tap is None else found[tap][self.rows])
        if self.projections is not None:
            delta = delta + self.projections.change(h + delta)
        return delta if mask is None else delta * mask

    def take(self, rows: Tensor) -> "SiteEdit | None":
        """The edit for those of its rows that are in ``rows`` (batch row numbers stay); ``None`` if there are none."""
        kept = torch.isin(self.rows, rows).nonzero().squeeze(1)
        if not len(kept):
            return None
        if len(kept) == len(self.rows):
            return self
        projections = self.projections
        return replace(
            self,
            rows=self.rows[kept],
            fixed=None if self.fixed is None else self.fixed[kept],
            latents=tuple((tap, latents.take(kept)) for tap, latents in self.latents),
            projections=projections and replace(projections, strengths=projections.strengths[kept]),
        )
