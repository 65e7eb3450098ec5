"""Make the bundled demo again from nothing: tokenizer, language model, SAEs, labels, steerers.

    python scripts/train_demo.py all            # everything, one after the other
    python scripts/train_demo.py tokenizer|model|sae SLUG|labels|steerers
    python scripts/train_demo.py model --further   # another cycle, from the model that is there

Needs no network. Work files go to .training/, results to models/demo/.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("WANDB_MODE", "disabled")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from models.demo import bundle

WORK = Path(__file__).resolve().parents[1] / ".training"
SEED = 20_261_121
TOKENIZER_DOCUMENTS = 40_000


def make_tokenizer() -> None:
    """Train the tokenizer."""
    from models.demo.training.tokens import train_tokenizer

    train_tokenizer(SEED, TOKENIZER_DOCUMENTS, bundle.LANGUAGE_MODEL)


def make_model(steps: int | None, further: bool) -> None:
    """Train the language model, or train the one that is there further."""
    from models.demo.training.language_model import ModelRecipe, train

    recipe = ModelRecipe(further=further)
    train(replace(recipe, steps=steps) if steps else recipe, SEED, bundle.LANGUAGE_MODEL, say)


def say(line: str) -> None:
    """Print at once, also into a file."""
    print(line, flush=True)


def make_dictionary(slug: str, n_tokens: int) -> None:
    """Train one SAE with sae_lens."""
    from models.demo.training.dictionary import train_dictionary

    source = next((s for s in bundle.SOURCES if s.slug == slug), None)
    if source is None:
        sys.exit(f"unknown SAE {slug}; there are {', '.join(s.slug for s in bundle.SOURCES)}")
    WORK.mkdir(exist_ok=True)
    train_dictionary(source, SEED + 2, n_tokens, WORK)


def make_labels() -> None:
    """Name latents by rules that are tested and write models/demo/labels.json."""
    from scripts.tested_labels.demos import write_grammar

    for slug, n in write_grammar(SEED).items():
        print(f"{slug}: {n} labels")


def make_steerers() -> None:
    """Find the latents that bring the generator's concepts and write models/demo/steerers.json."""
    from models.demo.training.steerers import write_steerers

    n, correlation = write_steerers(SEED)
    say(f"{n} concepts rise five-fold; rank correlation of output score and rise {correlation:.2f}")


def main() -> None:
    """Parse and call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["all", "tokenizer", "model", "sae", "labels", "steerers"])
    parser.add_argument("slug", nargs="?", help="which SAE, for the step sae")
    parser.add_argument("--steps", type=int, help="steps of the language model, instead of the recipe's")
    parser.add_argument("--further", action="store_true", help="train the model that is there through another cycle")
    parser.add_argument("--sae-tokens", type=int, default=1_500_000)
    options = parser.parse_args()
    if options.step in ("all", "tokenizer"):
        make_tokenizer()
    if options.step in ("all", "model"):
        make_model(options.steps, options.further)
    if options.step == "sae":
        make_dictionary(options.slug, options.sae_tokens)
    if options.step == "all":
        for source in bundle.SOURCES:  # sae_lens replaces signal handlers for good: a process of its own each
            command = [sys.executable, __file__, "sae", source.slug, "--sae-tokens", str(options.sae_tokens)]
            subprocess.run(command, check=True)
    if options.step in ("all", "labels"):
        make_labels()
    if options.step in ("all", "steerers"):
        make_steerers()


if __name__ == "__main__":
    main()
