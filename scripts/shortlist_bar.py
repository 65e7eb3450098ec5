"""Hold Ablate's shortlist against brute force: every active latent of every prompt removed, one by one.

    python -m scripts.shortlist_bar grammar|chat [--prompts 200] [--tokens 6 16] [--budget RUNS] [--sources SLUG ...]

For each source of a bundled model, over prompts of a corpus: how often the strongest pair is listed, how many of the
ten strongest are, how often no unlisted pair exceeds the stated bound, and how far the bound lies above the largest of
them. The bars: 99 %, 95 %, and the stated confidence. ``--budget`` sets the runs of the list below what is usual, so
that short prompts are not simply done whole. The grammar takes minutes, the chat model an hour or more.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from scipy.stats import beta

from models.causal.ablation import Ablation, AblationPlan, ablate
from models.causal.attribution import Prompt
from models.loading.opening import load_dictionary, load_language_model
from models.running.chat import text_prompt
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.pace import result_of
from models.sources import SourceSpec

#: More runs than any prompt needs.
ALL = 10**9
#: Documents of the grammar's corpus that no training has seen, and choices of prompts.
SEED = 770_021


@dataclass(frozen=True)
class Case:
    """One prompt: what the list has of the truth, and what its bound said."""

    n_pairs: int
    n_exact: int
    has_strongest: bool
    of_ten: float
    bound: float
    largest_unlisted: float
    confidence: float

    @property
    def holds(self) -> bool:
        """No unlisted pair exceeds the bound; rounding aside."""
        return self.largest_unlisted <= self.bound + 1e-4


def compare(prompt: Prompt, plan: AblationPlan) -> Case:
    """The list as it is given, against all pairs."""
    found: Ablation = result_of(ablate(prompt, None, None, plan))
    whole: Ablation = result_of(ablate(prompt, None, None, AblationPlan(len(prompt.pairs), plan.removal, ALL)))
    listed = {(effect.position, effect.latent) for effect in found.effects}
    truth = [((effect.position, effect.latent), abs(effect.exact)) for effect in whole.effects]
    ten = truth[:10]
    return Case(
        n_pairs=len(truth),
        n_exact=found.audit.n_exact,
        has_strongest=ten[0][0] in listed,
        of_ten=sum(place in listed for place, _ in ten) / len(ten),
        bound=found.audit.bound,
        largest_unlisted=max((size for place, size in truth if place not in listed), default=0.0),
        confidence=found.audit.confidence,
    )


def grammar_texts() -> Iterator[str]:
    """Fresh documents of the bundled grammar."""
    from models.demo.corpus.generator import documents

    return (document.text for document in documents(SEED))


def chat_texts() -> Iterator[str]:
    """Texts of the chat demo's corpus, in an order of their own."""
    import pyarrow.parquet as parquet

    from models.demo_chat.bundle import CORPUS

    rows = parquet.read_table(CORPUS).to_pylist()
    for place in np.random.default_rng(SEED).permutation(len(rows)).tolist():
        row = rows[place]
        text = row.get("text") or "\n".join(message["content"] for message in row.get("messages") or ())
        if text:
            yield text


def prompts(
    model: LanguageModel, dictionary: Dictionary, texts: Iterator[str], tokens: tuple[int, int]
) -> Iterator[Prompt]:
    """Beginnings of texts, each of a length drawn between the two, on which more latents are active than are listed."""
    lengths = np.random.default_rng(SEED)
    for text in texts:
        ids = model.tokenize(text)[: int(lengths.integers(tokens[0], tokens[1] + 1))]
        beginning = "".join(model.token_strings(ids))
        read = text_prompt(model, beginning, prepend_bos=True, limit=model.facts.context_size)
        prompt = Prompt(model, dictionary, read.ids, read.counts)
        if len(prompt.pairs) > 20:
            yield prompt


def chat_location(folder: Path) -> str:
    """The chat model, turned into safetensors below ``folder``."""
    from models.demo_chat.bundle import FETCH, installed_model
    from models.loading.gguf_file import convert_gguf

    file = installed_model()
    if file is None:
        raise SystemExit(f"The chat model is not installed; run `{FETCH}`.")
    convert_gguf(file, folder)
    [config] = folder.glob("*/*/config.json")
    return str(config.parent)


def report(slug: str, cases: Sequence[Case]) -> str:
    """A row of the table in docs/ablation.md."""
    n = len(cases)
    strongest = sum(case.has_strongest for case in cases)
    holds = sum(case.holds for case in cases)
    sampled = [case for case in cases if case.n_exact < case.n_pairs]
    above = [case.bound / max(case.largest_unlisted, 1e-4) for case in sampled]
    wide = f"{np.median(above):.1f}" if above else "–"
    low = beta.ppf(0.05, holds, n - holds + 1) if holds else 0.0
    return (
        f"| {slug} | {n} | {np.median([c.n_pairs for c in cases]):.0f} | {np.median([c.n_exact for c in cases]):.0f} "
        f"| {len(sampled)} | {strongest / n:.1%} | {np.mean([c.of_ten for c in cases]):.1%} "
        f"| {holds / n:.1%} (≥ {low:.1%}) | {wide} |"
    )


def main() -> None:
    """A row for each source, as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["grammar", "chat"])
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--tokens", type=int, nargs=2, default=(6, 16), metavar=("LEAST", "MOST"))
    parser.add_argument("--budget", type=int, default=None)
    parser.add_argument("--sources", nargs="*", default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.which == "grammar":
            from models.demo import bundle

            location, sources, texts = str(bundle.LANGUAGE_MODEL), bundle.SOURCES, grammar_texts
        else:
            from models.demo_chat import bundle as chat_bundle

            location, sources, texts = chat_location(Path(folder)), chat_bundle.SOURCES, chat_texts  # type: ignore[assignment]
        model = load_language_model(location, "cpu", "float32")
        print(
            "| source | prompts | pairs | removed | with a sample | strongest | of ten | bound holds | bound / "
            "largest |"
        )
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        for source in sources:
            if given.sources and source.slug not in given.sources:
                continue
            dictionary = load_dictionary(SourceSpec(location, str(source.folder), None))
            found = prompts(model, dictionary, texts(), tuple(given.tokens))
            plan = AblationPlan(budget=given.budget)
            print(report(source.slug, [compare(prompt, plan) for prompt in islice(found, given.prompts)]), flush=True)


if __name__ == "__main__":
    main()
