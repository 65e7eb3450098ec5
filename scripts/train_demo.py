"""Make the bundled demo again from nothing: corpus, tokenizer, language model, SAEs, labels.

    python scripts/train_demo.py all            # everything, one after the other
    python scripts/train_demo.py model|sae SLUG|labels

Needs no network. Work files go to .training/, results to models/demo/.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("WANDB_MODE", "disabled")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

from models.demo import bundle

WORK = Path(__file__).resolve().parents[1] / ".training"
SEED = 20_261_121
TOKENIZER_DOCUMENTS = 40_000


def make_tokens(n_tokens: int) -> None:
    """Train the tokenizer and write the training rows to .training/rows.npz."""
    from models.demo.training.tokens import token_rows, train_tokenizer

    WORK.mkdir(exist_ok=True)
    train_tokenizer(SEED, TOKENIZER_DOCUMENTS, bundle.LANGUAGE_MODEL)
    rows, floor = token_rows(SEED, n_tokens, bundle.LANGUAGE_MODEL)
    held_out, _ = token_rows(SEED + 1, 60_000, bundle.LANGUAGE_MODEL)
    np.savez(WORK / "rows.npz", rows=rows, held_out=held_out, floor=floor)
    print(f"{rows.size:,} tokens, grammar {floor:.4f} nats/token")


def make_model(first_step: int = 0) -> None:
    """Train the language model on .training/rows.npz, or go on at a step that was saved."""
    from models.demo.training.language_model import ModelRecipe, train

    data = np.load(WORK / "rows.npz")

    def report(line: str) -> None:
        print(line, flush=True)

    recipe, folder, floor = ModelRecipe(), bundle.LANGUAGE_MODEL, float(data["floor"])
    train(data["rows"], data["held_out"], recipe, folder, report, floor, first_step)


def make_dictionary(slug: str, n_tokens: int) -> None:
    """Train one SAE with sae_lens."""
    from models.demo.training.dictionary import train_dictionary

    source = next((s for s in bundle.SOURCES if s.slug == slug), None)
    if source is None:
        sys.exit(f"unknown SAE {slug}; there are {', '.join(s.slug for s in bundle.SOURCES)}")
    train_dictionary(source, np.load(WORK / "rows.npz")["rows"], n_tokens, WORK)


def make_labels() -> None:
    """Find the latents that detect the generator's concepts and write models/demo/labels.json."""
    from models.demo.training.labels import write_labels

    for slug, n in write_labels(SEED).items():
        print(f"{slug}: {n} labels")


def main() -> None:
    """Parse and call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["all", "tokens", "model", "sae", "labels"])
    parser.add_argument("slug", nargs="?", help="which SAE, for the step sae")
    parser.add_argument("--model-tokens", type=int, default=6_500_000)
    parser.add_argument("--first-step", type=int, default=0, help="go on with the model at this saved step")
    parser.add_argument("--sae-tokens", type=int, default=2_000_000)
    options = parser.parse_args()
    if options.step in ("all", "tokens"):
        make_tokens(options.model_tokens)
    if options.step in ("all", "model"):
        make_model(options.first_step)
    if options.step == "sae":
        make_dictionary(options.slug, options.sae_tokens)
    if options.step == "all":
        for source in bundle.SOURCES:  # sae_lens replaces signal handlers for good: a process of its own each
            command = [sys.executable, __file__, "sae", source.slug, "--sae-tokens", str(options.sae_tokens)]
            subprocess.run(command, check=True)
    if options.step in ("all", "labels"):
        make_labels()


if __name__ == "__main__":
    main()
