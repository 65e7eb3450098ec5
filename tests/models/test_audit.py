"""The bound on what was not removed: its laws against counting, its level against draws from known populations."""

from itertools import combinations

import numpy as np
import pytest

from models.causal.audit import CONFIDENCE, ROUNDING, above_law, audit, most_above, tail_bound


@pytest.mark.parametrize(("n", "m", "k"), [(7, 3, 0), (7, 3, 1), (8, 5, 2), (9, 4, 3)])
def test_how_many_lie_above_the_samples_largest_ones_is_as_counting_all_samples_says(n: int, m: int, k: int) -> None:
    counted = np.zeros(n - m + 1)
    for chosen in combinations(range(n), m):  # values are 0 … n − 1
        border = sorted(chosen, reverse=True)[k]
        counted[sum(value > border for value in range(n) if value not in chosen)] += 1
    assert above_law(k, m, n - m) == pytest.approx(counted / counted.sum(), abs=1e-12)


def test_at_most_so_many_exceed_the_sample_in_all_but_one_of_twenty_samples() -> None:
    random = np.random.default_rng(1)
    n, m = 300, 40
    most = most_above(m, n - m)
    above = [
        sum(value > np.max(order[:m]) for value in order[m:]) for order in (random.permutation(n) for _ in range(2000))
    ]
    assert np.mean(np.array(above) <= most) >= CONFIDENCE - 0.012
    assert np.mean(np.array(above) <= most - 1) < CONFIDENCE + 0.012
    assert most_above(0, 5) == 5


POPULATIONS = {
    "power law": lambda random, n: random.pareto(1.5, n),
    "heavy power law": lambda random, n: random.pareto(0.8, n),
    "log-normal": lambda random, n: np.exp(1.5 * random.normal(size=n)),
    "exponential": lambda random, n: random.exponential(size=n),
    "with rounding": lambda random, n: np.where(random.random(n) < 0.7, 1e-7, random.exponential(size=n)),
}


@pytest.mark.parametrize("kind", POPULATIONS)
@pytest.mark.parametrize(("n", "m"), [(250, 40), (1500, 60)])
def test_the_bound_holds_at_its_level(kind: str, n: int, m: int) -> None:
    random = np.random.default_rng(7)
    held = []
    for _ in range(150):
        sizes = POPULATIONS[kind](random, n)
        held.append(sizes[m:].max() <= tail_bound(sizes[:m], n - m))
    assert np.mean(held) >= CONFIDENCE - 0.054  # three standard errors


def test_the_bound_is_of_use() -> None:
    random = np.random.default_rng(3)
    wide = []
    for _ in range(40):
        sizes = random.exponential(size=600)
        wide.append(tail_bound(sizes[:64], 536) / sizes[64:].max())
    assert np.median(wide) < 20


def test_a_sample_of_nearly_all_needs_no_assumption() -> None:
    sizes = np.arange(1.0, 97.0)
    assert tail_bound(sizes, 4) == 96
    assert tail_bound(sizes, 0) == 0


@pytest.mark.parametrize("sizes", [np.zeros(40), np.full(40, 0.3), np.r_[5.0, np.zeros(39)]])
def test_equal_sizes_and_single_outliers_have_a_finite_bound(sizes: np.ndarray) -> None:
    bound = tail_bound(sizes, 500)
    assert np.isfinite(bound)
    assert bound >= max(sizes.max(), ROUNDING)


def test_a_sample_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 5"):
        tail_bound(np.ones(5), 10)


def test_what_was_removed_and_is_not_listed_counts_towards_the_bound() -> None:
    whole = audit(30, np.array([0.2, -0.4]), np.zeros(0), 0)
    assert (whole.bound, whole.confidence, whole.n_exact, whole.n_above) == (0.4, 1.0, 30, None)
    part = audit(500, np.array([3.0, -4.0]), np.full(40, 1e-3), 400)
    assert (part.bound, part.confidence, part.n_exact, part.n_sample) == (4.0, CONFIDENCE, 100, 40)
    assert part.largest_sampled == pytest.approx(1e-3)
    assert part.n_above == most_above(40, 400)
