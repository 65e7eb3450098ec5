"""What a training needs, said before it begins: memory, disk space, time."""

import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from models.building.memory import available_memory
from models.errors import MemoryRefused, TrainingRefused
from models.running.language_model import LanguageModel
from models.training.recipe import Recipe

#: Values of the size of the parameters: themselves, gradients, two moments of Adam, one to write.
_COPIES = 5
#: Values of the size of a step's latents at once: before and after the activation, sorted, their gradients.
_STEP_COPIES = 8
_ACTIVATION_COPIES = 12  # tensors of (batch, pos, d_model) in a forward pass
#: Parameters beside W_enc and W_dec, in vectors of d_sae.
_VECTORS = 6
#: Files of a checkpoint, in copies of the parameters, and how many there are while one replaces another.
_SAVED_COPIES, _SAVED = 3, 2


@dataclass(frozen=True)
class TrainingNeed:
    """Bytes of memory where the SAEs are and where the buffer is, and of disk space, each with what is left."""

    sae: int
    buffer: int
    disk: int
    device: str
    sae_left: int
    buffer_left: int
    disk_left: int
    folder: Path

    def sentence(self) -> str:
        """For the terminal, before the run."""
        if self.device == "cpu":
            memory = f"up to {_gib(self.sae + self.buffer)} on top of the model, {_gib(self.buffer_left)} available"
        else:
            memory = (
                f"up to {_gib(self.sae)} on {self.device} on top of the model, {_gib(self.sae_left)} available, and "
                f"{_gib(self.buffer)} beside it, {_gib(self.buffer_left)} available"
            )
        return f"{memory}; disk: up to {_gib(self.disk)}, {_gib(self.disk_left)} available"

    def require_fit(self) -> None:
        """Raise MemoryRefused or TrainingRefused, with the numbers and the remedy, if it would not fit."""
        here = self.buffer + (self.sae if self.device == "cpu" else 0)
        places = [(here, self.buffer_left, "memory")]
        if self.device != "cpu":
            places.append((self.sae, self.sae_left, f"memory of {self.device}"))
        for need, left, what in places:
            if need > 0.9 * left:
                raise MemoryRefused(
                    f"This training needs up to {_gib(need)} of {what} and {_gib(left)} are available: use a smaller "
                    "--d-sae or --step-tokens, or fewer hooks at once, or free memory."
                )
        if self.disk > 0.95 * self.disk_left:
            raise TrainingRefused(
                f"This training needs up to {_gib(self.disk)} of disk space in {self.folder} and "
                f"{_gib(self.disk_left)} are free: free some, set PERISCOPE_DATA_DIR to another disk, or use a smaller "
                "--d-sae."
            )


def estimate_training(
    model: LanguageModel, recipe: Recipe, widths: Mapping[str, int], tokens_per_reading: int, folder: Path
) -> TrainingNeed:
    """The need of a run whose files go to ``folder``; ``tokens_per_reading``: of its corpus, at most."""
    width = sum(widths.values())
    parameters = sum(recipe.d_sae * (2 * w + _VECTORS) + w for w in widths.values())
    step = recipe.step_tokens * (recipe.d_sae * _STEP_COPIES + 6 * max(widths.values())) * 4
    rows = recipe.buffer_prompts(width) * recipe.context
    rows = min(rows, tokens_per_reading + recipe.context)
    forward = recipe.batch * recipe.context * model.facts.d_model * _ACTIVATION_COPIES * 4
    buffer = rows * width * 4 + rows * 8
    on_cpu = model.device.type != "cuda"
    sae = parameters * 4 * _COPIES + step
    device = "cpu" if on_cpu else str(model.device)
    sae_left = available_memory() if on_cpu else int(torch.cuda.mem_get_info(model.device)[0])
    prompts = 4 * (tokens_per_reading + recipe.n_held_out * recipe.context) * 11 // 10
    disk = prompts + parameters * 4 * (_SAVED_COPIES * _SAVED + 2)
    return TrainingNeed(
        sae=sae + (0 if on_cpu else forward),
        buffer=buffer + (forward if on_cpu else 0),
        disk=disk,
        device=device,
        sae_left=sae_left,
        buffer_left=available_memory(),
        disk_left=shutil.disk_usage(_existing(folder)).free,
        folder=folder,
    )


@torch.no_grad()
def seconds_needed(model: LanguageModel, recipe: Recipe, widths: Mapping[str, int]) -> float:
    """How long the run takes, from one forward pass and one product of a step, measured here."""
    ids = torch.arange(recipe.batch * recipe.context).remainder(model.facts.vocab_size).view(recipe.batch, -1)
    hooks = list(widths)
    model.run_to_hooks(ids[:1], hooks)  # the first pass also loads what later ones find loaded
    began = time.monotonic()
    model.run_to_hooks(ids, hooks)
    _wait(model)
    forward = (time.monotonic() - began) / ids.numel()
    step = 0.0
    for width in widths.values():
        x = torch.rand(min(recipe.step_tokens, 512), width, device=model.device)
        weight = torch.rand(width, min(recipe.d_sae, 4096), device=model.device)
        x @ weight
        began = time.monotonic()
        x @ weight
        _wait(model)
        # Six products of that kind, and about as much again for what is done with every latent.
        step += 12 * (time.monotonic() - began) / len(x) * recipe.d_sae / weight.shape[1]
        # Adam reads and writes all parameters once a step.
        step += 2 * width * recipe.d_sae / 2e8 / recipe.step_tokens
    return recipe.tokens * (forward + step)


def _wait(model: LanguageModel) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize(model.device)


def _existing(folder: Path) -> Path:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return place


def _gib(n: int) -> str:
    return f"{n / 2**30:.1f} GiB" if n >= 1 << 27 else f"{math.ceil(n / 2**20)} MiB"
