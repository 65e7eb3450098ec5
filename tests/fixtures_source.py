"""A small deterministic database for tests of pages and browsers: two models, three sources, real statistics.

The activations follow from the texts by simple rules (a theme's words, one word, every token, rubbish), and all that a
build would count is counted here by brute force. No torch.

=============  ==========================================================
``tiny-mid``   built, 64 latents: 0 dead, 1 very dense, 2 fires on rubbish, 3 to 7 on themes, the rest on words
``tiny-late``  built, 64 latents, quality not measured
``other-mlp``  of another model, registered and never built
=============  ==========================================================
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.writes.builds import finish_build, start_build, update_progress
from app.db.writes.explanations import add_explanation
from app.db.writes.latents import write_latents, write_prompts, write_quality
from app.db.writes.sources import register_source
from models.records import (  # fmt: skip
    Band,
    Example,
    LatentRecord,
    ModelFacts,
    Neighbour,
    Sample,
    SourceFacts,
    SourceQuality,
    TokenMeans,
    TokenValue,
)
from tests.fixture_texts import HOSTILE, SPECIAL, THEMES, make_texts, theme_tokens

CONTEXT, N_PROMPTS, D_SAE, HALF_WIDTH = 64, 240, 64, 12
DEAD, DENSE, RUBBISH = 0, 1, 2
FIRST_THEME = 3
QUANTILES = (0.5, 0.7, 0.9, 0.95, 0.99)
QUANTILE_BANDS = ((0.99, 1), (0.95, 0.99), (0.9, 0.95), (0.7, 0.9), (0.5, 0.7), (0, 0.5))
QUALITY = SourceQuality(
    l0=5.31, explained_variance=0.871, loss_clean=2.4137, loss_sae=2.4702, loss_zero=7.92, loss_recovered=0.9897,
    dead_fraction=1 / D_SAE, mean_residual_norm=11.63,
)  # fmt: skip


@dataclass(frozen=True)
class Corpus:
    """The texts as token ids (prompts, context) and the vocabulary they index."""

    vocabulary: tuple[str, ...]
    ids: NDArray[np.int64]

    @property
    def tokens(self) -> int:
        """Tokens that count: all but BOS."""
        return int((self.ids != 0).sum())


def make_corpus(seed: int = 7) -> Corpus:
    texts = make_texts(N_PROMPTS, CONTEXT, seed)
    vocabulary = (*SPECIAL, *HOSTILE, *sorted({token for text in texts for token in text} - {*SPECIAL, *HOSTILE}))
    place = {token: number for number, token in enumerate(vocabulary)}
    return Corpus(vocabulary, np.array([[place[token] for token in text] for text in texts]))


def activations(corpus: Corpus, latent: int, seed: int) -> NDArray[np.float32]:
    """The latent's activations (prompts, context), zero on BOS: the tokens it knows, stronger in their company."""
    rng = np.random.default_rng([seed, latent])
    vocabulary = corpus.vocabulary
    noise = rng.gamma(4.0, 0.25, corpus.ids.shape)
    if latent == DEAD:
        return np.zeros(corpus.ids.shape, np.float32)
    if latent == DENSE:
        fires = (rng.random(corpus.ids.shape) < 0.8) * 0.6
    else:
        known = _known_tokens(corpus, latent, rng)
        weights = np.array([(0.5 + rng.random()) if token in known else 0.0 for token in vocabulary])
        fires = weights[corpus.ids]
        company = sum(np.roll(fires > 0, shift, axis=1) for shift in (1, 2, 3))
        fires = fires * (1 + 0.5 * company)
    result = (fires * noise * (2 + latent % 5)).astype(np.float32)
    result[corpus.ids == 0] = 0
    return result


def _known_tokens(corpus: Corpus, latent: int, rng: np.random.Generator) -> set[str]:
    themes = list(THEMES)
    if latent == RUBBISH:
        return set(HOSTILE)
    if latent < FIRST_THEME + len(themes):
        return theme_tokens(themes[latent - FIRST_THEME])
    chosen = rng.choice(len(corpus.vocabulary) - len(SPECIAL), 1 + latent % 3, replace=False) + len(SPECIAL)
    return {corpus.vocabulary[token] for token in chosen}


