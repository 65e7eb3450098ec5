"""AUROC of a latent for a group: counted, it equals brute force over all tokens; estimated, it comes close."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.corpus.groups import Known, spread


def brute_auroc(values: np.ndarray, inside: np.ndarray) -> float:
    ins, outs = values[inside][:, None], values[~inside][None]
    return float(((ins > outs) + 0.5 * (ins == outs)).mean())


def one_latent(seed: int, n: int, share_active: float) -> tuple[np.ndarray, np.ndarray]:
    """Activations and membership of n tokens; the group fires more often and more strongly."""
    rng = np.random.default_rng(seed)
    inside = rng.random(n) < 0.2
    active = rng.random(n) < np.where(inside, 3, 1) * share_active
    values = np.where(active, np.round(rng.gamma(2, 1 + inside), 1) + 0.1, 0).astype(np.float32)
    return values, inside


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.1, 0.3]))
def test_with_every_active_token_kept_the_numbers_are_exact(seed: int, share: float) -> None:
    values, inside = one_latent(seed, 400, share)
    kept = values > 0
    if not kept.any() or not inside.any():
        return
    found = spread(values[kept], inside[kept], int(kept.sum()), 400, float(inside.mean()), is_counted=True)
    assert found.auroc == pytest.approx(brute_auroc(values, inside), abs=1e-9)
    assert found.tokens == pytest.approx(inside.sum())
    assert found.active == pytest.approx((kept & inside).sum())
    assert found.firing == pytest.approx((kept & inside).sum() / inside.sum())
    assert (found.low, found.high) == (None, None)


def test_from_a_sample_the_interval_holds_the_truth_nearly_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        values, inside = one_latent(seed, 6000, 0.15)
        active = np.flatnonzero(values)
        sample = np.random.default_rng([seed, 1]).choice(active, 128, replace=False)
        found = spread(values[sample], inside[sample], len(active), 6000, float(inside.mean()), is_counted=False)
        assert found.low is not None
        assert found.high is not None
        assert found.auroc == pytest.approx(brute_auroc(values, inside), abs=0.12)
        held += found.low <= brute_auroc(values, inside) <= found.high
    assert held >= 52  # 95 % of 60 is 57; fewer than 52 has a probability of 0.4 %


def test_a_group_outside_of_the_sample_has_bounds_instead_of_estimates() -> None:
    found = spread(np.ones(5, np.float32), np.zeros(5, bool), 50, 1000, 0.1, is_counted=False)
    assert (found.sampled, found.mean_active, found.auroc, found.low, found.high) == (0, None, None, None, None)
    # With this share of the active tokens in the group, five draws miss it once in twenty.
    assert found.most_active is not None
    assert (1 - found.most_active / 50) ** 5 == pytest.approx(0.05)
    assert found.firing_bounds == (0, pytest.approx(found.most_active / 100))
    # At the least all of the group is at zero, and 50 of the 900 others are above.
    assert found.bounds is not None
    assert found.bounds[0] == pytest.approx(0.5 - 50 / 900 / 2)
    mirrored = spread(np.ones(5, np.float32), np.ones(5, bool), 50, 1000, 0.9, is_counted=False)
    assert mirrored.bounds == (pytest.approx(1 - found.bounds[1]), pytest.approx(1 - found.bounds[0]))
    assert (mirrored.most_active, mirrored.auroc) == (None, None)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 60), st.integers(0, 60), st.sampled_from([0.02, 0.1, 0.4]))
def test_the_bounds_of_a_group_that_the_sample_misses_hold_the_truth(
    seed: int, size: int, n_active: int, share: float
) -> None:
    """A group of ``size`` of 600 tokens, of which up to ``n_active`` are active, some of them stored as examples."""
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(600) < share, np.round(rng.gamma(2, 2, 600), 1) + 0.1, 0).astype(np.float32)
    inside = np.arange(600) < size
    values[:size] = 0
    values[: min(size, n_active)] = rng.gamma(2, 2, min(size, n_active)) + 0.1
    active = np.flatnonzero(values)
    sample = active[active >= size][::2]
    if not len(sample) or len(sample) == len(active):
        return
    known = Known(int(rng.integers(0, min(size, n_active) + 1)), 3)
    found = spread(values[sample], inside[sample], len(active), 600, size / 600, False, known)
    assert found.firing_bounds is not None
    assert found.bounds is not None
    assert found.most_active is not None
    truth, n_inside = brute_auroc(values, inside), min(size, n_active)
    assert found.firing_bounds[0] == pytest.approx(known.inside / size)
    assert found.firing_bounds[0] - 1e-9 <= n_inside / size
    assert found.bounds[0] - 1e-9 <= truth
    # The upper ends hold where the group has no more active tokens than the sample allows, 19 times in 20.
    if n_inside <= found.most_active:
        assert n_inside / size <= found.firing_bounds[1] + 1e-9
        assert truth <= found.bounds[1] + 1e-9
    others = spread(values[sample], ~inside[sample], len(active), 600, 1 - size / 600, False, Known(3, known.inside))
    assert others.bounds is not None
    assert others.bounds[0] == pytest.approx(1 - found.bounds[1])
    assert others.bounds[1] == pytest.approx(1 - found.bounds[0])


def test_examples_that_prove_more_than_the_sample_shows_leave_no_estimate() -> None:
    inside = np.arange(100) < 1
    found = spread(np.ones(100, np.float32), inside, 500, 10_000, 0.005, False, Known(17, 30))
    assert (found.active, found.auroc) == (5, None)
    assert found.most_active is not None
    # One or none in 100 draws at this share: once in twenty.
    share = found.most_active / 500
    assert (1 - share) ** 100 + 100 * share * (1 - share) ** 99 == pytest.approx(0.05)
    assert found.firing_bounds == (pytest.approx(17 / 50), pytest.approx(found.most_active / 50))
    assert spread(np.ones(100, np.float32), ~inside, 500, 10_000, 0.995, False, Known(30, 17)).auroc is None


def test_a_sample_of_every_active_token_leaves_nothing_unknown() -> None:
    found = spread(np.ones(5, np.float32), np.zeros(5, bool), 5, 1000, 0.1, is_counted=False)
    assert (found.firing, found.most_active, found.bounds) == (0, None, None)
    assert found.auroc == pytest.approx(0.5 - 5 / 900 / 2)


def test_a_group_of_nothing_or_of_everything_has_no_auroc() -> None:
    values = np.arange(1, 6, dtype=np.float32)
    assert spread(values, np.zeros(5, bool), 5, 100, 0.0, is_counted=True).auroc is None
    assert spread(values, np.ones(5, bool), 5, 100, 1.0, is_counted=True).auroc is None


def test_a_share_that_is_too_small_for_its_active_tokens_is_corrected() -> None:
    found = spread(np.ones(4, np.float32), np.array([True, True, False, False]), 40, 1000, 0.001, is_counted=False)
    assert found.tokens == 20
    assert found.firing == 1
