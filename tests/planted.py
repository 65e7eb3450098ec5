"""A source whose latents fire by rules that are known, so that what is measured of a label can be counted by hand."""

import json

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import source_by_slug
from app.db.writes.builds import finish_build, start_build, update_progress
from app.db.writes.latents import write_latents, write_prompts
from app.db.writes.sources import register_source
from models.records import LatentRecord, Sample, TokenValue
from tests import fixtures_source as fixture
from tests.fixture_texts import theme_tokens

HALF = fixture.CONTEXT // 2
#: Latents: words wherever they are; words in recipes only; any token of recipes; nearly all tokens; seldom, anywhere.
WINTER, SNOW_IN_RECIPES, RECIPES, DENSE, RARE, DEAD = range(6)


def kinds() -> NDArray[np.object_]:
    """The kind of text of each token (prompts, context): recipes and poems by turns, then the rest; BOS has none."""
    found = np.full((fixture.N_PROMPTS, fixture.CONTEXT), "rest", dtype=object)
    found[::2, :HALF], found[1::2, :HALF] = "recipe", "poem"
    found[:, 0] = ""
    return found


def words(corpus: fixture.Corpus) -> NDArray[np.object_]:
    """The display string of each token (prompts, context)."""
    return np.array(corpus.vocabulary, dtype=object)[corpus.ids]


def fires(corpus: fixture.Corpus, latent: int) -> NDArray[np.bool_]:
    """Where a latent fires (prompts, context)."""
    rng = np.random.default_rng(latent)
    shown, kind = words(corpus), kinds()
    real = kind != ""
    winter = np.isin(shown, sorted(theme_tokens("winter")))
    return (
        real
        & {
            WINTER: winter,
            SNOW_IN_RECIPES: winter & (kind == "recipe"),
            RECIPES: (kind == "recipe") & (rng.random(kind.shape) < 0.9),
            DENSE: rng.random(kind.shape) < 0.994,
            RARE: rng.random(kind.shape) < 0.02,
            DEAD: np.zeros(kind.shape, bool),
        }[latent]
    )


def values(corpus: fixture.Corpus, latent: int) -> NDArray[np.float32]:
    """The activations (prompts, context)."""
    strength = np.random.default_rng([latent, 1]).gamma(4.0, 0.5, corpus.ids.shape) + 0.1
    return (fires(corpus, latent) * strength).astype(np.float32)


def record(corpus: fixture.Corpus, latent: int, n_sample: int | None) -> LatentRecord:
    """What a build records, with a uniform sample of ``n_sample`` active tokens, or all of them."""
    acts = values(corpus, latent)
    prompts, positions = np.nonzero(acts)
    found = acts[prompts, positions]
    effects = fixture._effects(corpus, latent, 1)
    if not found.size:
        return LatentRecord(
            latent, 0, 0.0, 0.0, 0.0, {}, np.zeros(0, np.float32), np.zeros(0, np.int64), (), *effects, (), (),
            Sample(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32)),
        )  # fmt: skip
    order = np.argsort(-found, kind="stable")
    rng = np.random.default_rng([latent, 2])
    kept = np.arange(found.size) if n_sample is None else rng.choice(found.size, min(n_sample, found.size), False)
    kept = kept[np.argsort(-found[kept], kind="stable")]
    counts, edges = np.histogram(found, bins=20)
    ids, n_each = np.unique(corpus.ids[prompts, positions], return_counts=True)
    often = np.argsort(-n_each, kind="stable")[:8]
    return LatentRecord(
        index=latent,
        n_active=found.size,
        density=found.size / corpus.tokens,
        max_activation=float(found.max()),
        mean_activation=float(found.mean()),
        quantiles={"0.5": float(np.median(found))},
        histogram_edges=edges.astype(np.float32),
        histogram_counts=counts.astype(np.int64),
        bands=fixture._bands(acts, prompts[order], positions[order], found[order]),
        promoted=effects[0],
        suppressed=effects[1],
        neighbours=(),
        top_tokens=tuple(TokenValue(int(ids[k]), float(n_each[k])) for k in often),
        sample=Sample(prompts[kept].astype(np.int32), positions[kept].astype(np.int32), found[kept]),
    )


def planted(session: Session, slug: str = "planted", n_sample: int | None = None) -> SourceInfo:
    """Register and build the source, with the kinds of text as labels of its corpus."""
    corpus = fixture.make_corpus()
    facts = fixture.make_facts("planted", "blocks.1.hook_resid_post", 1, "resid_post", "topk", len(corpus.vocabulary))
    source_id = register_source(session, slug, facts, corpus.vocabulary)
    build_id = start_build(
        session, source_id, corpus="made-up texts", tokens=corpus.tokens, context_size=fixture.CONTEXT, seed=7,
        config={"labels": ["kind"]},
    )  # fmt: skip
    documents = [
        json.dumps([[1, HALF, {"kind": "poem" if p % 2 else "recipe"}], [HALF, fixture.CONTEXT, {"kind": "rest"}]])
        for p in range(fixture.N_PROMPTS)
    ]
    write_prompts(session, build_id, list(enumerate(corpus.ids)), documents)
    found = [record(corpus, latent if latent < DEAD else DEAD, n_sample) for latent in range(fixture.D_SAE)]
    records = [LatentRecord(**{**vars(item), "index": number}) for number, item in enumerate(found)]
    write_latents(session, build_id, records, corpus.vocabulary.__getitem__)
    update_progress(session, build_id, tokens_done=corpus.tokens)
    finish_build(session, build_id)
    return source_by_slug(session, slug)
