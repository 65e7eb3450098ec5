"""Slow, obvious versions of the statistics, from a dense matrix of activations."""

import numpy as np

from models.statistics.accumulator import SourceStatistics
from models.statistics.events import ActiveEvents, TokenRows
from models.statistics.summary import Geometry, summarise


def activations(seed, n_prompts=6, context=12, d_sae=5, share=0.3, scale=1.0):
    """(n_prompts, context, d_sae) float32, mostly zero, on very different scales per latent; some values repeat."""
    random = np.random.default_rng(seed)
    values = random.lognormal(0, 1.5, (n_prompts, context, d_sae)) * scale * 4.0 ** np.arange(d_sae)
    repeat = random.random(values.shape) < 0.2
    values[repeat] = np.round(values[repeat]) + 1
    values[random.random(values.shape) > share] = 0
    return values.astype(np.float32)


def token_ids(seed, n_prompts, context, vocab=11):
    return np.random.default_rng(seed + 99).integers(0, vocab, (n_prompts, context))


def counted(context, skip=()):
    """Which positions count."""
    keep = np.ones(context, bool)
    keep[list(skip)] = False
    return keep


def batch(acts, tokens, prompts, keep):
    """The event list of some prompts."""
    n, context, _ = acts[prompts].shape
    rows = TokenRows(
        np.repeat(np.asarray(prompts, np.int64), context)[np.tile(keep, n)],
        np.tile(np.arange(context), n)[np.tile(keep, n)],
        tokens[prompts].reshape(-1)[np.tile(keep, n)].astype(np.int64),
    )
    dense = acts[prompts][:, keep].reshape(len(rows), -1)
    row, latent = np.nonzero(dense)
    shuffle = np.random.default_rng(0).permutation(len(row))
    row, latent = row[shuffle], latent[shuffle]
    return ActiveEvents.collect(rows, row, latent, dense[row, latent])


def statistics(acts, tokens, batches, keep, seed=0, vocab=11):
    found = SourceStatistics(acts.shape[2], vocab, seed)
    for prompts in batches:
        found.update(batch(acts, tokens, prompts, keep))
    return found


def geometry(d_sae):
    ids = np.zeros((d_sae, 2), np.int64)
    values = np.zeros((d_sae, 2), np.float32)
    return Geometry(ids, values, ids, values, ids, values, np.ones(d_sae, np.float32))


def records(found, context):
    return list(summarise(found, geometry(found.d_sae), context))


def same(a, b):
    """Whether two records are equal to the last bit."""
    return repr_record(a) == repr_record(b)


def repr_record(r):
    def example(e):
        return (e.prompt, e.position, e.activation, e.window_start, e.window.tobytes())

    return (
        r.index, r.n_active, r.density, r.max_activation, r.mean_activation, tuple(r.quantiles.items()),
        r.histogram_edges.tobytes(), r.histogram_counts.tobytes(), r.top_tokens, r.token_means,
        tuple((b.name, b.view, b.low, b.high, b.share_of_active, tuple(map(example, b.examples))) for b in r.bands),
        r.sample.prompts.tobytes(), r.sample.positions.tobytes(), r.sample.activations.tobytes(),
    )  # fmt: skip
