"""Made-up records for tests of the database and the pages: deterministic from a seed, without a model."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from models.records import (
    Band,
    Example,
    LatentRecord,
    ModelFacts,
    Neighbour,
    Sample,
    SourceFacts,
    TokenMeans,
    TokenValue,
)

#: Display strings that break naive code: markup, quotes, NUL, half a surrogate, wildcards.
HOSTILE = (
    "<script>alert(1)</script>", "'; DROP TABLE latent; --", '"', "\\", "%", "_", "\0", "a\0b", "\ud800",
    "\n", "\t", "", " ", "\N{RIGHT-TO-LEFT OVERRIDE}x", "\N{GRINNING FACE}", "Ünïcode", "İSTANBUL",
    "{{7*7}}", "${x}", "\N{REPLACEMENT CHARACTER}",
)  # fmt: skip
VOCABULARY = (*HOSTILE, *(f" word{i}" for i in range(280)))
CONTEXT = 32


def make_facts(name: str = "tiny", d_sae: int = 64, **changes: object) -> SourceFacts:
    model = ModelFacts(
        name=name,
        location=f"/models/{name}",
        architecture="LlamaForCausalLM",
        n_layers=4,
        d_model=16,
        vocab_size=len(VOCABULARY),
        context_size=128,
    )
    values: dict[str, object] = {
        "model": model,
        "sae_location": f"/saes/{name}",
        "hook_name": "blocks.2.hook_resid_post",
        "layer": 2,
        "site": "resid_post",
        "sae_kind": "jumprelu",
        "d_in": 16,
        "d_sae": d_sae,
        "context_size": CONTEXT,
        "prepend_bos": True,
        "weights_hash": "a" * 64,
        "explained_variance": 0.87,
        "warnings": ("made up",),
    }
    return SourceFacts(**{**values, **changes})  # type: ignore[arg-type]


def make_prompts(count: int, seed: int = 0, vocab_size: int = len(VOCABULARY)) -> list[tuple[int, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [(i, rng.integers(0, vocab_size, CONTEXT).astype(np.int64)) for i in range(count)]


def dead_record(index: int) -> LatentRecord:
    nothing = np.zeros(0, np.float32)
    return LatentRecord(
        index=index, n_active=0, density=0.0, max_activation=0.0, mean_activation=0.0, quantiles={},
        histogram_edges=nothing, histogram_counts=np.zeros(0, np.int64), bands=(), promoted=(), suppressed=(),
        neighbours=(), top_tokens=(),
        sample=Sample(np.zeros(0, np.int32), np.zeros(0, np.int32), nothing),
    )  # fmt: skip


def make_example(rng: np.random.Generator, n_prompts: int) -> Example:
    start = int(rng.integers(0, 8))
    position = start + int(rng.integers(0, 16))
    window = np.where(rng.random(20) < 0.25, rng.random(20), 0).astype(np.float32)
    window[position - start] = np.float32(rng.random() + 0.5)
    return Example(int(rng.integers(0, n_prompts)), position, float(window[position - start]), start, window)


@lru_cache(maxsize=512)
def make_record(index: int, seed: int = 0, n_prompts: int = 20, tokens: int = 10_000) -> LatentRecord:
    """A live latent with 20 top examples, six quantile bands and ten width bands of 5 examples each."""
    rng = np.random.default_rng([seed, index])
    n_active = int(rng.integers(1, 500))
    high = float(np.float32(rng.random() * 10 + 0.1))
    quantiles = ((low, "quantile") for low in ("0.99-1", "0.95-0.99", "0.9-0.95", "0.7-0.9", "0.5-0.7", "0-0.5"))
    names = [("top", "top", 20), *((name, view, 5) for name, view in quantiles)]
    names += [(f"w{i}", "width", 5) for i in range(10)]
    edges = [0.1 * place for place in range(len(names) + 1)]
    bands = tuple(
        Band(name, view, low, upper, 1 / 3, tuple(make_example(rng, n_prompts) for _ in range(count)))
        for (name, view, count), low, upper in zip(names, edges, edges[1:], strict=False)
    )
    counted = rng.integers(0, 300, 10).tolist()
    effects = rng.choice(len(VOCABULARY), 20, replace=False).tolist()
    sample_size = min(n_active, 128)
    return LatentRecord(
        index=index,
        n_active=n_active,
        density=n_active / tokens,
        max_activation=high,
        mean_activation=high / 3,
        quantiles={
            "0.5": high * 0.4,
            "0.7": high * 0.5,
            "0.9": high * 0.7,
            "0.95": high * 0.8,
            "0.99": high * 0.9,
        },
        histogram_edges=np.linspace(0, high, 41, dtype=np.float32),
        histogram_counts=rng.integers(0, 50, 40).astype(np.int64),
        bands=bands,
        promoted=tuple(TokenValue(token, float(rng.random())) for token in effects[:10]),
        suppressed=tuple(TokenValue(token, -float(rng.random())) for token in effects[10:]),
        neighbours=tuple(Neighbour(int(i), float(rng.random())) for i in rng.integers(0, 64, 10)),
        top_tokens=tuple(TokenValue(token, float(n_active // (k + 2))) for k, token in enumerate(counted)),
        sample=Sample(
            rng.integers(0, n_prompts, sample_size).astype(np.int32),
            rng.integers(0, CONTEXT, sample_size).astype(np.int32),
            np.sort(rng.random(sample_size).astype(np.float32))[::-1].copy(),
        ),
        # Every fifth is of a build from before the means were recorded.
        token_means=TokenMeans(17, tuple(rng.random(10).tolist())) if index % 5 else None,
    )


def make_records(count: int, seed: int = 0, dead: Sequence[int] = ()) -> list[LatentRecord]:
    return [dead_record(i) if i in dead else make_record(i, seed) for i in range(count)]
