"""What each SAE reaches on documents that were held out, as ``periscope build`` defines the figures."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch

from models.building.quality import HeldOut, clean_loss, measure_quality
from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.loading.opening import load_dictionary
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from scripts.chat_demo.activations import CONTEXT_SIZE, load
from scripts.chat_demo.training import D_MODEL, Recipe

#: Prompts whose loss is taken with the SAE in place: of texts and of chats.
PROMPTS = {"texts-held-out": 48, "chats-held-out": 16}
DEAD_SAMPLE = 400_000


@dataclass(frozen=True)
class Figures:
    """``explained_variance`` and ``l0`` over the cached tokens, ``usual`` without the few attention sinks;
    ``dead``: never active on ``dead_tokens`` tokens of the training text.
    """

    held_out_tokens: int
    explained_variance: float
    explained_variance_usual: float
    l0: float
    dead: float
    dead_tokens: int
    loss_tokens: int
    loss_clean: float | None
    loss_sae: float | None
    loss_zero: float | None
    loss_recovered: float | None


def measure(model: LanguageModel, recipe: Recipe, folder: Path, corpus: Path, activations: Path) -> Figures:
    """All figures of the SAE in ``folder``."""
    dictionary = load_dictionary(SourceSpec(MODEL, str(folder)))
    held = load([path for name in PROMPTS if (path := activations / name).exists()], recipe.hook, D_MODEL)
    norms = held.float().norm(dim=-1)
    usual = norms < 10 * norms.median()
    rebuilt = [_rebuild(dictionary, part.float()) for part in torch.split(held, 4096)]
    errors = torch.cat([error for error, _ in rebuilt])
    seen = load([path for name in ("texts", "chats") if (path := activations / name).exists()], recipe.hook, D_MODEL)
    sample = seen[torch.randperm(len(seen), generator=torch.Generator().manual_seed(0))[:DEAD_SAMPLE]]
    fired = torch.zeros(dictionary.d_sae, dtype=torch.bool)
    for part in torch.split(sample, 4096):
        fired |= (dictionary.encode(part.float()) > 0).any(0)
    held_out = _held_out(model, corpus)
    quality = measure_quality(model, dictionary, held_out, clean_loss(model, held_out))
    return Figures(
        held_out_tokens=len(held),
        explained_variance=_explained(held, errors),
        explained_variance_usual=_explained(held[usual], errors[usual]),
        l0=float(torch.cat([active for _, active in rebuilt]).float().mean()),
        dead=float((~fired).float().mean()),
        dead_tokens=len(sample),
        loss_tokens=int(held_out.counts.sum()),
        loss_clean=quality.loss_clean,
        loss_sae=quality.loss_sae,
        loss_zero=quality.loss_zero,
        loss_recovered=quality.loss_recovered,
    )


#: What a SourceSpec asks for; the model itself is loaded already.
MODEL = "SmolLM2-135M-Instruct"


def _rebuild(dictionary: Dictionary, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Squared error (n,) and number of active latents (n,)."""
    latents = dictionary.encode(x)
    return (x - dictionary.decode(latents, x)).double().square().sum(-1), (latents > 0).sum(-1)


def _explained(x: torch.Tensor, errors: torch.Tensor) -> float:
    mean = x.double().mean(0)
    total = torch.stack([(part.double() - mean).square().sum() for part in torch.split(x, 65_536)]).sum()
    return 1 - float(errors.sum() / total)


def _held_out(model: LanguageModel, corpus: Path) -> HeldOut:
    shape = PromptShape(CONTEXT_SIZE, prepend_bos=True)
    rows = chain.from_iterable(
        islice(prompts(open_corpus(str(path)), model, shape), n)
        for name, n in PROMPTS.items()
        if (path := corpus / f"{name}.jsonl").exists()
    )
    ids = np.stack(list(rows))
    return HeldOut(ids, ~np.isin(ids, uncounted_ids(model)))


def table(folder: Path, recipes: Sequence[Recipe]) -> str:
    """The figures of all SAEs that have been measured, for docs/demo.md."""
    rows = ["| SAE | hook | latents | L0 | explained variance | loss recovered | dead |", "|---" * 7 + "|"]
    for recipe in recipes:
        path = folder / recipe.slug / "quality.json"
        if path.exists():
            found = Figures(**json.loads(path.read_text()))
            rows.append(
                f"| {recipe.slug} | `{recipe.hook}` | {recipe.d_sae:,} | {found.l0:.1f} | "
                f"{found.explained_variance_usual:.3f} ({found.explained_variance:.3f}) | "
                f"{found.loss_recovered or float('nan'):.3f} | {found.dead:.1%} |"
            )
    return "\n".join(rows)


def write(figures: Figures, path: Path) -> None:
    """As JSON, and one line for the log."""
    path.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    print(path.parent.name, " ".join(f"{name}={value}" for name, value in asdict(figures).items()), flush=True)
