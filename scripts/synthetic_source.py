"""Made-up sources of any width for the benchmark of pages: no model, but rows as a build of a real one writes them.

Densities are log-normal (median one token in 2,000), a tenth of the latents is dead, tokens come from a vocabulary of
50,257 words of syllables with Zipf's frequencies, one latent in 40 is labelled. Latents up to ``n_examples`` have 20
strongest examples and 30 in bands, histograms and samples; the others what lists and searches need.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db import packing
from app.db.queries.sources import source_by_slug
from app.db.tables.builds import Example, Latent, LatentDetail
from app.db.writes.builds import finish_build, start_build, update_progress
from app.db.writes.bulk import insert_rows
from app.db.writes.explanations import NewExplanation, add_explanations
from app.db.writes.latents import DETAIL_COLUMNS, EXAMPLE_COLUMNS, LATENT_COLUMNS, write_prompts
from app.db.writes.sources import register_source
from models.records import ModelFacts, Neighbour, Sample, SourceFacts, TokenValue

VOCABULARY, CONTEXT, PROMPTS, TOKENS = 50_257, 128, 4096, 4_000_000
STEP = 8192
POOL = 997
SYLLABLES = ("ba", "ko", "ri", "ten", "sol", "mar", "vi", "lun", "gre", "sta", "chi", "dor", "pe", "wan", "ul", "fe")
BANDS = ("top", "0.99-1", "0.95-0.99", "0.9-0.95", "0.7-0.9", "0.5-0.7", "0-0.5")


@dataclass(frozen=True)
class Plan:
    """What to make."""

    slug: str
    d_sae: int
    n_examples: int


def vocabulary() -> list[str]:
    """Distinct words, three of four with a space in front."""
    words = ("".join(parts) for n in (1, 2, 3, 4) for parts in product(SYLLABLES, repeat=n))
    return [f" {word}" if place % 4 else word for place, word in enumerate(islice(words, VOCABULARY))]


def make_source(session: Session, plan: Plan, seed: int = 0) -> None:
    """Register the source and write its build."""
    rng = np.random.default_rng(seed)
    words = vocabulary()
    source_id = register_source(session, plan.slug, _facts(plan), words)
    build_id = start_build(
        session, source_id, corpus="made-up words", tokens=TOKENS, context_size=CONTEXT, seed=seed, config={}
    )
    write_prompts(session, build_id, ((i, _tokens(rng, CONTEXT)) for i in range(PROMPTS)))
    pool = _Pool(rng)
    for first in range(0, plan.d_sae, STEP):
        _write_some(session, build_id, plan, range(first, min(first + STEP, plan.d_sae)), words, pool, rng)
    update_progress(session, build_id, tokens_done=TOKENS)
    finish_build(session, build_id)
    source = source_by_slug(session, plan.slug)
    labelled = range(0, plan.d_sae, 40)
    texts = [" ".join(words[t].strip() for t in ids) for ids in _tokens(rng, 3 * len(labelled)).reshape(-1, 3)]
    items = [NewExplanation(index, text) for index, text in zip(labelled, texts, strict=True)]
    add_explanations(session, source, items, author="benchmark", method="made up")


def _facts(plan: Plan) -> SourceFacts:
    model = ModelFacts("synthetic", "/synthetic", "GPT2LMHeadModel", 12, 768, VOCABULARY, CONTEXT)
    return SourceFacts(
        model, f"/synthetic/{plan.slug}", "blocks.8.hook_resid_pre", 8, "resid_pre", "topk", 768, plan.d_sae,
        CONTEXT, True, f"{plan.d_sae:064d}",
    )  # fmt: skip


def _tokens(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    """Token ids (n,) with Zipf's frequencies."""
    ids: NDArray[np.int64] = np.exp(rng.random(n) * np.log(VOCABULARY)).astype(np.int64) % VOCABULARY
    return ids


