"""Activations to train on, in an order that a seed and a place decide alone.

1. In every reading of the corpus its prompts come in a new random order.
2. So many of them at a time fill a buffer: one forward pass of the model for all hooks, the tokens that count.
3. The rows of a buffer come in random order, in steps of one size; a last, smaller one is left out.

The place is a buffer and a step in it: from there the stream goes on with the same values, whoever filled the buffer.

A few tokens of some models are attention sinks, a hundred times as long as others, and would make up most of the loss.
Rows are shortened to ``LONGEST`` medians: an SAE that rebuilds their direction rebuilds them at any length.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.errors import TrainingRefused
from models.running.language_model import LanguageModel
from models.training.prompts_file import Prompts
from models.training.recipe import Recipe

LONGEST = 10.0


@dataclass(frozen=True)
class Place:
    """The next step: the number of its buffer, and of the step in it."""

    buffer: int = 0
    step: int = 0


@dataclass(frozen=True)
class Scale:
    """Of a hook's activations in the first buffer, after shortening: their median norm before it, their mean norm."""

    median: float
    mean: float


class ActivationStream:
    """Steps of activations: hook -> (step_tokens, width), float32, on the CPU."""

    def __init__(self, model: LanguageModel, prompts: Prompts, recipe: Recipe, widths: Mapping[str, int]) -> None:
        self.model, self.prompts, self.recipe, self.widths = model, prompts, recipe, dict(widths)
        self.n_prompts = min(recipe.buffer_prompts(sum(widths.values())), len(prompts.train))
        self.place = Place()
        self.scales: dict[str, Scale] = {}
        self._filled = -1
        self._rows: dict[str, Tensor] = {}
        self._order = torch.empty(0, dtype=torch.long)
        self._round, self._round_order = -1, np.empty(0, np.int64)

    def next(self) -> dict[str, Tensor]:
        """The step at ``place``, which moves on."""
        while True:
            self.fill(self.place.buffer)
            first = self.place.step * self.recipe.step_tokens
            chosen = self._order[first : first + self.recipe.step_tokens]
            if len(chosen) == self.recipe.step_tokens:
                self.place = Place(self.place.buffer, self.place.step + 1)
                return {hook: rows[chosen] for hook, rows in self._rows.items()}
            if self.place.step == 0:
                raise TrainingRefused("The corpus has too few tokens that count; give other text.")
            self.place = Place(self.place.buffer + 1)

    def means(self) -> dict[str, Tensor]:
        """The mean of each hook's rows in the buffer, (width,)."""
        return {hook: rows.mean(0) for hook, rows in self._rows.items()}

    def fill(self, number: int) -> None:
        """Make sure that the buffer of this number is there. The first one that is filled sets ``scales``."""
        if self._filled == number:
            return
        ids = np.stack([self.prompts.train[i] for i in self._prompts_of(number)]).astype(np.int64)
        keep = torch.from_numpy(~np.isin(ids, self.prompts.uncounted))
        self._rows = {}  # the old ones are free before the new ones are made
        self._rows = {hook: torch.empty(int(keep.sum()), width) for hook, width in self.widths.items()}
        done = 0
        for some, counts in zip(
            torch.split(torch.from_numpy(ids), self.recipe.batch), torch.split(keep, self.recipe.batch), strict=True
        ):
            found = self.model.run_to_hooks(some, list(self.widths))
            n = int(counts.sum())
            for hook, rows in self._rows.items():
                rows[done : done + n] = found[hook][counts.to(found[hook].device)].float().cpu()
            done += n
        for hook, rows in self._rows.items():
            self._shorten(hook, rows)
        generator = torch.Generator().manual_seed(_seed(self.recipe.seed, 2, number))
        self._order = torch.randperm(done, generator=generator)
        self._filled = number

    def release(self) -> None:
        """Give back the memory of the buffer."""
        self._rows, self._filled = {}, -1

    def _prompts_of(self, number: int) -> list[int]:
        """The prompts of a buffer, over one end of the corpus if need be."""
        n = len(self.prompts.train)
        found = []
        for at in range(number * self.n_prompts, (number + 1) * self.n_prompts):
            round_, place = divmod(at, n)
            if round_ != self._round:
                generator = np.random.default_rng(_seed(self.recipe.seed, 1, round_))
                self._round, self._round_order = round_, generator.permutation(n)
            found.append(int(self._round_order[place]))
        return found

    def _shorten(self, hook: str, rows: Tensor) -> None:
        norms = torch.cat([part.norm(dim=-1) for part in torch.split(rows, 8192)])
        if not bool(norms.isfinite().all()):
            raise TrainingRefused(
                f"At {hook} the model computes NaN or infinity on this corpus; use --dtype float32, or another hook."
            )
        is_first = hook not in self.scales
        median = float(norms.median()) if is_first else self.scales[hook].median
        if not median > 0:
            raise TrainingRefused(f"At {hook} the model's activations are all zero; choose another hook.")
        factor = (LONGEST * median / norms.clamp(min=1e-30)).clamp(max=1)
        for place in (factor < 1).nonzero().flatten():
            rows[place] *= factor[place]
        if is_first:
            self.scales[hook] = Scale(median, float((norms * factor).mean()))


def _seed(seed: int, *numbers: int) -> int:
    return int(np.random.SeedSequence([seed, *numbers]).generate_state(1, np.uint64)[0] >> 1)
