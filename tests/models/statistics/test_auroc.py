"""AUROC against the share of ordered pairs, and what its interval covers."""

import numpy as np
import pytest

from models.statistics.auroc import auroc, auroc_with_zeros


def by_pairs(scores: np.ndarray, positive: np.ndarray) -> float:
    with_it, without = scores[positive][:, None], scores[~positive][None]
    return float(((with_it > without) + 0.5 * (with_it == without)).mean())


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_share_of_ordered_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, 80).astype(np.float64)
    positive = rng.random(80) < 0.3
    found = auroc(scores, positive, is_exact=True)
    assert found is not None
    assert found.value == pytest.approx(by_pairs(scores, positive))
    assert found.low is None


def test_zeros_need_not_be_listed() -> None:
    rng = np.random.default_rng(3)
    scores = np.maximum(0, rng.normal(size=300))
    positive = rng.random(300) < 0.2
    active = scores > 0
    listed = auroc_with_zeros(scores[active], positive[active], int(positive.sum()), int((~positive).sum()))
    whole = auroc(scores, positive)
    assert listed is not None
    assert whole is not None
    assert (listed.value, listed.low, listed.high) == pytest.approx((whole.value, whole.low, whole.high))


def test_without_positives_or_negatives_there_is_none() -> None:
    assert auroc(np.arange(4.0), np.ones(4, bool)) is None
    assert auroc_with_zeros(np.zeros(0), np.zeros(0, bool), 0, 5) is None


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(200):
        positive = np.arange(200) < 40
        scores = rng.normal(size=200) + positive
        found = auroc(scores, positive)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0.7602 <= found.high  # P(N(1, 1) > N(0, 1))
    assert 0.9 <= inside / 200 <= 1
