"""Does removing latents hurt one group of texts more than another, and more than random latents would?

The loss of a group is the mean −log p of its tokens that count, in nats. A latent is removed at every token that
counts: h − a_i·d_i, error term kept. The control removes, at the same tokens, a vector of the same length in the
direction of a random other latent's decoder row: h − ‖a_i·d_i‖·d_j/‖d_j‖. A change that random directions of the same
size cause as well says nothing about the latent.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.running.chat import PromptTokens
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.microscope import latent_steps, padded, shared_passes

#: Tokens of one forward pass at most, padding included.
PASS_TOKENS = 4096


@dataclass(frozen=True)
class GroupEffect:
    """One group of texts: losses in nats per token; ``controls`` has the change that each random set makes."""

    name: str
    n_texts: int
    n_tokens: int  # whose loss counts
    n_active: int  # tokens on which one of the latents fires
    loss: float
    change: float
    controls: tuple[float, ...]


def selectivity(
    model: LanguageModel,
    dictionary: Dictionary,
    groups: Mapping[str, Sequence[PromptTokens]],
    latents: Sequence[int],
    *,
    n_controls: int,
    seed: int,
) -> Generator[tuple[int, int], None, tuple[GroupEffect, ...]]:
    """Every group's loss with and without the latents, in steps; yields (losses of a text done, in all)."""
    random = np.random.default_rng(seed)
    others = np.setdiff1d(np.arange(dictionary.d_sae), np.asarray(latents))
    controls = [random.choice(others, len(latents), replace=len(others) < len(latents)) for _ in range(n_controls)]
    directions: list[NDArray[np.int64] | None] = [None, np.asarray(latents), *controls]
    pace = model.paces("loss", most=PASS_TOKENS)
    total = sum(len(texts) for texts in groups.values()) * len(directions)
    done = 0
    effects = []
    for name, texts in groups.items():
        sums = np.zeros(len(directions))
        n_tokens = n_active = 0
        for places in shared_passes([len(text) for text in texts], lambda: pace.size):
            rows = _Rows(model, dictionary, [texts[place] for place in places], latents)
            with pace.timed(rows.ids.numel()):
                rows.read()
            yield done, total
            for _ in rows.find_latents():
                yield done, total
            n_tokens, n_active = n_tokens + rows.n_losses, n_active + rows.n_active
            for number, direction in enumerate(directions):
                with pace.timed(rows.ids.numel()):
                    sums[number] += rows.loss(direction)
                done += len(places)
                yield done, total
        means = sums / max(1, n_tokens)
        changes = (means[1:] - means[0]).tolist()
        effects.append(
            GroupEffect(name, len(texts), n_tokens, n_active, float(means[0]), changes[0], tuple(changes[1:]))
        )
    return tuple(effects)


class _Rows:
    """Some texts of one group in one batch, with the latents' values on them."""

    def __init__(
        self, model: LanguageModel, dictionary: Dictionary, texts: Sequence[PromptTokens], latents: Sequence[int]
    ) -> None:
        self.model, self.dictionary, self.latents = model, dictionary, list(latents)
        self.ids = padded([text.ids for text in texts])
        counts = torch.zeros(self.ids.shape, dtype=torch.bool)
        for row, text in enumerate(texts):
            counts[row, : len(text)] = torch.tensor(text.counts)
        self.losses_count = counts[:, 1:]
        self.n_losses = int(self.losses_count.sum())
        self.counts = counts.to(dictionary.device)
        self.n_active = 0
        self.h = self.values = torch.zeros(0)

    @torch.inference_mode()
    def read(self) -> None:
        """The forward pass to what the dictionary reads."""
        hook = self.dictionary.hook_name
        read = self.dictionary.read(self.model.run_to_hooks(self.ids, [hook])[hook])
        self.counts = self.counts.to(read.device)
        self.h = read[self.counts]  # (tokens that count, width)

    @torch.inference_mode()
    def find_latents(self) -> Generator[None, None, None]:
        """What the latents write at those tokens, in steps."""
        values = yield from latent_steps(self.dictionary, self.h, self.latents)
        self.values = values * self.dictionary.output_scale(self.h).float()
        self.n_active = int((self.values > 0).any(1).sum())
        # Sizes that a control takes over: ‖a_i·d_i‖.
        self.norms = (
            self.dictionary.W_dec[torch.tensor(self.latents, device=self.dictionary.device)].float().norm(dim=1)
        )

    @torch.inference_mode()
    def loss(self, latents: NDArray[np.int64] | None) -> float:
        """The sum of the losses that count, with the write of ``latents`` removed; ``None``: nothing removed."""
        edits: dict[str, Callable[[Tensor], Tensor]] = {}
        if latents is not None:
            rows = self.dictionary.W_dec[torch.from_numpy(latents).to(self.dictionary.device)].float()
            unit = rows / rows.norm(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
            edits[self.dictionary.hook_out] = self._removing((self.values * self.norms) @ unit)
        losses = self.model.token_nll(self.ids, edits)
        self.model.require_finite(losses, "as loss")
        return float(losses[self.losses_count.to(losses.device)].double().sum())

    def _removing(self, write: Tensor) -> Callable[[Tensor], Tensor]:
        def edit(h: Tensor) -> Tensor:
            changed = h.clone()
            changed[self.counts.to(h.device)] -= write.to(h)
            return changed

        return edit
