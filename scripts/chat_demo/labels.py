"""Labels of the chat demo's latents by rules that are tested: what token a latent fires on, and in what kind of text.

A rule is chosen on every other prompt of the shipped corpus and its figures are taken on the rest. A latent counts as
firing above a quarter of its maximum on the former. With F where it fires and R where the rule holds:

- precision = |F and R| / |F|, recall = |F and R| / |R|, both over tokens; of a kind of text recall is over documents'
  parts in a prompt, since no latent fires on every token of a kind;
- chance: |R| / tokens, the precision of a latent that fires anywhere.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.corpus import PromptShape, open_corpus, prompts, uncounted_ids
from models.corpus_labels import DocumentLog
from models.demo_chat import bundle
from models.language_model import LanguageModel
from models.loading import load_dictionary
from models.sources import SourceSpec

SHARE_OF_MAXIMUM = 0.25
#: What a rule must reach where it is chosen, and on the other half.
CHOSEN, KEPT = (0.8, 0.5), (0.75, 0.4)
#: Tokens that a latent must fire on, and documents' parts of a kind, in each half.
FEWEST = 6
BATCH = 8


@dataclass(frozen=True)
class Tokens:
    """Every counted token (n,): its word, its kind of text, its part of a document, and which half it is in."""

    words: NDArray[np.int64]
    kinds: NDArray[np.int64]
    parts: NDArray[np.int64]
    is_test: NDArray[np.bool_]


def words_of(model: LanguageModel) -> tuple[NDArray[np.int64], list[str]]:
    """Token id -> number of its word: the text without spaces around it, in lower case; and the words."""
    numbers: dict[str, int] = {}
    found = [
        numbers.setdefault(model.tokenizer.decode([token]).strip().lower(), len(numbers))
        for token in range(model.facts.vocab_size)
    ]
    return np.array(found), list(numbers)


def firing(
    model: LanguageModel, sources: Sequence[bundle.ChatSource], n_prompts: int
) -> tuple[Tokens, list[str], list[str], dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]]:
    """One pass: the tokens, the words, the kinds, and of each source its activations as (token, latent, value)."""
    corpus = open_corpus(bundle.CORPUS_NAME)
    log = DocumentLog(corpus.labels)
    shape = PromptShape(bundle.CONTEXT_SIZE, prepend_bos=True, separator=model.eos_token_id)
    word_of, words = words_of(model)
    kinds: dict[str, int] = {}
    dictionaries = {source.slug: load_dictionary(SourceSpec("x", str(source.folder))) for source in sources}
    skipped = uncounted_ids(model)
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in ("words", "kinds", "parts", "is_test")}
    active: dict[str, list[tuple[NDArray[np.int64], ...]]] = {slug: [] for slug in dictionaries}
    n_tokens = n_parts = done = 0
    rows = islice(prompts(corpus, model, shape, log), n_prompts)
    while batch := list(islice(rows, BATCH)):
        ids = np.stack(batch)
        kind = np.full(ids.shape, -1)
        part = np.full(ids.shape, -1)
        for place, said_of_prompt in enumerate(log.rows(done, len(batch))):
            for first, end, said in json.loads(said_of_prompt):
                kind[place, first:end] = kinds.setdefault(str(said.get("group")), len(kinds))
                part[place, first:end] = n_parts
                n_parts += 1
        counted = ~np.isin(ids, skipped) & (kind >= 0)
        found = model.run_to_hooks(torch.from_numpy(ids), sorted({d.hook_name for d in dictionaries.values()}))
        mask = torch.from_numpy(counted)
        for slug, dictionary in dictionaries.items():
            x = found[dictionary.hook_name][mask].float()
            values = dictionary.encode(x)
            token, latent = values.nonzero(as_tuple=True)
            active[slug].append(
                ((token + n_tokens).numpy(), latent.numpy(), values[token, latent].numpy().astype(np.float32))
            )
        columns["words"].append(word_of[ids[counted]])
        columns["kinds"].append(kind[counted])
        columns["parts"].append(part[counted])
        halves = np.broadcast_to(((done + np.arange(len(batch))) % 2 == 1)[:, None], ids.shape)
        columns["is_test"].append(halves[counted])
        n_tokens += int(counted.sum())
        done += len(batch)
        print(f"{n_tokens:,} tokens", flush=True)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    together = {
        slug: tuple(np.concatenate(column) for column in zip(*parts, strict=True)) for slug, parts in active.items()
    }
    return Tokens(**joined), words, list(kinds), together  # type: ignore[return-value]


def rules(
    tokens: Tokens,
    words: Sequence[str],
    kinds: Sequence[str],
    activations: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]],
    d_sae: int,
) -> Iterator[dict[str, Any]]:
    """The labels that hold, by latent; of two that do, that of the token."""
    where, latents, values = activations
    maxima = np.zeros(d_sae, np.float32)
    is_choice = ~tokens.is_test[where]
    np.maximum.at(maxima, latents[is_choice], values[is_choice])
    strong = values >= SHARE_OF_MAXIMUM * maxima[latents]
    where, latents = where[strong], latents[strong]
    order = np.argsort(latents, kind="stable")
    where, latents = where[order], latents[order]
    bounds = np.searchsorted(latents, np.arange(d_sae + 1))
    halves = (~tokens.is_test, tokens.is_test)
    word_counts = [np.bincount(tokens.words[half], minlength=len(words)) for half in halves]
    kind_counts = [np.bincount(tokens.kinds[half], minlength=len(kinds)) for half in halves]
    n_parts = int(tokens.parts.max()) + 1
    kind_of_part = np.zeros(n_parts, np.int64)
    kind_of_part[tokens.parts] = tokens.kinds
    test_part = np.zeros(n_parts, bool)
    test_part[tokens.parts] = tokens.is_test
    part_counts = [np.bincount(kind_of_part[test_part == test], minlength=len(kinds)) for test in (False, True)]
    sizes = [int(half.sum()) for half in halves]
    for latent in range(d_sae):
        fires = where[bounds[latent] : bounds[latent + 1]]
        sides = [fires[tokens.is_test[fires] == test] for test in (False, True)]
        if min(map(len, sides)) < FEWEST:
            continue
        word = int(np.bincount(tokens.words[sides[0]]).argmax())
        by_word = [
            (float((tokens.words[side] == word).mean()), float((tokens.words[side] == word).sum() / max(1, n[word])))
            for side, n in zip(sides, word_counts, strict=True)
        ]
        if is_word(words[word]) and _holds(by_word):
            chance = word_counts[1][word] / sizes[1]
            yield _label(latent, f"the token “{words[word]}”", by_word[1], len(sides[1]), chance)
            continue
        kind = int(np.bincount(tokens.kinds[sides[0]]).argmax())
        by_kind = []
        for side, n in zip(sides, part_counts, strict=True):
            parts = np.unique(tokens.parts[side[tokens.kinds[side] == kind]])
            by_kind.append((float((tokens.kinds[side] == kind).mean()), len(parts) / max(1, n[kind])))
        if _holds(by_kind) and part_counts[1][kind] >= FEWEST:
            chance = kind_counts[1][kind] / sizes[1]
            yield _label(latent, f"text: {kinds[kind]}", by_kind[1], len(sides[1]), chance)


def is_word(word: str) -> bool:
    """Whether a person reads it as a word, a number or a sign, and not as a piece of something."""
    return bool(word) and "\ufffd" not in word and (len(word) >= 3 or not word.isalpha())


def _holds(figures: Sequence[tuple[float, float]]) -> bool:
    return all(
        found >= least for side, bars in zip(figures, (CHOSEN, KEPT), strict=True)
        for found, least in zip(side, bars, strict=True)
    )  # fmt: skip


def _label(latent: int, text: str, figures: tuple[float, float], n: int, chance: float) -> dict[str, Any]:
    precision, recall = figures
    return {
        "index": latent,
        "text": text,
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "chance": float(f"{chance:.2g}"),
        "n_tokens": n,
    }


def write_labels(model: LanguageModel, n_prompts: int, path: Path) -> None:
    """Labels of all sources, as JSON: slug -> labels."""
    tokens, words, kinds, activations = firing(model, bundle.SOURCES, n_prompts)
    found = {
        source.slug: list(rules(tokens, words, kinds, activations[source.slug], source.d_sae))
        for source in bundle.SOURCES
    }
    rows = ",\n".join(
        f'"{slug}": [\n' + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]"
        for slug, items in found.items()
    )
    path.write_text("{\n" + rows + "\n}\n", encoding="utf-8")
    for slug, items in found.items():
        print(f"{slug}: {len(items)} labels", flush=True)
