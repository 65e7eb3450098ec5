"""AUROC and differences against a count of pairs, one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.causal.contrast import score, separate

TEXTS = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.sampled_from([0.5, 1.0, 1.5, 2.0])), max_size=12),
    min_size=2,
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, data=st.data())
def test_scores_and_separation_equal_a_count_one_by_one(
    texts: list[list[tuple[int, int, float]]], data: st.DataObject
) -> None:
    n_with = data.draw(st.integers(1, len(texts) - 1))
    dense = np.zeros((len(texts), 6, 9))
    for row, events in enumerate(texts):
        for position, latent, value in events:
            dense[row, position, latent] = value
    counts = np.array([True, False, True, True, True, False])
    triples = []
    for row in dense:
        positions, latents = np.nonzero(row)
        triples.append((positions, latents, row[positions, latents].astype(np.float32)))
    scores = score(triples, [counts] * len(texts))
    kept = dense[:, counts]
    fired = np.flatnonzero(kept.any((0, 1)))
    assert scores.latents.tolist() == fired.tolist()
    found = separate(scores, np.arange(len(texts)) < n_with)
    for place, latent in enumerate(fired):
        maxima, means = kept[:, :, latent].max(1), kept[:, :, latent].mean(1)
        assert scores.maxima[:, place] == pytest.approx(maxima)
        assert scores.means[:, place] == pytest.approx(means)
        pairs = [(a > b) + 0.5 * (a == b) for a in maxima[:n_with] for b in maxima[n_with:]]
        assert found.auroc[place] == pytest.approx(np.mean(pairs))
        assert found.max_difference[place] == pytest.approx(maxima[:n_with].mean() - maxima[n_with:].mean())
        assert found.mean_difference[place] == pytest.approx(means[:n_with].mean() - means[n_with:].mean())


def test_the_number_expected_by_luck_is_what_random_orders_give() -> None:
    random = np.random.default_rng(0)
    values = random.random((7, 20_000)).astype(np.float32) + 0.1
    triples = [(np.zeros(20_000, np.int64), np.arange(20_000), row) for row in values]
    found = separate(score(triples, [np.ones(1, bool)] * 7), np.arange(7) < 3)
    assert found.expected_perfect == pytest.approx(20_000 / 35)
    assert (found.auroc == 1).sum() == pytest.approx(found.expected_perfect, rel=0.15)
