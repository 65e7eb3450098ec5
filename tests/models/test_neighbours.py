"""Decoder neighbours against the dense matrix of cosines."""

import numpy as np
import pytest
import torch

from models.building.neighbours import decoder_neighbours


@pytest.mark.parametrize(("n", "chunk"), [(50, None), (50, 1), (50, 64), (2500, None), (2500, 64)])
def test_neighbours_equal_the_dense_cosines(n: int, chunk: int | None) -> None:
    rows = torch.randn(n, 16, generator=torch.Generator().manual_seed(n))
    unit = rows / rows.norm(dim=1, keepdim=True)
    cosines = (unit @ unit.T).fill_diagonal_(-2)
    expected = cosines.topk(10)
    indices, values = decoder_neighbours(rows, chunk=chunk)
    np.testing.assert_allclose(values, expected.values.numpy(), atol=1e-6)
    np.testing.assert_allclose(cosines.gather(1, torch.from_numpy(indices)).numpy(), values, atol=1e-6)
    assert (indices != np.arange(n)[:, None]).all()


def test_equal_cosines_are_ordered_by_index() -> None:
    rows = torch.zeros(3000, 4)
    rows[:, 0] = torch.rand(3000, generator=torch.Generator().manual_seed(0)).round(decimals=1) + 1.0
    indices, values = decoder_neighbours(torch.sign(rows), k=4)
    np.testing.assert_array_equal(values, np.ones((3000, 4), np.float32))
    np.testing.assert_array_equal(indices[0], [1, 2, 3, 4])
    np.testing.assert_array_equal(indices[2], [0, 1, 3, 4])


def test_a_dead_row_of_zeros_has_cosine_zero() -> None:
    rows = torch.eye(6)
    rows[3] = 0
    indices, values = decoder_neighbours(rows, k=3)
    np.testing.assert_array_equal(values[3], [0, 0, 0])
    np.testing.assert_array_equal(indices[3], [0, 1, 2])


def test_fewer_latents_than_k_give_all_the_others() -> None:
    indices, values = decoder_neighbours(torch.randn(3, 4), k=10)
    assert indices.shape == values.shape == (3, 2)
    assert decoder_neighbours(torch.randn(1, 4))[0].shape == (1, 0)


def test_scale_and_number_format_do_not_matter() -> None:
    rows = torch.randn(40, 8, generator=torch.Generator().manual_seed(1)).bfloat16()
    scaled = rows.float() * torch.rand(40, 1).clamp(min=0.1)
    np.testing.assert_array_equal(decoder_neighbours(rows)[0], decoder_neighbours(scaled)[0])