def make_record(corpus: Corpus, latent: int, seed: int) -> LatentRecord:
    """What a build would record of the latent, by brute force."""
    acts = activations(corpus, latent, seed)
    prompts, positions = np.nonzero(acts)
    values = acts[prompts, positions]
    effects = _effects(corpus, latent, seed)
    neighbours = tuple(Neighbour((latent + step) % D_SAE, 0.9 / step) for step in range(1, 6))
    if values.size == 0:
        empty = np.zeros(0, np.float32)
        sample = Sample(np.zeros(0, np.int32), np.zeros(0, np.int32), empty)
        return LatentRecord(
            latent, 0, 0.0, 0.0, 0.0, {}, empty, np.zeros(0, np.int64), (), *effects, neighbours, (), sample
        )  # fmt: skip
    counts, edges = np.histogram(values, bins=40, range=(0, float(values.max())))
    order = np.argsort(-values, kind="stable")
    ids, n_each = np.unique(corpus.ids[prompts, positions], return_counts=True)
    often = np.argsort(-n_each, kind="stable")[:8]
    picked = order[:: max(1, order.size // 64)]
    on = corpus.ids[prompts, positions]
    means = tuple(float(values[on == ids[k]].mean()) for k in often)
    return LatentRecord(
        index=latent,
        n_active=values.size,
        density=values.size / corpus.tokens,
        max_activation=float(values.max()),
        mean_activation=float(values.mean()),
        quantiles={f"{q:g}": float(np.quantile(values, q)) for q in QUANTILES},
        histogram_edges=edges.astype(np.float32),
        histogram_counts=counts.astype(np.int64),
        bands=_bands(acts, prompts[order], positions[order], values[order]),
        promoted=effects[0],
        suppressed=effects[1],
        neighbours=neighbours,
        top_tokens=tuple(TokenValue(int(ids[k]), float(n_each[k])) for k in often),
        sample=Sample(prompts[picked].astype(np.int32), positions[picked].astype(np.int32), values[picked]),
        # The second source is of a build from before the means were recorded.
        token_means=TokenMeans(len(ids), means) if seed == 1 else None,
    )


def _effects(corpus: Corpus, latent: int, seed: int) -> tuple[tuple[TokenValue, ...], tuple[TokenValue, ...]]:
    rng = np.random.default_rng([seed, latent, 1])
    themes = list(THEMES)
    first = SPECIAL + HOSTILE if latent == RUBBISH else ()
    if FIRST_THEME <= latent < FIRST_THEME + len(themes):
        first = tuple(sorted(theme_tokens(themes[latent - FIRST_THEME]) & set(corpus.vocabulary)))
    known = [corpus.vocabulary.index(token) for token in first]
    others = [int(k) for k in rng.permutation(len(corpus.vocabulary)) if k not in known]
    chosen = (known + others)[:10]
    high, low = np.sort(rng.gamma(2, 0.4, 10))[::-1], np.sort(rng.gamma(2, 0.3, 10))[::-1]
    promoted = tuple(TokenValue(k, float(v)) for k, v in zip(chosen, high, strict=True))
    return promoted, tuple(TokenValue(k, -float(v)) for k, v in zip(others[-10:], low, strict=True))


def _bands(acts: NDArray[np.float32], prompts: NDArray[np.int64], positions: NDArray[np.int64],
           values: NDArray[np.float32]) -> tuple[Band, ...]:  # fmt: skip
    """Bands of active tokens that come with the largest first."""
    n, top = len(values), float(values[0])
    first_of_prompt = np.sort(np.unique(prompts, return_index=True)[1])[:20]
    low = float(values[first_of_prompt[-1]])
    bands = [
        Band(
            "top", "top", low, top, float((values >= low).mean()), _examples(acts, prompts, positions, first_of_prompt)
        )
    ]
    for a, b in QUANTILE_BANDS:
        inside = np.arange(round((1 - b) * n), round((1 - a) * n))
        ends = (0.0 if a == 0 else float(np.quantile(values, a)), float(np.quantile(values, b)))
        bands.append(Band(f"{a:g}-{b:g}", "quantile", *ends, b - a, _spread(acts, prompts, positions, inside)))
    for k in reversed(range(10)):
        ends = (k * top / 10, (k + 1) * top / 10)
        inside = np.nonzero((values > ends[0]) & (values <= ends[1]))[0]
        bands.append(Band(f"{k}", "width", *ends, inside.size / n, _spread(acts, prompts, positions, inside)))
    return tuple(bands)


def _spread(acts: NDArray[np.float32], prompts: NDArray[np.int64], positions: NDArray[np.int64],
            inside: NDArray[np.int64]) -> tuple[Example, ...]:  # fmt: skip
    chosen = inside[np.linspace(0, inside.size - 1, min(5, inside.size)).astype(int)] if inside.size else inside
    return _examples(acts, prompts, positions, chosen)


def _examples(acts: NDArray[np.float32], prompts: NDArray[np.int64], positions: NDArray[np.int64],
              chosen: NDArray[np.int64]) -> tuple[Example, ...]:  # fmt: skip
    found = []
    for prompt, position in zip(prompts[chosen].tolist(), positions[chosen].tolist(), strict=True):
        start = max(0, position - HALF_WIDTH)
        window = acts[prompt, start : position + HALF_WIDTH + 1].copy()
        found.append(Example(prompt, position, float(acts[prompt, position]), start, window))
    return tuple(found)


def make_facts(model: str, hook: str, layer: int, site: str, kind: str, vocab_size: int) -> SourceFacts:
    return SourceFacts(
        model=ModelFacts(model, f"/models/{model}", "GPT2LMHeadModel", 4, 192, vocab_size, CONTEXT),
        sae_location=f"/saes/{model}/{hook}",
        hook_name=hook,
        layer=layer,
        site=site,
        sae_kind=kind,
        d_in=192,
        d_sae=D_SAE,
        context_size=CONTEXT,
        prepend_bos=True,
        weights_hash=hashlib.sha256(f"{model} {hook}".encode()).hexdigest(),
    )


def start(session: Session, source_id: int, corpus: Corpus) -> int:
    return start_build(
        session, source_id, corpus="made-up texts", tokens=corpus.tokens, context_size=CONTEXT, seed=7, config={}
    )  # fmt: skip


def build(session: Session, source_id: int, corpus: Corpus, seed: int, quality: SourceQuality) -> None:
    number = start(session, source_id, corpus)
    write_prompts(session, number, list(enumerate(corpus.ids)))
    records = [make_record(corpus, latent, seed) for latent in range(D_SAE)]
    write_latents(session, number, records, corpus.vocabulary.__getitem__)
    write_quality(session, number, quality)
    update_progress(session, number, tokens_done=corpus.tokens)
    finish_build(session, number)


def label(session: Session, slug: str, texts: Sequence[tuple[int, str]]) -> None:
    source = source_by_slug(session, slug)
    for index, text in texts:
        add_explanation(
            session, source, index, text, author="fixture", method="corpus labels", scores={"AUROC": 0.981}
        )  # fmt: skip


def fill(session: Session) -> Corpus:
    """Register the three sources, build two, label the themes' latents; gives the corpus."""
    corpus = make_corpus()
    size = len(corpus.vocabulary)
    mid = make_facts("tiny-stories", "blocks.2.hook_resid_post", 2, "resid_post", "jumprelu", size)
    late = make_facts("tiny-stories", "blocks.3.hook_resid_post", 3, "resid_post", "topk", size)
    other = make_facts("other-model", "blocks.0.hook_mlp_out", 0, "mlp_out", "standard", size)
    mid_id = register_source(session, "tiny-mid", mid, corpus.vocabulary)
    late_id = register_source(session, "tiny-late", late, corpus.vocabulary)
    register_source(session, "other-mlp", other, corpus.vocabulary)
    build(session, mid_id, corpus, 1, QUALITY)
    build(session, late_id, corpus, 2, SourceQuality())
    label(session, "tiny-mid", [(FIRST_THEME + k, theme) for k, theme in enumerate(THEMES)])
    return corpus
