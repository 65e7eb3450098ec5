"""One pass over a demo's corpus: the words and documents of its tokens, and where each latent fires."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from app.corpus.patterns import Words
from models.corpus.labels import DocumentLog
from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.loading.opening import load_dictionary
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec

BATCH = 8
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: A word that is none, and a value of a label that says nothing.
NONE = -1
EMPTY_VALUES = ("", "none", "plain", "neutral")


@dataclass(frozen=True, eq=False)
class Tokens:
    """Every counted token (n,): the first and last word that it lies in, its text, which half it is in, and the values
    of its document's labels. ``words`` and ``values`` give the numbers their texts.
    """

    first_word: Ints
    last_word: Ints
    words: tuple[str, ...]
    text: Ints
    is_test: Mask
    values_of: Mapping[str, Ints]
    values: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.text)

    def has_word(self, wanted: Sequence[int]) -> Mask:
        """Which tokens (n,) lie in one of the words."""
        table = np.zeros(len(self.words) + 1, bool)
        table[list(wanted)] = True
        return np.asarray(table[self.first_word] | table[self.last_word])


@dataclass(frozen=True, eq=False)
class Fires:
    """Where the latents of one SAE fire: of latent i the tokens ``where[bounds[i]:bounds[i + 1]]``, with values."""

    bounds: Ints
    where: Ints
    values: NDArray[np.float32]

    def of(self, latent: int) -> tuple[Ints, NDArray[np.float32]]:
        """The tokens of a latent and its activations there."""
        part = slice(int(self.bounds[latent]), int(self.bounds[latent + 1]))
        return self.where[part], self.values[part]


class _Values:
    """The values of one label, numbered as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, value: object) -> int:
        text = "" if value is None else str(value)
        return NONE if text in EMPTY_VALUES else self.numbers.setdefault(text, len(self.numbers))


def one_pass(
    model: LanguageModel,
    folders: Mapping[str, tuple[Path, int]],
    corpus_name: str,
    seed: int,
    n_prompts: int,
    context: int,
    max_norm_ratio: float | None = None,
) -> tuple[Tokens, dict[str, Fires]]:
    """Read ``n_prompts`` of a corpus; ``folders``: slug -> (SAE, width). Tokens whose residual norm is more than
    ``max_norm_ratio`` medians are left out, as a build leaves them out.
    """
    corpus = open_corpus(corpus_name, seed)
    log = DocumentLog(corpus.labels)
    dictionaries = {slug: load_dictionary(SourceSpec("x", str(folder))) for slug, (folder, _) in folders.items()}
    hooks = sorted({d.hook_name for d in dictionaries.values()})
    skipped = uncounted_ids(model)
    display = model.vocabulary()
    values = {name: _Values() for name in corpus.labels}
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in ("counted", "text", "is_test", *corpus.labels)}
    active: dict[str, list[tuple[NDArray[Any], ...]]] = {slug: [] for slug in dictionaries}
    every: list[Ints] = []
    n_tokens = n_texts = done = 0
    rows = islice(prompts(corpus, model, PromptShape(context, prepend_bos=True), log), n_prompts)
    while batch := list(islice(rows, BATCH)):
        ids = np.stack(batch)
        text = np.full(ids.shape, NONE)
        labels = {name: np.full(ids.shape, NONE) for name in corpus.labels}
        for place, said_of_prompt in enumerate(log.rows(done, len(batch))):
            for first, end, said in json.loads(said_of_prompt):
                text[place, first:end] = n_texts
                n_texts += 1
                for name, column in labels.items():
                    column[place, first:end] = values[name].number(said.get(name))
        found = model.run_to_hooks(torch.from_numpy(ids), hooks)
        counted = ~np.isin(ids, skipped) & (text >= 0)
        if max_norm_ratio is not None:
            for hook in hooks:
                norms = found[hook].float().norm(dim=-1)
                counted &= (norms <= max_norm_ratio * norms.median()).numpy()
        mask = torch.from_numpy(counted)
        for slug, dictionary in dictionaries.items():
            encoded = dictionary.encode(dictionary.read(found[dictionary.hook_name])[mask].float())
            token, latent = encoded.nonzero(as_tuple=True)
            active[slug].append(
                ((token + n_tokens).numpy(), latent.numpy(), encoded[token, latent].numpy().astype(np.float32))
            )
        columns["counted"].append(counted.ravel())
        columns["text"].append(text[counted])
        columns["is_test"].append(
            np.broadcast_to(((done + np.arange(len(batch))) % 2 == 1)[:, None], ids.shape)[counted]
        )
        for name, column in labels.items():
            columns[name].append(column[counted])
        every += list(ids)
        n_tokens += int(counted.sum())
        done += len(batch)
        if done % (40 * BATCH) == 0:
            print(f"{n_tokens:,} tokens", flush=True)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    first, last, words = _words(every, display)
    is_counted = joined["counted"]
    tokens = Tokens(
        first[is_counted],
        last[is_counted],
        words,
        joined["text"],
        joined["is_test"],
        {name: joined[name] for name in corpus.labels},
        {name: tuple(column.numbers) for name, column in values.items()},
    )
    return tokens, {slug: _sorted(parts, folders[slug][1]) for slug, parts in active.items()}


def _words(rows: Sequence[Ints], display: Sequence[str]) -> tuple[Ints, Ints, tuple[str, ...]]:
    """The first and the last word of every token of the rows (n,), NONE for a token in no word, and the words."""
    found = Words.of([display[token] for token in row.tolist()] for row in rows)
    n = sum(map(len, rows))
    first, last = np.full(n, NONE), np.full(n, NONE)
    is_word = found.ids > 0
    ids, starts, ends = found.ids[is_word] - 1, found.first[is_word], found.last[is_word]
    for shift in range(int((ends - starts).max(initial=0)) + 1):
        inside = starts + shift <= ends
        at = starts[inside] + shift
        last[at] = ids[inside]  # of several, numpy keeps the last
        first[at[::-1]] = ids[inside][::-1]
    return first, last, found.distinct


def _sorted(parts: Sequence[tuple[NDArray[Any], ...]], d_sae: int) -> Fires:
    where, latents, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(latents, kind="stable")
    bounds = np.searchsorted(latents[order], np.arange(d_sae + 1))
    return Fires(bounds, where[order], values[order])
