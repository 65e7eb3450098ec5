"""Train one of the demo's SAEs with sae_lens and save it in SAELens format."""

import shutil
from pathlib import Path

import torch
from datasets import Dataset
from sae_lens import (
    BatchTopKTrainingSAEConfig,
    LanguageModelSAERunnerConfig,
    LanguageModelSAETrainingRunner,
    LoggingConfig,
)
from transformer_lens.model_bridge import TransformerBridge

from models.demo import bundle
from models.demo.training.tokens import token_rows

#: The name that the metadata carries instead of a path of the machine it was trained on.
MODEL_NAME = "periscope-demo"


def train_dictionary(source: bundle.DemoSource, seed: int, n_tokens: int, work: Path, d_model: int = 192) -> None:
    """A BatchTopK SAE on ``n_tokens`` of the corpus of ``seed``; saved as the JumpReLU SAE that it is at inference."""
    torch.manual_seed(0)
    model = TransformerBridge.boot_transformers(str(bundle.LANGUAGE_MODEL), device="cpu", dtype=torch.float32)
    ahead = 600 * bundle.CONTEXT_SIZE  # the activation buffer reads ahead
    rows = token_rows(seed, n_tokens + ahead, bundle.LANGUAGE_MODEL)
    dataset = Dataset.from_dict({"tokens": rows}).with_format("torch")
    output = work / source.slug
    config = LanguageModelSAERunnerConfig(
        sae=BatchTopKTrainingSAEConfig(d_in=d_model, d_sae=source.d_sae, k=source.k, topk_threshold_lr=0.02),
        model_name=str(bundle.LANGUAGE_MODEL),
        hook_name=source.hook_name,
        dataset_path="periscope/demo-corpus",
        is_dataset_tokenized=True,
        streaming=False,
        context_size=bundle.CONTEXT_SIZE,
        prepend_bos=True,
        training_tokens=n_tokens,
        train_batch_size_tokens=2048,
        store_batch_size_prompts=16,
        n_batches_in_buffer=32,
        lr=source.lr,
        lr_warm_up_steps=100,
        lr_decay_steps=n_tokens // 2048 // 4,
        dead_feature_window=200,
        feature_sampling_window=500,
        device="cpu",
        model_from_pretrained_kwargs={},
        exclude_special_tokens=[0],
        logger=LoggingConfig(log_to_wandb=False),
        n_checkpoints=0,
        checkpoint_path=None,
        output_path=str(output),
        verbose=True,
        seed=0,
    )
    LanguageModelSAETrainingRunner(config, override_model=model, override_dataset=dataset).run()
    _publish(output, source.folder)


def _publish(trained: Path, folder: Path) -> None:
    """Copy what a SAELens folder holds, with the model's published name for the path it was trained from."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained / "sae_weights.safetensors", folder / "sae_weights.safetensors")
    text = (trained / "cfg.json").read_text().replace(str(bundle.LANGUAGE_MODEL), MODEL_NAME)
    (folder / "cfg.json").write_text(text.rstrip() + "\n")
