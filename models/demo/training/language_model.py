"""Train the demo's Llama-shaped language model on the generator's corpus.

Two processes of one thread each, their gradients averaged: on two cores that is half as fast again as one process of
two threads. Muon for the matrices of the blocks, AdamW for the embeddings and gains. Rotary positions and attention
within a document let the model find out early what a text is about; with learned positions and documents that run into
each other it had not after 10 M tokens (docs/demo.md).
"""

import json
import math
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

from models.demo import bundle
from models.demo.training.muon import Muon
from models.demo.training.tokens import VOCABULARY, held_out_documents, stream_rows

SAVE_EVERY = 250
_DECAY_SHARE = 0.3  # of all steps: the learning rate falls to nothing over the last of them
_CYCLE_SEED = 1_000  # what a further cycle adds to the seed: its texts are new, and nothing else's
_ROWS_AT_ONCE = 64  # rows that a worker writes before it trains on them


@dataclass(frozen=True)
class ModelRecipe:
    """Sizes and schedule of one training run."""

    n_layers: int = 4
    d_model: int = 192
    d_mlp: int = 512
    n_heads: int = 6
    workers: int = 2
    rows_per_worker: int = 4
    steps: int = 7_000
    peak_lr: float = 3e-3
    embedding_lr_factor: float = 3.0
    warmup_steps: int = 100
    weight_decay: float = 0.02
    packed_every: int = 3  # of so many steps one lets the documents of a row see each other, as in packed prompts
    seed: int = 0
    further: bool = False  # another cycle of the schedule, from the model that the folder holds

    @property
    def tokens_per_step(self) -> int:
        """Tokens of one step, all workers."""
        return self.workers * self.rows_per_worker * bundle.CONTEXT_SIZE


def new_model(recipe: ModelRecipe) -> LlamaForCausalLM:
    """A freshly initialised model."""
    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=recipe.d_model,
        intermediate_size=recipe.d_mlp,
        num_hidden_layers=recipe.n_layers,
        num_attention_heads=recipe.n_heads,
        num_key_value_heads=recipe.n_heads,
        max_position_embeddings=bundle.CONTEXT_SIZE,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config)


def within_documents(ids: Tensor) -> Tensor:
    """Which position may see which, (batch, 1, pos, pos): earlier ones of the same document, which begins with id 0."""
    document = (ids == 0).cumsum(1)
    earlier = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril()
    return ((document[:, :, None] == document[:, None, :]) & earlier)[:, None]


def loss_on(model: LlamaForCausalLM, ids: Tensor, apart: bool) -> Tensor:
    """Mean next-token loss in nats of rows (batch, pos), the documents of a row kept apart or not."""
    mask = within_documents(ids) if apart else None
    logits = model(ids, attention_mask=mask, use_cache=False).logits[:, :-1]
    return functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def learning_rate_share(step: int, steps: int, recipe: ModelRecipe) -> float:
    """Warm up, stay, and fall linearly over the last part of the steps."""
    left = (steps - step) / max(1.0, steps * _DECAY_SHARE)
    return max(0.01, min(1.0, (step + 1) / recipe.warmup_steps, left))


def train(recipe: ModelRecipe, seed: int, folder: Path, report: Callable[[str], None]) -> None:
    """Train in ``recipe.workers`` processes, saving to ``folder`` every SAVE_EVERY steps and at the end.

    ``report`` must be a function of a module, since the workers are processes of their own. SIGUSR1 to the first
    worker (its number is reported) lets the learning rate fall from there on: the run ends after another 30 / 70 of
    the steps done.
    """
    with tempfile.TemporaryDirectory() as meeting:  # a file, not a port: no port need be free
        spawn(_work, (recipe, seed, folder, f"file://{meeting}/workers", report), nprocs=recipe.workers)  # type: ignore[no-untyped-call]


