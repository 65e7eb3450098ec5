"""Rates from strata that were not drawn in proportion, against what counting everything gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.statistics.verdicts import Rate, Stratum, balanced_accuracy, precision, share, weighted_rate


def test_a_simple_sample_has_clopper_and_pearsons_interval() -> None:
    rate = share(8, 10)
    assert (rate.value, rate.n) == (0.8, 10)
    assert (rate.low, rate.high) == pytest.approx((0.44390, 0.97479), abs=1e-4)  # the textbook's
    assert (share(0, 10).low, share(10, 10).high) == (0, 1)
    assert share(0, 10).high == pytest.approx(1 - 0.025 ** (1 / 10))


def test_strata_count_by_their_weights_and_not_by_how_many_were_judged() -> None:
    rate = weighted_rate([Stratum("a", 10, 10, 0.2), Stratum("b", 10, 0, 0.8)])
    assert rate is not None
    assert rate.value == pytest.approx(0.2)
    assert rate.n == pytest.approx(1 / (0.04 / 10 + 0.64 / 10))
    same = weighted_rate([Stratum("a", 10, 8, 0.5), Stratum("b", 10, 8, 0.5)])
    assert same is not None
    assert (same.value, same.n) == pytest.approx((0.8, 20))


def test_what_was_not_judged_takes_no_part() -> None:
    assert weighted_rate([]) is None
    assert weighted_rate([Stratum("a", 0, 0, 1.0), Stratum("b", 5, 5, 0.0)]) is None
    rate = weighted_rate([Stratum("a", 0, 0, 0.5), Stratum("b", 10, 5, 0.25)])
    assert rate is not None
    assert (rate.value, rate.n) == pytest.approx((0.5, 10))


def test_precision_is_bayes_and_its_bounds_lie_around_it() -> None:
    found = precision(share(18, 20), share(2, 20), share(100, 1000))
    assert found is not None
    assert found.value == pytest.approx(0.1 * 0.9 / (0.1 * 0.9 + 0.9 * 0.1))
    assert 0 < found.low < found.value < found.high < 1
    assert precision(share(0, 20), share(0, 20), share(100, 1000)) is None
    sure = precision(share(20, 20), share(0, 20), share(100, 1000))
    assert sure is not None
    assert (sure.value, sure.high) == (1, 1)
    assert sure.low < 0.7, "a few silent texts cannot tell that there are no false alarms among very many"


def test_half_is_chance() -> None:
    found = balanced_accuracy(share(15, 30), share(15, 30))
    assert found.value == 0.5
    assert found.low < 0.5 < found.high


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.01, 1), st.integers(0, 30), st.integers(1, 30))
def test_an_interval_holds_its_value(k: int, n: int, weight: float, k2: int, n2: int) -> None:
    strata = [Stratum("a", n, min(k, n), weight), Stratum("b", n2, min(k2, n2), 1.0)]
    rate = weighted_rate(strata)
    assert rate is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert 1 <= rate.n <= n + n2 + 1e-9


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(1)
    weights, rates = np.array([0.05, 0.15, 0.3, 0.5]), np.array([1.0, 0.95, 0.8, 0.4])
    alarms, base = 0.05, 0.1
    truth = float(weights @ rates)
    true_precision = base * truth / (base * truth + (1 - base) * alarms)
    true_accuracy = (truth + 1 - alarms) / 2
    held = np.zeros(3)
    for _ in range(300):
        counts = random.binomial(8, rates)
        hits = weighted_rate(
            Stratum(str(i), 8, int(c), float(w)) for i, (c, w) in enumerate(zip(counts, weights, strict=True))
        )
        wrong, firing = share(int(random.binomial(40, alarms)), 40), share(int(random.binomial(500, base)), 500)
        assert hits is not None
        of_three = (
            (hits, truth),
            (precision(hits, wrong, firing), true_precision),
            (balanced_accuracy(hits, wrong), true_accuracy),
        )
        held += [item is not None and item.low <= value <= item.high for item, value in of_three]
    assert (held / 300 >= 0.93).all(), held / 300


def test_a_rate_of_a_share_of_a_text_has_bounds() -> None:
    rate = Rate.of(0.5, 1.7)
    assert 0 < rate.low < 0.5 < rate.high < 1
