"""The SAEs that are trained: sae_lens's classes and settings for each kind."""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import torch
from sae_lens.config import LoggingConfig, SAETrainerConfig
from sae_lens.registry import get_sae_training_class
from sae_lens.saes.sae import SAEMetadata

from models.training.recipe import MATRYOSHKA_SHARES, Recipe

#: sae_lens's name of a kind, where it is another one.
_NAMES = {"matryoshka": "matryoshka_batchtopk"}
#: sae_lens's threshold of BatchTopK is a mean over so many steps; short runs need a fast one.
_THRESHOLD_STEPS = 50
_BANDWIDTH = 0.5  # of jumprelu, for activations of mean norm √d and decoder rows of length 1


def make_sae(recipe: Recipe, width: int, metadata: Mapping[str, Any], device: str) -> Any:
    """A fresh training SAE; the seed and the recipe decide its first values.

    ``width``: values per token at its hook. ``metadata``: what its cfg.json is to say.
    """
    torch.manual_seed(recipe.seed)
    sae_class, config_class = get_sae_training_class(_NAMES.get(recipe.kind, recipe.kind))
    config = config_class(
        d_in=width,
        d_sae=recipe.d_sae,
        device=device,
        dtype="float32",
        normalize_activations="expected_average_only_in",
        metadata=SAEMetadata(**metadata),
        **_settings(recipe, width),
    )
    return sae_class(config)


def _settings(recipe: Recipe, width: int) -> dict[str, Any]:
    kind, warm_up = recipe.kind, recipe.steps // 5
    if kind in ("topk", "abstopk"):
        return {"k": recipe.k}
    if kind in ("batchtopk", "matryoshka"):
        widths = sorted({max(1, round(share * recipe.d_sae)) for share in MATRYOSHKA_SHARES})
        parts = {"matryoshka_widths": widths} if kind == "matryoshka" else {}
        return {"k": recipe.k, "topk_threshold_lr": 1 / _THRESHOLD_STEPS, **parts}
    if kind == "jumprelu":
        target = recipe.k or 1
        norm = _first_norm(recipe, width)
        return {
            "jumprelu_sparsity_loss_mode": "quadratic",
            "target_l0": target,
            "l0_coefficient": 1.0,
            "l0_warm_up_steps": warm_up,
            "jumprelu_bandwidth": _BANDWIDTH * norm,
            # Pre-activations of random rows are normal at first: this threshold lets as many pass as are wanted.
            "jumprelu_init_threshold": norm * NormalDist().inv_cdf(1 - min(0.5, target / recipe.d_sae)),
            "jumprelu_ste_to_input": True,
            "decoder_init_norm": norm,
        }
    first = {"decoder_init_norm": _first_norm(recipe, width)} if kind == "standard" else {}
    return {"l1_coefficient": recipe.l1, "l1_warm_up_steps": warm_up, **first}


def _first_norm(recipe: Recipe, width: int) -> float:
    """The length of the decoder's first rows with which d_sae random latents, half of them active, rebuild their input.

    The rows of topk and its kin are rescaled at every step; with others a short run would go into growing them.
    """
    return float(min(1.0, (2 * width / recipe.d_sae) ** 0.5))


def trainer_settings(recipe: Recipe, device: str) -> SAETrainerConfig:
    """sae_lens's settings of a run: warm-up, constant rate, decay to zero."""
    steps = recipe.steps
    return SAETrainerConfig(
        total_training_samples=steps * recipe.step_tokens,
        train_batch_size_samples=recipe.step_tokens,
        lr=recipe.lr,
        lr_end=recipe.lr / 10,
        lr_warm_up_steps=min(1000, steps // 20),
        lr_decay_steps=steps // 3,
        dead_feature_window=recipe.dead_steps,
        feature_sampling_window=max(recipe.dead_steps, 1),
        n_checkpoints=0,
        checkpoint_path=None,
        save_final_checkpoint=False,
        device=device,
        autocast=False,
        logger=LoggingConfig(log_to_wandb=False),
    )
