"""Train the demo's GPT-2-shaped language model on the generator's corpus.

Muon for the matrices of the blocks, AdamW for the embeddings and gains. float32 unless the CPU has bfloat16
instructions, in which case autocast multiplies several times faster; without them it is fifty times slower.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel

from models.demo import bundle
from models.demo.training.muon import Muon
from models.demo.training.tokens import VOCABULARY

Rows = NDArray[np.uint16]
SAVE_EVERY = 300


@dataclass(frozen=True)
class ModelRecipe:
    """Sizes and schedule of one training run."""

    n_layers: int = 4
    d_model: int = 192
    n_heads: int = 6
    rows_per_step: int = 8
    peak_lr: float = 3e-3
    warmup_steps: int = 100
    final_lr_share: float = 0.02
    weight_decay: float = 0.02
    seed: int = 0


def new_model(recipe: ModelRecipe) -> GPT2LMHeadModel:
    """A freshly initialised model."""
    torch.manual_seed(recipe.seed)
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=bundle.CONTEXT_SIZE,
        n_embd=recipe.d_model,
        n_layer=recipe.n_layers,
        n_head=recipe.n_heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
        tie_word_embeddings=True,
    )
    return GPT2LMHeadModel(config)


def has_fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "avx512_bf16" in flags.read_text()


def loss_on(model: GPT2LMHeadModel, rows: Rows, autocast: bool) -> torch.Tensor:
    """Mean next-token loss in nats, without the positions whose target is a separator that stands for BOS."""
    ids = torch.from_numpy(rows.astype(np.int64))
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        hidden = model.transformer(ids[:, :-1]).last_hidden_state
        logits = model.lm_head(hidden)
    return functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())


def train(
    rows: Rows,
    held_out: Rows,
    recipe: ModelRecipe,
    folder: Path,
    report: Callable[[str], None],
    floor: float,
    first_step: int = 0,
) -> GPT2LMHeadModel:
    """One pass over ``rows`` (n, 256); saves to ``folder`` every SAVE_EVERY steps and at the end.

    ``first_step`` > 0 goes on from the weights in ``folder`` at that step of the schedule, with fresh momentum.
    """
    model = GPT2LMHeadModel.from_pretrained(folder) if first_step else new_model(recipe)
    blocks = [p for p in model.transformer.h.parameters() if p.ndim == 2]
    inner = {id(p) for p in blocks}
    rest = [p for p in model.parameters() if id(p) not in inner]
    optimizers: list[torch.optim.Optimizer] = [
        Muon(blocks, lr=recipe.peak_lr, weight_decay=recipe.weight_decay),
        torch.optim.AdamW(rest, lr=recipe.peak_lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    n_steps = len(rows) // recipe.rows_per_step
    autocast = has_fast_bfloat16()
    log: list[dict[str, float]] = []
    started = time.monotonic()
    running = 0.0
    for step in range(first_step, n_steps):
        lr = _learning_rate(step, n_steps, recipe)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = lr
        loss = loss_on(model, rows[step * recipe.rows_per_step : (step + 1) * recipe.rows_per_step], autocast)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        running = loss.item() if step == first_step else 0.95 * running + 0.05 * loss.item()
        if step % 50 == 49 or step == n_steps - 1:
            rate = (step + 1 - first_step) * recipe.rows_per_step * bundle.CONTEXT_SIZE / (time.monotonic() - started)
            report(f"step {step + 1}/{n_steps} loss {running:.3f} (grammar {floor:.3f}) {rate:,.0f} tokens/s")
            log.append({"step": step + 1, "loss": running})
        if step % SAVE_EVERY == SAVE_EVERY - 1 or step == n_steps - 1:
            save(model, folder)
    final = evaluate(model, held_out)
    report(f"held-out loss {final:.4f} nats/token, the grammar's own {floor:.4f}")
    facts = {
        "recipe": asdict(recipe),
        "tokens": int(n_steps * recipe.rows_per_step * bundle.CONTEXT_SIZE),
        "held_out_loss": final,
        "grammar_nats_per_token": floor,
        "seconds": time.monotonic() - started,
        "log": log,
    }
    (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
    return model


def _learning_rate(step: int, n_steps: int, recipe: ModelRecipe) -> float:
    if step < recipe.warmup_steps:
        return recipe.peak_lr * (step + 1) / recipe.warmup_steps
    done = (step - recipe.warmup_steps) / max(1, n_steps - recipe.warmup_steps)
    low = recipe.final_lr_share
    return recipe.peak_lr * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * done)))


@torch.inference_mode()
def evaluate(model: GPT2LMHeadModel, rows: Rows) -> float:
    """Mean held-out loss in nats per token, in float32."""
    model.eval()
    losses = [loss_on(model, rows[i : i + 16], False).item() for i in range(0, len(rows), 16)]
    model.train()
    return float(np.mean(losses))


def save(model: GPT2LMHeadModel, folder: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors."""
    model.save_pretrained(folder, safe_serialization=True)
    (folder / "model.safetensors").chmod(0o644)
