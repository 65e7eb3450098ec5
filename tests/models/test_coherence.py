"""The measures of a text by hand-made examples, and where the words change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coherence import TextMeasure, base_nll, compare, distinct_2, mean_measure, measure, within_bounds

BASE = TextMeasure(2.0, 0.8)


def test_measures_of_a_text_by_hand() -> None:
    assert base_nll([-1.0, -3.0]) == 2.0
    assert base_nll([]) is None
    assert distinct_2([1, 2, 1, 2, 1]) == 0.5  # 12, 21, 12, 21
    assert distinct_2([7, 7, 7, 7]) == pytest.approx(1 / 3)
    assert distinct_2([7]) is None
    assert distinct_2([]) is None
    assert measure([1, 2, 3], [math.log(0.5)] * 3) == TextMeasure(pytest.approx(math.log(2)), 1.0)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30))
def test_distinct_2_counts_every_pair_of_neighbours_once(ids: list[int]) -> None:
    pairs = [(ids[n], ids[n + 1]) for n in range(len(ids) - 1)]
    assert distinct_2(ids) == len(set(pairs)) / len(pairs)


def test_means_leave_out_what_is_unknown() -> None:
    texts = [TextMeasure(1.0, None), TextMeasure(3.0, 0.5), TextMeasure(None, None)]
    assert mean_measure(texts) == TextMeasure(2.0, 0.5)
    assert mean_measure([]) == TextMeasure(None, None)


@pytest.mark.parametrize(
    ("nll", "share", "word"),
    [
        (2.0, 0.8, "coherent"),
        (2.5, 0.61, "coherent"),
        (2.51, 0.8, "strained"),
        (2.0, 0.6, "strained"),
        (3.0, 0.41, "strained"),
        (3.01, 0.8, "babbling"),
        (0.1, 0.4, "babbling"),
        (2.0, None, "coherent"),
        (None, None, None),
    ],
)
def test_words_follow_from_the_numbers(nll: float | None, share: float | None, word: str | None) -> None:
    text = TextMeasure(nll, share)
    found = compare(text, BASE, 0.3)
    assert found.verdict == word
    if word is not None:
        assert within_bounds(text, BASE) == (word != "babbling")
        assert found.nll_rise == pytest.approx((nll or 0) - 2.0)
    assert (found.base_nll_steered, found.distinct_2_baseline, found.injected_norm_share) == (nll, 0.8, 0.3)


def test_without_a_baseline_nothing_is_said() -> None:
    found = compare(TextMeasure(1.0, 0.5), TextMeasure(None, None))
    assert found.verdict is None
    assert found.nll_rise is None
