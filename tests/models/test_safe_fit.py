"""The end of a safe range against simulated texts: what chance does, and what a real loss does."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.steering.safe_fit import KEPT, SLOPE, Judged, fit, safe_part

CHANCE = Judged(15, 16)
XS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


def draw(rng: random.Random, p: float, n: int) -> Judged:
    return Judged(sum(rng.random() < p for _ in range(n)), n)


def lost(q: float, theta: float, x: float) -> float:
    return q / (1 + math.exp(-SLOPE * (math.log(theta) - math.log(x))))


@pytest.mark.slow
@pytest.mark.parametrize("q", [0.8, 0.97])
def test_a_second_unsteered_draw_passes_a_whole_sweep(q: float) -> None:
    """Nothing is lost at any strength: in 98 of 100 sweeps the range reaches as far as was measured."""
    rng = random.Random(5)
    passed = 0
    for _ in range(200):
        unsteered = draw(rng, q, 16)
        found = [fit({x: draw(rng, q, 8) for x in XS}, unsteered) for _ in ("above", "below")]
        passed += all(side.half is None or side.end == max(XS) for side in found)
    assert passed >= 196


def test_the_end_keeps_nine_tenths_and_twice_as_far_most_is_lost() -> None:
    rng = random.Random(6)
    inside, outside = [], []
    for _ in range(100):
        theta = 2 ** rng.uniform(-2, 0)
        points = {x: draw(rng, lost(0.95, theta, x), 8) for x in XS[:4]}
        first = fit(points, CHANCE)
        points |= {x: draw(rng, lost(0.95, theta, x), 16) for x in (0.75 * first.end, first.end, first.half or 0.8)}
        end = fit(points, CHANCE).end
        inside.append(lost(0.95, theta, end))
        outside.append(lost(0.95, theta, 2 * end))
    assert sum(inside) / len(inside) >= 0.8
    assert sum(outside) / len(outside) < 0.4


def test_a_sure_loss_is_where_it_is() -> None:
    points = {0.1: Judged(8, 8), 0.2: Judged(8, 8), 0.4: Judged(0, 8), 0.8: Judged(0, 8)}
    found = fit(points, CHANCE)
    assert found.half is not None
    assert 0.2 < found.half < 0.4
    assert found.end == pytest.approx(found.half * safe_part())
    assert lost(1.0, found.half, found.end) == pytest.approx(KEPT)


def test_everything_lost_ends_below_what_was_measured() -> None:
    found = fit({0.1: Judged(0, 8), 0.2: Judged(0, 8)}, CHANCE)
    assert found.half is not None
    assert 0 < found.end < 0.1
    assert fit({}, CHANCE).end == 0


@given(st.dictionaries(st.sampled_from(XS), st.integers(0, 8), min_size=1), st.integers(0, 16))
def test_the_end_lies_within_what_was_measured(counts: dict[float, int], unsteered: int) -> None:
    found = fit({x: Judged(n, 8) for x, n in counts.items()}, Judged(unsteered, 16))
    assert 0 < found.end <= max(counts)


def test_a_model_whose_own_texts_are_seldom_fluent_loses_nothing_by_that() -> None:
    points = {0.1: Judged(1, 8), 0.2: Judged(0, 8), 0.4: Judged(2, 8), 0.8: Judged(1, 8)}
    assert fit(points, Judged(2, 16)).half is None
