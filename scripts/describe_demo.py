"""Measure the bundled demo on fresh texts and print the tables of docs/demo.md as Markdown.

python scripts/describe_demo.py > card.md
"""

import json
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from models.building.build_pass import BuildPass, PassPlan
from models.building.quality import clean_loss, measure_quality
from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.demo import bundle
from models.demo.corpus.concepts import NAMED
from models.demo.evaluation import auroc, concept_aurocs, concept_masks, sample_documents, text_maxima
from models.loading.opening import load_dictionary, load_language_model
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec

SEED = 880_001
TOKENS = 200_000
N_TEXTS = 4000
PROMPTS = (
    "Once upon a time",
    "<|user|>\nWhy do tides rise?<|end|>\n<|assistant|>\n",
    "Dear",
    "Recipe",
    "def ",
    "Querido",
)


def main() -> None:
    """Quality, concepts, samples."""
    model = load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")
    location = str(bundle.LANGUAGE_MODEL)
    dictionaries = {s.slug: load_dictionary(SourceSpec(location, str(s.folder), None)) for s in bundle.SOURCES}
    print_quality(model, dictionaries)
    print_concepts(model, dictionaries)
    print_steerers()
    print_samples(model)


def print_quality(model: LanguageModel, dictionaries: dict[str, Dictionary]) -> None:
    """One row per SAE."""
    state = BuildPass(model, dictionaries, PassPlan(TOKENS, 256, 8, 0), uncounted_ids(model))
    for _ in state.run(prompts(open_corpus("demo", SEED), model, PromptShape(256, True))):
        pass
    held = state.held_out_tokens()
    clean = clean_loss(model, held)
    print(f"On {TOKENS:,} fresh tokens; the model's own loss on the held-out ones is {clean:.3f} nats.\n")
    print("| SAE | hook | latents | L0 | explained variance | loss recovered | dead |\n|---|---|---|---|---|---|---|")
    for slug, dictionary in dictionaries.items():
        q = measure_quality(model, dictionary, held, clean)
        dead = float((state.statistics[slug].totals.n_active == 0).mean())
        print(
            f"| {slug} | `{dictionary.hook_name}` | {dictionary.d_sae:,} | {q.l0:.1f} | {q.explained_variance:.3f} | "
            f"{q.loss_recovered:.3f} | {dead:.1%} |"
        )


def print_concepts(model: LanguageModel, dictionaries: dict[str, Dictionary]) -> None:
    """The latent that detects each concept best on one sample, and its AUROC on another."""
    samples = [sample_documents(SEED + i, N_TEXTS) for i in (1, 2)]
    first, second = (text_maxima(model, list(dictionaries.values()), documents) for documents in samples)
    concepts = list(NAMED)
    masks = concept_masks(concepts, samples[1])
    chosen = [concept_aurocs(maxima, concepts, samples[0]) for maxima in first]
    slugs = list(dictionaries)
    rows = []
    for number, concept in enumerate(concepts):
        source = max(range(len(slugs)), key=lambda s: float(np.nanmax(chosen[s][number])))
        latent = int(np.nanargmax(chosen[source][number]))
        rows.append((concept.name, slugs[source], latent, float(auroc(second[source][:, [latent]], masks[number])[0])))
    good = sum(row[3] >= 0.95 for row in rows)
    print(f"\n{good} of {len(rows)} concepts reach an AUROC of 0.95 on {N_TEXTS:,} texts they were not chosen on.\n")
    print("| concept | best latent | AUROC |\n|---|---|---|")
    for name, slug, latent, score in rows:
        print(f"| {name} | {slug} {latent} | {score:.3f} |")


def print_steerers() -> None:
    """What was found when the demo was made (models/demo/training/steerers.py)."""
    facts = json.loads(bundle.STEERERS.read_text())
    rank = facts["rank_correlation_of_output_score"]
    print(f"\nOver {facts['candidates']} candidates, output score and rise have a rank correlation of {rank:.2f}.\n")
    print("| concept | latent | AUROC | output score | strength | safe up to | words per 100 tokens | unsteered |")
    print("|---|---|---|---|---|---|---|---|")
    for s in facts["steerers"]:
        strengths = f"{s['strength']:g} | {s['safe_high']:g}"
        words = f"{100 * s['words']:.1f} | {100 * s['words_unsteered']:.1f}"
        detects = f"{s['auroc']:.3f} | {s['output_score']:.3f}"
        print(f"| {s['concept']} | {s['source']} {s['index']} | {detects} | {strengths} | {words} |")


def print_samples(model: LanguageModel) -> None:
    """Texts at temperature 0.7."""
    torch.manual_seed(0)
    for prompt in PROMPTS:
        ids = torch.tensor([[model.bos_token_id or 0, *model.tokenize(prompt, allow_special=True)]])
        made = model.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=110,
            do_sample=True,
            temperature=0.7,
            pad_token_id=0,
        )
        print(f"\n```\n{model.tokenizer.decode(made[0, 1:])}\n```")


if __name__ == "__main__":
    main()