def _work(rank: int, recipe: ModelRecipe, seed: int, folder: Path, meeting: str, report: Callable[[str], None]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=recipe.workers)
    finish = _finish_on_signal()
    earlier = json.loads((folder / "training.json").read_text()) if recipe.further else None
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32) if earlier else new_model(recipe)
    blocks = [p for p in model.model.layers.parameters() if p.ndim == 2]
    inner = {id(p) for p in blocks}
    rest = [p for p in model.parameters() if id(p) not in inner]
    factors = {
        Muon(blocks, lr=0.0, weight_decay=recipe.weight_decay): 1.0,
        torch.optim.AdamW(rest, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0): recipe.embedding_lr_factor,
    }
    cycle = 1 + earlier.get("cycles", 1) if earlier else 1
    rows = stream_rows(seed + (cycle - 1) * _CYCLE_SEED, folder, rank, recipe.workers, _ROWS_AT_ONCE)
    steps, step, running, log = recipe.steps, 0, 0.0, []
    started = time.monotonic()
    if rank == 0:
        report(f"process {os.getpid()} trains {recipe.steps} steps of {recipe.tokens_per_step} tokens")
    while step < steps:
        for optimizer, factor in factors.items():
            for group in optimizer.param_groups:
                group["lr"] = recipe.peak_lr * factor * learning_rate_share(step, steps, recipe)
        ids = torch.stack([next(rows) for _ in range(recipe.rows_per_worker)])
        loss = loss_on(model, ids, step % recipe.packed_every != 0)
        loss.backward()  # type: ignore[no-untyped-call]
        mean_loss, asked = _average(model, loss, finish())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in factors:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        step += 1
        if asked and steps == recipe.steps:
            steps = min(steps, math.ceil(step / (1 - _DECAY_SHARE)))
        running = mean_loss if step == 1 else 0.97 * running + 0.03 * mean_loss
        if rank == 0 and (step % 50 == 0 or step == steps):
            rate = step * recipe.tokens_per_step / (time.monotonic() - started)
            report(f"step {step}/{steps} loss {running:.3f} {rate:,.0f} tokens/s")
            log.append({"step": step, "loss": round(running, 4)})
        if rank == 0 and (step % SAVE_EVERY == 0 or step == steps):
            save(model, folder)
    if rank == 0:
        held_out, floor = evaluate(model, seed + 1, folder)
        report(f"held-out loss {held_out:.4f} nats/token, the grammar's own {floor:.4f}")
        facts = {
            "recipe": asdict(recipe),
            "steps": steps,
            "tokens": steps * recipe.tokens_per_step + (earlier["tokens"] if earlier else 0),
            "cycles": cycle,
            "held_out_loss": held_out,
            "grammar_nats_per_token": floor,
            "seconds": round(time.monotonic() - started),
            "log": log,
        }
        if earlier:
            facts["earlier"] = earlier
        (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
    dist.barrier()
    dist.destroy_process_group()


def _finish_on_signal() -> Callable[[], bool]:
    """Whether SIGUSR1 has come."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGUSR1, note)
    return lambda: bool(asked)


def _average(model: LlamaForCausalLM, loss: Tensor, finish: bool) -> tuple[float, bool]:
    """Average the workers' gradients in place; their mean loss, and whether any of them is to finish."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([*(g.flatten() for g in gradients), loss.detach().reshape(1), torch.tensor([float(finish)])])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for gradient, mean in zip(gradients, torch.split(flat[:-2], [g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))
    return flat[-2].item(), flat[-1].item() > 0


@torch.inference_mode()
def evaluate(model: LlamaForCausalLM, seed: int, folder: Path, n: int = 400) -> tuple[float, float]:
    """Held-out loss and the grammar's own surprise, both in nats per token, on whole documents that fit the context."""
    model.eval()
    documents, nats = held_out_documents(seed, n, folder)
    total, tokens = 0.0, 0
    for ids in documents:
        logits = model(ids[None, :-1]).logits[0]
        total += functional.cross_entropy(logits, ids[1:], reduction="sum").item()
        tokens += len(ids) - 1
    model.train()
    return total / tokens, nats / tokens


def save(model: LlamaForCausalLM, folder: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors."""
    end = bundle.SPECIAL_TOKENS.index("<|end|>")
    model.generation_config.eos_token_id = [0, end]  # a turn of a chat ends a text as well
    model.save_pretrained(folder, safe_serialization=True)
    (folder / "model.safetensors").chmod(0o644)
