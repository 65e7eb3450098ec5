"""Orders give what sorting by hand gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.latent_table import coded
from app.db.latent_table import order as order_module
from app.db.latent_table import pieces as pieces_module
from app.db.latent_table.coded import CodedOrder
from app.db.latent_table.order import IndexOrder, Order
from app.db.latent_table.rest import Rest

#: Few distinct values, so that there are ties; among them some that float32 cannot hold. Many of them are coded.
VALUES = st.lists(st.sampled_from([None, 0.0, 0.1, 0.5, 2.0, -1.0, 1e300]), max_size=40) | st.lists(
    st.sampled_from([None, 0.1, 0.3, 1e300]), min_size=20, max_size=60
)


def order_of(values: list[float | None]) -> Order:
    numbers = np.array([np.nan if value is None else value for value in values])
    return coded.order_of(numbers, ~np.isnan(numbers))


def between(order: Order, low: float | None, high: float | None) -> list[bool]:
    mask = np.ones(len(order), bool)
    order.narrow(mask, low, high)
    return mask.tolist()


def by_hand(values: list[float | None], is_down: bool) -> list[int]:
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    unknown = [index for index, value in enumerate(values) if value is None]
    return [index for _, index in sorted(known, reverse=is_down)] + unknown


@given(VALUES, st.booleans())
def test_an_order_is_a_sort_by_value_and_index(values: list[float | None], is_down: bool) -> None:
    order = order_of(values)
    assert order.latents(0, len(values), is_down).tolist() == by_hand(values, is_down)
    assert len(order) == len(values)
    known = order.ranked(0, order.n_known, False)
    assert [order.value(index) for index in known] == sorted(value for value in values if value is not None)
    assert order.values(3).tolist() == [value or 0.0 for value in values[::3]]


@given(VALUES, st.booleans(), st.integers(0, 50), st.sampled_from([None, 0.0, 0.1, 0.3, 2.0, 1e300, -1e300, 1e-320]))
def test_a_gap_parts_what_comes_before_from_what_comes_after(
    values: list[float | None], is_down: bool, index: int, value: float | None
) -> None:
    order = order_of(values)
    end, start = order.gap(value, index, is_down)

    def key(v: float | None, i: int) -> tuple[int, float, int]:
        sign = -1 if is_down else 1
        return (1, 0.0, i) if v is None else (0, sign * v, sign * i)

    shown = by_hand(values, is_down)
    wanted = key(value, index)
    assert order.latents(0, end, is_down).tolist() == [i for i in shown if key(values[i], i) < wanted]
    assert order.latents(start, len(order), is_down).tolist() == [i for i in shown if key(values[i], i) > wanted]


@given(VALUES, st.booleans(), st.integers(0, 40), st.integers(1, 50), st.data())
def test_walks_find_the_nearest_latents_of_a_mask(
    values: list[float | None], is_down: bool, place: int, limit: int, data: st.DataObject
) -> None:
    order = order_of(values)
    kept = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    mask = np.array(kept, bool)
    shown = by_hand(values, is_down)
    after = [index for index in shown[place:] if kept[index]][:limit]
    before = [index for index in shown[:place] if kept[index]][-limit:]
    assert order.forward(place, mask, limit, is_down).tolist() == after
    assert order.backward(min(place, len(values)), mask, limit, is_down).tolist() == before
    assert order.forward(place, None, limit, is_down).tolist() == shown[place:][:limit]


@given(st.integers(0, 30), st.booleans(), st.integers(0, 40), st.integers(0, 40))
def test_the_order_by_index_is_all_latents_one_after_the_other(n: int, is_down: bool, first: int, index: int) -> None:
    order = IndexOrder(n)
    shown = list(range(n))[::-1] if is_down else list(range(n))
    assert order.latents(first, first + 7, is_down).tolist() == shown[first : first + 7]
    assert order.forward(first, None, 50, is_down).tolist() == shown[first:]
    end, start = order.gap_of(index, is_down)
    assert shown[:end] == [i for i in shown if (i > index if is_down else i < index)]
    assert shown[start:] == [i for i in shown if (i < index if is_down else i > index)]


@given(st.lists(st.booleans(), max_size=30), st.integers(-2, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_rest_is_what_has_no_value(known: list[bool], index: int, first: int, end: int) -> None:
    has_value = np.array(known, bool)
    expected = [i for i, has in enumerate(known) if not has]
    rest = Rest.of(has_value)
    assert len(rest) == len(expected)
    assert rest.latents(first, end).tolist() == expected[first:end]
    assert rest.below(index) == sum(i < index for i in expected)
    assert (index in rest) == (index in expected)
    mask = np.ones(len(known), bool)
    rest.clear(mask)
    assert mask.tolist() == known


@given(VALUES, st.sampled_from([None, 0.1, 0.3, -5.0, 1e300]), st.sampled_from([None, 0.1, 0.3, 1e299]))
def test_a_range_has_both_its_ends(values: list[float | None], low: float | None, high: float | None) -> None:
    expected = [
        index
        for index, value in enumerate(values)
        if value is not None and (low is None or value >= low) and (high is None or value <= high)
    ]
    assert np.flatnonzero(between(order_of(values), low, high)).tolist() == expected


@pytest.mark.parametrize(
    ("distinct", "code"), [(1500, np.uint16), (2**16 - 2, np.uint16), (2**16 - 1, np.uint32), (2**16, np.uint32)]
)
def test_shared_values_are_kept_once(distinct: int, code: type) -> None:
    values = np.random.default_rng(0).permutation(np.arange(5 * distinct) % distinct) / 3.0
    has_value = np.arange(len(values)) % 4001 > 0
    order = coded.order_of(values, has_value)
    assert isinstance(order, CodedOrder)
    assert order.column.dtype == code
    assert np.array_equal([order.value(latent) for latent in range(1, 500)], values[1:500])
    assert np.array_equal(values[order.latents(0, order.n_known, False)], np.sort(values[has_value]))
    top = (distinct - 1) / 3.0
    for low, high in ((None, 0.0), (top, None), (top + 1, None), (None, -1.0), (1 / 3, 5.0), (0.4, 0.5), (5.0, 1.0)):
        expected = has_value if low is None else has_value & (values >= low)
        assert np.array_equal(between(order, low, high), expected if high is None else expected & (values <= high))


@pytest.mark.parametrize("kind", [float, np.int32])
def test_shared_values_give_the_order_that_a_sorted_list_gives(kind: type) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 300, 20_000).astype(kind) / (7.0 if kind is float else 1)
    values = values.astype(kind)
    has_value = rng.random(20_000) < 0.97
    one, other = Order.of(values, has_value), coded.order_of(values, has_value)
    assert isinstance(other, CodedOrder)
    for mask in (None, rng.random(20_000) < 0.001, rng.random(20_000) < 0.3, ~has_value, np.zeros(20_000, bool)):
        for place in (0, 5, 1023, 19_000, len(values) - 700, len(values) - 1, len(values), 30_000):
            for is_down in (False, True):
                for walk in ("forward", "backward"):
                    found = [getattr(order, walk)(min(place, 20_000), mask, 51, is_down) for order in (one, other)]
                    assert np.array_equal(*found), (walk, place, is_down)
    for latent in (0, 7, 19_999, *np.flatnonzero(~has_value)[:3].tolist()):
        assert all(one.gap_of(latent, is_down) == other.gap_of(latent, is_down) for is_down in (False, True))
    if kind is not float:
        wanted = rng.random(300) < 0.1
        assert np.array_equal(one.with_values(wanted), other.with_values(wanted))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("n_levels", [4, 90, 3000])
def test_walks_in_small_steps_find_what_sorting_by_hand_finds(
    monkeypatch: pytest.MonkeyPatch, share: float, n_levels: int
) -> None:
    for module, name, size in ((order_module, "STEP", 16), (coded, "STEP", 16), (pieces_module, "PIECE", 32)):
        monkeypatch.setattr(module, name, size)
    n, rng = 3000, np.random.default_rng(2)
    numbers = rng.integers(0, n_levels, n) / 4
    values = [float(value) if known else None for value, known in zip(numbers, rng.random(n) < share, strict=True)]
    order = order_of(values)
    assert isinstance(order, CodedOrder) == ((n_levels < 3000 and share > 0.2) or n_levels == 4)
    # At random, one end of the order, and few: what a filter on the very quantity leaves, and what another leaves.
    for mask in (rng.random(n) < 0.4, numbers < n_levels / 16, numbers > n_levels / 5, rng.random(n) < 0.002):
        for is_down in (False, True):
            shown = by_hand(values, is_down)
            for place in (0, 1, 700, 2960, n):
                for limit in (1, 7, 200):
                    after = [index for index in shown[place:] if mask[index]][:limit]
                    before = [index for index in shown[:place] if mask[index]][-limit:]
                    assert order.forward(place, mask, limit, is_down).tolist() == after
                    assert order.backward(place, mask, limit, is_down).tolist() == before


@given(st.integers(0, 30), st.booleans(), st.integers(0, 40), st.integers(1, 9), st.data())
def test_the_order_by_index_is_walked_both_ways(
    n: int, is_down: bool, place: int, limit: int, data: st.DataObject
) -> None:
    order, place = IndexOrder(n), min(place, n)
    kept = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    shown = list(range(n))[::-1] if is_down else list(range(n))
    mask = np.array(kept, bool)
    assert order.forward(place, mask, limit, is_down).tolist() == [i for i in shown[place:] if kept[i]][:limit]
    assert order.backward(place, mask, limit, is_down).tolist() == [i for i in shown[:place] if kept[i]][-limit:]


def test_values_of_their_own_are_sorted_once() -> None:
    values = np.random.default_rng(0).random(1000)
    order = coded.order_of(values, np.ones(1000, bool))
    assert not isinstance(order, CodedOrder)
    assert np.array_equal(order.column, values)


@pytest.mark.parametrize("repeats", [1, 50])
def test_long_walks_take_several_steps(repeats: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.permutation(6000) // repeats * 1.0
    order = coded.order_of(values, np.ones(6000, bool))
    mask = rng.random(6000) < 0.01
    expected = [index for index in by_hand(values.tolist(), True) if mask[index]]
    assert order.forward(0, mask, 1000, True).tolist() == expected
    assert order.backward(6000, mask, 1000, True).tolist() == expected
    assert order.backward(6000, mask, 5, True).tolist() == expected[-5:]
    ranks = np.zeros(6000, bool)
    ranks[[3, 77]] = True
    assert order_of_whole(values).with_values(ranks).tolist() == np.isin(values, [3, 77]).tolist()


def order_of_whole(values: np.ndarray) -> Order:
    return coded.order_of(values.astype(np.int32), np.ones(len(values), bool))
