"""The two demos: what is read of each, and what else is known of its labels."""

import json
from pathlib import Path
from typing import Any

from app.demo.demos import GRAMMAR
from models.demo import bundle as grammar
from models.demo.corpus.concepts import CONCEPTS
from models.demo_chat import bundle as chat
from models.loading.checks import SAE_WEIGHTS
from models.loading.opening import load_language_model
from models.loading.weight_files import sha256_of
from models.running.language_model import LanguageModel
from scripts.tested_labels.rules import Rule, labels, text_labels
from scripts.tested_labels.tokens import Tokens, one_pass
from scripts.tested_labels.write import label_row, write_rows

#: What an AUROC by text suggests is tested from here on.
BAR = 0.9
#: A latent steers to a concept if adding it makes the concept's words so many times as frequent.
RISE = 5.0
#: The texts of the labels are neither those of the training nor those of the build.
SEED_STEP = 4


def write_grammar(seed: int, n_prompts: int = 1600) -> dict[str, int]:
    """Write models/demo/labels.json; gives the number of labels that hold, by source."""
    model = load_language_model(str(grammar.LANGUAGE_MODEL), "cpu", "float32")
    folders = {source.slug: (source.folder, source.d_sae) for source in grammar.SOURCES}
    tokens, fires = one_pass(model, folders, "demo", seed + SEED_STEP, n_prompts, grammar.CONTEXT_SIZE)
    steerers = json.loads(grammar.STEERERS.read_text())["steerers"]
    rows: dict[str, list[dict[str, Any]]] = {}
    counts = {}
    for slug, (_, d_sae) in folders.items():
        held = list(labels(tokens, fires[slug], d_sae))
        steers = {item["index"]: item for item in steerers if item["source"] == slug}
        rows[slug] = [label_row(tokens, item, _steering(tokens, item[1], steers.get(item[0]))) for item in held]
        named = {latent for latent, _, _ in held}
        failed = [item for item in text_labels(tokens, fires[slug], d_sae, BAR) if item[0] not in named]
        rows[slug] += [label_row(tokens, item) for item in failed]
        counts[slug] = len(held)
        print(f"{slug}: {len(held)} labels hold, {len(failed)} that the texts suggest fail", flush=True)
    weights = {source.slug: sha256_of(source.folder / SAE_WEIGHTS) for source in grammar.SOURCES}
    assert GRAMMAR.request.corpus == "demo"  # noqa: S101 (the rules name its labels)
    write_rows(grammar.LABELS, rows, {"weights": weights})
    return counts


def _steering(tokens: Tokens, rule: Rule, steerer: dict[str, Any] | None) -> dict[str, Any]:
    """What steering with the latent did, if it brought what the label says."""
    if steerer is None or steerer["words"] < RISE * steerer["words_unsteered"]:
        return {}
    concept = next(item for item in CONCEPTS if item.name == steerer["concept"])
    kind = f"{rule.kind[0]}:{tokens.values[rule.kind[0]][rule.kind[1]]}" if rule.kind else ""
    own = sum(tokens.words[word] in concept.words for word in rule.words)
    if kind != concept.name and 2 * own < max(1, len(rule.words)):
        return {}
    return {"steering": {name: steerer[name] for name in ("concept", "words", "words_unsteered", "strength")}}


def write_chat(model: LanguageModel, n_prompts: int, path: Path) -> dict[str, int]:
    """Write models/demo_chat/labels.json; gives the number of labels by source."""
    folders = {source.slug: (source.folder, source.d_sae) for source in chat.SOURCES}
    tokens, fires = one_pass(model, folders, chat.CORPUS_NAME, 0, n_prompts, chat.CONTEXT_SIZE, chat.MAX_NORM_RATIO)
    rows = {
        slug: [label_row(tokens, item) for item in labels(tokens, fires[slug], d_sae)]
        for slug, (_, d_sae) in folders.items()
    }
    weights = {source.slug: sha256_of(source.folder / SAE_WEIGHTS) for source in chat.SOURCES}
    write_rows(path, rows, {"weights": weights})
    return {slug: len(found) for slug, found in rows.items()}
