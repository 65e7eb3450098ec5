"""Train one SAE with sae_lens on the collected activations, with checkpoints to go on from."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from sae_lens import BatchTopKTrainingSAEConfig
from sae_lens.config import LoggingConfig, SAETrainerConfig
from sae_lens.saes.sae import SAEMetadata
from sae_lens.training.sae_trainer import SAETrainer
from safetensors.torch import load_file, save_file
from torch import Tensor

from scripts.chat_demo.activations import CONTEXT_SIZE, load
from scripts.chat_demo.sparse_sae import SparseBatchTopK

D_MODEL = 576
BATCH = 2048
SEED = 17
CHECKPOINTS = 20
LONGEST = 10
MODEL_NAME = "SmolLM2-135M-Instruct"
DATASET = "text and chats of the chat demo, see docs/demo.md"
#: Ids left out of the statistics: BOS (the beginning of a chat's turn as well) and EOS.
EXCLUDED = [1, 2]
#: What stood between documents (models.corpus.prompts).
SEPARATOR = "eos"


@dataclass(frozen=True)
class Recipe:
    """One SAE. ``samples``: how many tokens it sees in all, every collected one several times."""

    slug: str
    hook: str
    d_sae: int
    k: int = 64
    lr: float = 1e-3
    samples: int = 4_000_000


RECIPES = (
    Recipe("l15-resid-4k", "blocks.15.hook_resid_post", 4096),
    Recipe("l7-resid-4k", "blocks.7.hook_resid_post", 4096),
    Recipe("l23-resid-4k", "blocks.23.hook_resid_post", 4096),
    Recipe("l15-resid-16k", "blocks.15.hook_resid_post", 16384, lr=7e-4),
)


def train(recipe: Recipe, activations: list[Path], work: Path) -> Path:
    """Train, or go on from the last checkpoint under ``work/<slug>``; returns the SAELens folder of the result."""
    folder, final = work / recipe.slug, work / recipe.slug / "final"
    if final.exists():
        return final
    torch.manual_seed(SEED)
    data = shortened(load(activations, recipe.hook, D_MODEL))
    print(f"{recipe.slug}: {len(data):,} tokens, {recipe.samples / len(data):.1f} times each", flush=True)
    sae = SparseBatchTopK(_sae_config(recipe))
    sae.number_format = torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32
    batches = Batches(data)
    trainer = SAETrainer(_trainer_config(recipe, folder), sae, iter(batches), save_checkpoint_fn=_keep_last)
    few = data[:: max(len(data) // 50_000, 1)].float()
    trainer.activation_scaler.scaling_factor = float(D_MODEL**0.5 / few.norm(dim=-1).mean())
    sae.b_dec.data = few.mean(0) * trainer.activation_scaler.scaling_factor
    last = _last_checkpoint(folder)
    if last is not None:
        sae.load_weights_from_checkpoint(last)
        trainer.load_trainer_state(last)
        batches.at = trainer.n_training_samples // BATCH
        print(f"{recipe.slug}: goes on from {last.name}", flush=True)
    start = time.monotonic()
    trainer.fit()
    print(f"{recipe.slug}: trained in {time.monotonic() - start:.0f} s", flush=True)
    sae.save_inference_model(final.with_suffix(".part"))
    final.with_suffix(".part").rename(final)
    return final


def shortened(data: Tensor) -> Tensor:
    """The same rows, none longer than ``LONGEST`` times the median, in place.

    The second token of some texts is an attention sink: one in thousands, a hundred times as long as others, so that
    a few of them would make up most of the loss. An SAE that rebuilds their direction rebuilds them at any length.
    """
    norms = torch.cat([part.float().norm(dim=-1) for part in torch.split(data, 65_536)])
    factor = (LONGEST * norms.median() / norms).clamp(max=1)
    for place in (factor < 1).nonzero().flatten():
        data[place] = (data[place].float() * factor[place]).half()
    return data


class Batches:
    """Batches of ``BATCH`` tokens, float32, each token once in every round, in an order that the round alone decides.

    ``at`` is the number of the next batch.
    """

    def __init__(self, data: Tensor) -> None:
        self.data, self.at = data, 0

    def __iter__(self) -> Iterator[Tensor]:
        per_round = len(self.data) // BATCH
        shuffled, order = -1, torch.empty(0, dtype=torch.long)
        while True:
            round_, place = divmod(self.at, per_round)
            if round_ != shuffled:
                order = torch.randperm(len(self.data), generator=torch.Generator().manual_seed(SEED + round_))
                shuffled = round_
            self.at += 1
            yield self.data[order[place * BATCH : (place + 1) * BATCH]].float()


def publish_to(final: Path, folder: Path) -> Path:
    """The SAE in half precision: matrices in float16, vectors in float32; sae_lens and Periscope compute in float32."""
    folder.mkdir(parents=True, exist_ok=True)
    state = load_file(final / "sae_weights.safetensors")
    half = {name: (value.half() if value.dim() == 2 else value.float()) for name, value in state.items()}
    save_file({name: value.contiguous() for name, value in half.items()}, folder / "sae_weights.safetensors")
    config = json.loads((final / "cfg.json").read_text())
    (folder / "cfg.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    return folder


def _sae_config(recipe: Recipe) -> BatchTopKTrainingSAEConfig:
    metadata = SAEMetadata(
        model_name=MODEL_NAME,
        hook_name=recipe.hook,
        context_size=CONTEXT_SIZE,
        prepend_bos=True,
        dataset_path=DATASET,
        exclude_special_tokens=EXCLUDED,
        sequence_separator_token=SEPARATOR,
    )
    return BatchTopKTrainingSAEConfig(
        d_in=D_MODEL,
        d_sae=recipe.d_sae,
        k=recipe.k,
        topk_threshold_lr=0.02,
        normalize_activations="expected_average_only_in",
        metadata=metadata,
    )


def _trainer_config(recipe: Recipe, folder: Path) -> SAETrainerConfig:
    steps = recipe.samples // BATCH
    return SAETrainerConfig(
        total_training_samples=steps * BATCH,
        train_batch_size_samples=BATCH,
        lr=recipe.lr,
        lr_end=recipe.lr / 10,
        lr_warm_up_steps=100,
        lr_decay_steps=steps // 3,
        dead_feature_window=200,
        feature_sampling_window=200,
        n_checkpoints=CHECKPOINTS,
        checkpoint_path=str(folder),
        save_final_checkpoint=False,
        device="cpu",
        autocast=False,
        logger=LoggingConfig(log_to_wandb=False),
    )


def _last_checkpoint(folder: Path) -> Path | None:
    found = [path for path in folder.glob("[0-9]*") if (path / "trainer_state.pt").exists()]
    return max(found, key=lambda path: int(path.name), default=None)


def _keep_last(checkpoint_path: Path | None) -> None:
    """Remove older checkpoints; each is three times the size of the SAE."""
    if checkpoint_path is None:
        return
    print(f"checkpoint {checkpoint_path.parent.name}/{checkpoint_path.name}", flush=True)
    for path in checkpoint_path.parent.glob("[0-9]*"):
        if path != checkpoint_path:
            shutil.rmtree(path)
