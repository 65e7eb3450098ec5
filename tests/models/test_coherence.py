"""The measures of a text by hand-made examples, and where the words change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.steering.coherence import (
    BABBLING,
    COHERENT,
    FULL_ORDER,
    LEAST_TOKENS,
    TextMeasure,
    base_nll,
    compare,
    distinct_2,
    drift,
    is_fluent,
    mean_measure,
    measure,
    order_share,
    peak_nll,
    shuffled,
    without_end,
)

BASE = TextMeasure(2.0, 0.8, 0.6)


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
    assert mean_measure(texts) == TextMeasure(2.0, 0.5, None)
    assert mean_measure([TextMeasure(1.0, 0.5, 0.2), TextMeasure(1.0, 0.5, 0.4)]).order_share == pytest.approx(0.3)
    assert mean_measure([]) == TextMeasure(None, None)


@pytest.mark.parametrize(
    ("order", "share", "word"),
    [
        (0.9, 0.8, "coherent"),
        (0.6 * FULL_ORDER * COHERENT, 0.61, "coherent"),
        (0.6 * FULL_ORDER * COHERENT - 0.01, 0.8, "strained"),
        (0.6, 0.6, "strained"),
        (0.6 * FULL_ORDER * BABBLING + 0.001, 0.41, "strained"),
        (0.6 * FULL_ORDER * BABBLING - 0.01, 0.8, "babbling"),
        (0.6, 0.4, "babbling"),
        (None, 0.4, "babbling"),
        (0.6, None, "coherent"),
        (-0.2, 0.8, "babbling"),
        (None, 0.8, None),
    ],
)
def test_words_follow_from_the_numbers(order: float | None, share: float | None, word: str | None) -> None:
    text = TextMeasure(9.0, share, order)
    found = compare(text, BASE, 0.3)
    assert found.verdict == word
    assert is_fluent(text, BASE) == (word in (None, "coherent"))
    assert found.fluency is None if order is None else 0 <= found.fluency <= 1  # type: ignore[operator]
    assert found.nll_rise == 7.0  # a new language surprises, and is no part of the verdict
    assert (found.base_nll_steered, found.distinct_2_baseline, found.injected_norm_share) == (9.0, 0.8, 0.3)


@pytest.mark.parametrize(
    ("peak", "word"), [(0.3, "coherent"), (0.7, "coherent"), (0.72, "strained"), (0.85, "babbling")]
)
def test_words_that_belong_nowhere_count_however_good_the_rest_is(peak: float, word: str) -> None:
    found = compare(TextMeasure(4.0, 0.8, 0.6, peak), BASE)
    assert found.verdict == word
    assert found.fluency == pytest.approx(min(1.0, 0.5 + 2.5 * (0.7 - peak)))


def test_the_peak_is_the_mean_of_the_worst_tokens() -> None:
    assert peak_nll([-1.0] * 17 + [-9.0, -12.0, -15.0]) == 12.0  # 15 % of 20
    assert peak_nll([-2.0, -3.0]) == 3.0
    assert peak_nll([]) is None


def test_drift_is_the_gap_after_the_first_words() -> None:
    own, base = [-1.0] * 20, [-9.0] * 8 + [-1.5] * 12
    assert drift(own, base) == pytest.approx(0.5)  # the switch itself does not count
    assert drift([-1.0] * 4, [-2.0, -2.0, -4.0, -4.0]) == pytest.approx(2.0)
    assert drift([], []) is None
    for gap, word in ((0.0, "coherent"), (0.8, "coherent"), (0.9, "strained"), (1.3, "babbling")):
        assert compare(TextMeasure(4.0, 0.8, 0.6, 0.3, gap), BASE).verdict == word


def test_without_a_baseline_nothing_is_said() -> None:
    found = compare(TextMeasure(1.0, 0.5, 0.4), TextMeasure(None, None))
    assert (found.verdict, found.nll_rise, found.fluency) == (None, None, None)
    # A baseline whose own order means nothing is no measure for another text.
    assert compare(TextMeasure(1.0, 0.5, 0.4), TextMeasure(1.0, 0.5, -0.1)).verdict is None


def test_the_share_of_order_by_hand() -> None:
    assert order_share(2.0, [7.0, 9.0], 40) == pytest.approx(0.75)
    assert order_share(8.0, [8.0], 40) == 0
    assert order_share(0.05, [0.06], 40) == pytest.approx(0.02)  # one word for ever: sure of itself in any order
    assert order_share(2.0, [7.0], LEAST_TOKENS - 1) is None
    assert order_share(None, [7.0], 40) is None
    assert order_share(2.0, [None], 40) is None


def test_words_are_shuffled_whole_and_repeatably() -> None:
    strings = [" the", " un", "believ", "able", " cat", " sat", " on", " my", " old", " mat", " to", "day"]
    ids = list(range(len(strings)))
    found = shuffled(ids, strings, 1)
    assert sorted(found) == ids
    assert found == shuffled(ids, strings, 1) != shuffled(ids, strings, 2)
    assert tuple(ids) != found
    start = found.index(1)
    assert found[start : start + 3] == (1, 2, 3)
    assert found[found.index(10) + 1] == 11


@given(st.lists(st.integers(0, 9), max_size=20))
def test_a_text_without_spaces_is_shuffled_token_by_token(ids: list[int]) -> None:
    assert sorted(shuffled(ids, ["\u6c34"] * len(ids), 3)) == sorted(ids)
    if len(set(ids)) > 3:
        assert any(shuffled(ids, ["\u6c34"] * len(ids), seed) != tuple(ids) for seed in range(9))


def test_the_token_that_ends_a_text_is_left_out_once() -> None:
    assert without_end([4, 2, 2], {2}) == (4, 2)
    assert without_end([4, 2, 3], {2}) == (4, 2, 3)
    assert without_end([], {2}) == ()
