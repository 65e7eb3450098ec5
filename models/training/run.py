"""The training itself: one sae_lens trainer for each hook, all fed from one stream of activations.

As sae_lens's MultiSAETrainer: each trainer has its optimiser, schedules and counts of its own and is driven by the
seams that sae_lens has for that. The state of a run is the SAEs' tensors as they are, the trainers' state, and the
place in the stream; from it the run goes on to the same values, on the same kind of machine.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from sae_lens.training.sae_trainer import SAETrainer
from safetensors.torch import load_file, save_file

from models.errors import TrainingRefused
from models.loading.files import read_json
from models.training.readings import Reading
from models.training.recipe import Recipe
from models.training.saes import make_sae, trainer_settings
from models.training.stream import ActivationStream, Place, Scale

_TENSORS, _STATE = "tensors.safetensors", "state.json"


class Training:
    """SAEs on some hooks of one model. ``metadata``: hook -> what the cfg.json of its SAE says."""

    def __init__(
        self, recipe: Recipe, stream: ActivationStream, metadata: Mapping[str, Mapping[str, Any]], device: str
    ) -> None:
        self.recipe, self.stream = recipe, stream
        self.trainers: dict[str, Any] = {}
        self._last: dict[str, Any] = {}
        settings = trainer_settings(recipe, device)
        for hook, width in stream.widths.items():
            sae = make_sae(recipe, width, metadata[hook], device)
            self.trainers[hook] = SAETrainer(settings, sae, iter(()))

    @property
    def tokens_done(self) -> int:
        """Tokens that the SAEs were trained on."""
        return int(next(iter(self.trainers.values())).n_training_samples)

    @property
    def is_done(self) -> bool:
        """Whether all steps are."""
        return self.tokens_done >= self.recipe.steps * self.recipe.step_tokens

    def begin(self) -> None:
        """Scale the activations to a mean norm of √d, and start the decoders' biases at their mean."""
        self.stream.fill(0)
        for hook, mean in self.stream.means().items():
            trainer = self.trainers[hook]
            factor = math.sqrt(len(mean)) / self.stream.scales[hook].mean
            trainer.activation_scaler.scaling_factor = factor
            with torch.no_grad():
                trainer.sae.b_dec.copy_(mean * factor)

    def step(self) -> None:
        """One step of every SAE."""
        batch = self.stream.next()
        for hook, trainer in self.trainers.items():
            trainer.maybe_reset_sparsity()
            self._last[hook] = trainer.step(batch[hook])
            trainer.n_training_steps += 1

    def readings(self) -> dict[str, Reading]:
        """By hook, of the last step; TrainingRefused if a loss is no number."""
        found = {}
        for hook, output in self._last.items():
            trainer = self.trainers[hook]
            values = trainer.build_train_step_log_dict(output, trainer.n_training_samples)
            reading = Reading(
                loss=values["losses/overall_loss"],
                l0=values["metrics/l0"],
                explained_variance=values["metrics/explained_variance"],
                dead=values["sparsity/dead_features"] / self.recipe.d_sae,
            )
            if not math.isfinite(reading.loss):
                raise TrainingRefused(
                    f"After {self.tokens_done:,} tokens the loss at {hook} is no number any more; start again with a "
                    f"smaller --lr than {self.recipe.lr:g}."
                )
            found[hook] = reading
        return found

    # ---------------------------------------------------------------- state

    def save(self, folder: Path) -> None:
        """Write the state into a folder that is there and empty. Raises OSError."""
        for number, trainer in enumerate(self.trainers.values()):
            place = folder / str(number)
            place.mkdir()
            save_file({n: value.contiguous() for n, value in trainer.sae.state_dict().items()}, place / _TENSORS)
            trainer.save_trainer_state(place)
        state = {
            "hooks": list(self.trainers),
            "place": asdict(self.stream.place),
            "scales": {hook: asdict(scale) for hook, scale in self.stream.scales.items()},
            "threads": torch.get_num_threads(),
            "device": str(self.stream.model.device),
        }
        (folder / _STATE).write_text(json.dumps(state))

    def restore(self, folder: Path) -> str:
        """Go on from what ``save`` wrote; returns what about this machine differs, empty if nothing does.

        Raises whatever a damaged file raises.
        """
        state = read_json(folder / _STATE)
        if state["hooks"] != list(self.trainers):
            raise ValueError("it is of other hooks")
        for number, trainer in enumerate(self.trainers.values()):
            place = folder / str(number)
            trainer.sae.load_state_dict(load_file(place / _TENSORS))
            trainer.load_trainer_state(place)
        self.stream.place = Place(**state["place"])
        self.stream.scales = {hook: Scale(**scale) for hook, scale in state["scales"].items()}
        now = {"threads": torch.get_num_threads(), "device": str(self.stream.model.device)}
        changed = [f"{name} {state[name]} before and {now[name]} now" for name in now if state[name] != now[name]]
        return ", ".join(changed)

    # ---------------------------------------------------------------- result

    def finish(self) -> None:
        """Fold the scale of the activations into the SAEs and record their last sparsity, as sae_lens does."""
        for trainer in self.trainers.values():
            trainer.sae.fold_activation_norm_scaling_factor(trainer.activation_scaler.scaling_factor)
            trainer.activation_scaler.scaling_factor = None
            trainer.set_final_sae_metadata()

    def dead(self) -> dict[str, float]:
        """By hook, the share of latents that were not active in the last ``dead_steps`` steps."""
        return {hook: float(trainer.dead_neurons.float().mean()) for hook, trainer in self.trainers.items()}

    def publish(self, hook: str, folder: Path) -> None:
        """Write the SAE as SAELens publishes it. Raises OSError."""
        self.trainers[hook].sae.save_inference_model(folder)

    def release(self) -> None:
        """Give back the memory of optimisers, SAEs and buffer; nothing else can be done afterwards."""
        self.trainers.clear()
        self._last.clear()
        self.stream.release()
