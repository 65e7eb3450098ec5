"""Packed bytes give back what was packed, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db import packing
from models.records import Neighbour, Sample, TokenValue
from tests.app.db.support import equal_records

floats = st.floats(width=32, allow_nan=False, allow_subnormal=False)
doubles = st.floats(allow_nan=False)
ids = st.integers(0, 2**32 - 1)


@given(st.lists(st.integers(0, 300_000), max_size=200))
def test_token_ids(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    packed = packing.pack_token_ids(array)
    assert np.array_equal(packing.unpack_token_ids(packed), array)
    assert packing.unpack_token_ids(packed).dtype == np.int64


def test_token_ids_of_a_small_vocabulary_take_two_bytes() -> None:
    assert len(packing.pack_token_ids(np.full(100, 65_535))) == 201
    assert len(packing.pack_token_ids(np.full(100, 65_536))) == 401


@given(st.lists(st.tuples(ids, doubles), max_size=30))
def test_token_values_and_neighbours(pairs: list[tuple[int, float]]) -> None:
    values = tuple(TokenValue(*pair) for pair in pairs)
    assert packing.unpack_token_values(packing.pack_token_values(values)) == values
    neighbours = tuple(Neighbour(*pair) for pair in pairs)
    assert packing.unpack_neighbours(packing.pack_neighbours(neighbours)) == neighbours


@given(st.lists(st.integers(0, 2**62), max_size=80))
def test_histograms(counts: list[int]) -> None:
    array = np.array(counts, dtype=np.int64)
    edges = np.linspace(0, 7, len(counts) + 1, dtype=np.float32) if counts else np.zeros(0, np.float32)
    unpacked = packing.unpack_histogram(packing.pack_histogram(edges, array))
    assert equal_records(unpacked, (edges, array))


def test_a_histogram_whose_edges_do_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="3 edges"):
        packing.pack_histogram(np.zeros(2, np.float32), np.zeros(2, np.int64))


@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), floats), max_size=130))
def test_samples(rows: list[tuple[int, int, float]]) -> None:
    sample = Sample(
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int32),
        np.array([row[2] for row in rows], np.float32),
    )
    assert equal_records(packing.unpack_sample(packing.pack_sample(sample)), sample)


@given(st.lists(st.one_of(st.just(0.0), floats), max_size=300))
def test_windows(values: list[float]) -> None:
    window = np.array(values, np.float32)
    assert equal_records(packing.unpack_window(packing.pack_window(window)), window)


def test_a_window_costs_only_what_is_not_zero() -> None:
    window = np.zeros(256, np.float32)
    window[[0, 255]] = 1.5
    assert len(packing.pack_window(window)) == 2 + 2 * 5
    wide = np.zeros(257, np.float32)
    wide[256] = 1.5
    assert len(packing.pack_window(wide)) == 2 + 6


@given(st.lists(floats, max_size=50))
def test_vectors(values: list[float]) -> None:
    array = np.array(values, np.float32)
    assert equal_records(packing.unpack_floats(packing.pack_floats(array)), array)