class _Pool:
    """Packed pieces that latents share, so that millions of rows are made in seconds."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.windows = [_window(rng) for _ in range(POOL)]
        values = np.sort(rng.gamma(2, 0.4, 10))[::-1].tolist()
        ids = _tokens(rng, 10).tolist()
        self.suppressed = packing.pack_token_values([TokenValue(t, -v) for t, v in zip(ids, values, strict=True)])
        self.neighbours = packing.pack_neighbours([Neighbour(int(i), 0.3) for i in rng.integers(0, 1000, 10)])
        self.histogram = packing.pack_histogram(np.linspace(0, 10, 61, dtype=np.float32), np.arange(60, 0, -1) ** 2)
        places = rng.integers(0, PROMPTS, 128).astype(np.int32)
        spread = np.sort(rng.gamma(2, 1, 128).astype(np.float32))[::-1].copy()
        self.sample = packing.pack_sample(Sample(places, (places % CONTEXT).astype(np.int32), spread))
        self.quantiles = json.dumps({q: float(q) * 6 for q in ("0.5", "0.7", "0.9", "0.95", "0.99")})
        self.bands = json.dumps([
            (name, "top" if name == "top" else "quantile", 6.0 - i, 7.0 - i, 0.1) for i, name in enumerate(BANDS)
        ])  # fmt: skip


def _window(rng: np.random.Generator) -> tuple[int, int, float, int, bytes]:
    """(prompt, position, activation, start, packed window) of an example."""
    position = int(rng.integers(10, CONTEXT - 10))
    window = np.where(rng.random(21) < 0.3, rng.gamma(2, 1, 21), 0).astype(np.float32)
    window[10] = np.float32(rng.gamma(3, 1) + 0.1)
    return int(rng.integers(0, PROMPTS)), position, float(window[10]), position - 10, packing.pack_window(window)


def _write_some(
    session: Session, build_id: int, plan: Plan, indices: range, words: list[str], pool: _Pool, rng: np.random.Generator
) -> None:
    n = len(indices)
    n_active = np.minimum(np.exp(rng.normal(np.log(TOKENS / 2000), 1.8, n)).astype(np.int64) + 1, TOKENS // 2)
    n_active[rng.random(n) < 0.1] = 0
    highest = np.exp(rng.normal(1.5, 0.6, n)).astype(np.float32) * (n_active > 0)
    means = highest / np.float32(3)
    top, share = _tokens(rng, n), rng.random(n)
    promoted = _tokens(rng, 10 * n).reshape(n, 10)
    pairs = np.zeros((n, 10), packing.PAIR)
    pairs["id"], pairs["value"] = promoted, np.sort(rng.gamma(2, 0.4, (n, 10)))[:, ::-1]
    latents, details = [], []
    examples: list[tuple[int | float | bytes, ...]] = []
    for i, index in enumerate(indices):
        count, text = int(n_active[i]), words[top[i]]
        latents.append((
            build_id, index, count, count / TOKENS, float(highest[i]), float(means[i]), None,
            text if count else None, float(share[i]) if count else None,
        ))  # fmt: skip
        is_full = index < plan.n_examples and count > 0
        row = {
            "build_id": build_id, "latent_index": index, "promoted": pairs[i].tobytes(),
            "suppressed": pool.suppressed if is_full else b"", "neighbours": pool.neighbours if is_full else b"",
            "top_tokens": packing.pack_token_values([TokenValue(int(top[i]), count / 2)]) if count else b"",
            "quantiles": pool.quantiles if is_full else "{}", "bands": pool.bands if is_full else "[]",
            "histogram": pool.histogram if is_full else b"", "sample": pool.sample if is_full else b"",
        }  # fmt: skip
        details.append(tuple(row.get(name) for name in DETAIL_COLUMNS))
        examples += _examples(build_id, index, pool) if is_full else ()
    insert_rows(session, Latent, LATENT_COLUMNS, latents)
    insert_rows(session, LatentDetail, DETAIL_COLUMNS, details)
    insert_rows(session, Example, EXAMPLE_COLUMNS, examples)
    session.commit()


def _examples(build_id: int, index: int, pool: _Pool) -> Iterator[tuple[int | float | bytes, ...]]:
    for band in range(len(BANDS)):
        for rank in range(20 if band == 0 else 5):
            yield (build_id, index, band, rank, *pool.windows[(index * 53 + band * 31 + rank * 7) % POOL])
