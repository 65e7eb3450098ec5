"""Direct logit effects against the dense product."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.building.logit_effects import dictionary_logit_effects, logit_effects
from models.errors import Unsupported
from models.loading.opening import load_dictionary
from models.running.top_rows import largest_per_row
from models.sources import SourceSpec
from tests.models.tiny import save_sae


def dense(W_dec: torch.Tensor, gain: torch.Tensor, W_U: torch.Tensor) -> torch.Tensor:
    effect = (W_dec * gain) @ W_U
    return effect - effect.mean(1, keepdim=True)


@pytest.mark.parametrize("vocab", [30, 3000])
@pytest.mark.parametrize("chunk", [None, 1, 7])
def test_the_strongest_effects_equal_the_dense_product(vocab: int, chunk: int | None) -> None:
    torch.manual_seed(0)
    W_dec, gain, W_U = torch.randn(40, 16), torch.rand(16) + 0.5, torch.randn(16, vocab) + 0.3
    expected = dense(W_dec, gain, W_U)
    found = logit_effects(W_dec, gain, W_U, k=10, chunk=chunk)
    up, down = expected.topk(10), (-expected).topk(10)
    np.testing.assert_array_equal(found.promoted_ids, up.indices.numpy())
    np.testing.assert_array_equal(found.suppressed_ids, down.indices.numpy())
    np.testing.assert_allclose(found.promoted_values, up.values.numpy(), atol=1e-4)
    np.testing.assert_allclose(found.suppressed_values, -down.values.numpy(), atol=1e-4)


def test_a_vocabulary_smaller_than_k_gives_all_of_it() -> None:
    found = logit_effects(torch.randn(3, 8), torch.ones(8), torch.randn(8, 4), k=10)
    assert found.promoted_ids.shape == (3, 4)


def test_no_latents_give_empty_arrays() -> None:
    found = logit_effects(torch.empty(0, 8), torch.ones(8), torch.randn(8, 40))
    assert found.promoted_ids.shape == found.suppressed_values.shape == (0, 10)


def test_effects_of_z_latents_go_through_the_output_matrix(tiny_gpt2: Any, tmp_path: Path) -> None:
    dictionary = load_dictionary(SourceSpec("x", str(save_sae(tmp_path, hook_name="blocks.1.attn.hook_z"))))
    weight = tiny_gpt2.model.get_submodule("transformer.h.1.attn.c_proj").weight
    vocab = len(tiny_gpt2.tokenizer)
    expected = dense(dictionary.W_dec @ weight, tiny_gpt2.final_norm_gain(), tiny_gpt2.unembedding()[:, :vocab])
    found = dictionary_logit_effects(tiny_gpt2, dictionary, k=5)
    np.testing.assert_array_equal(found.promoted_ids, expected.topk(5).indices.numpy())


def test_effects_of_transcoders_are_those_of_their_output_site(tiny_gpt2: Any, tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "transcoder", "blocks.1.mlp.hook_in", hook_out="blocks.1.hook_mlp_out")
    dictionary = load_dictionary(SourceSpec("x", str(folder)))
    vocab = len(tiny_gpt2.tokenizer)
    expected = dense(dictionary.W_dec, tiny_gpt2.final_norm_gain(), tiny_gpt2.unembedding()[:, :vocab])
    found = dictionary_logit_effects(tiny_gpt2, dictionary, k=5)
    np.testing.assert_array_equal(found.suppressed_ids, (-expected).topk(5).indices.numpy())
    assert found.promoted_ids.max() < vocab


def test_sites_without_a_direct_path_are_refused(tiny_gpt2: Any, tmp_path: Path) -> None:
    dictionary = load_dictionary(SourceSpec("x", str(save_sae(tmp_path, hook_name="blocks.1.mlp.hook_in"))))
    with pytest.raises(Unsupported, match="no direct path"):
        dictionary_logit_effects(tiny_gpt2, dictionary)


@pytest.mark.parametrize("width", [20, 2048, 2049, 5000])
@pytest.mark.parametrize("levels", [None, 4, 1])
def test_largest_per_row_equals_a_stable_sort_with_ties_too(width: int, levels: int | None) -> None:
    generator = torch.Generator().manual_seed(width)
    values = torch.randn(30, width, generator=generator)
    if levels is not None:
        values = torch.randint(0, levels, (30, width), generator=generator).float()
    columns, top = largest_per_row(values, 10)
    expected = values.sort(dim=1, descending=True, stable=True)
    torch.testing.assert_close(top, expected.values[:, :10], atol=0, rtol=0)
    torch.testing.assert_close(columns, expected.indices[:, :10], atol=0, rtol=0)


def test_more_than_a_row_holds_is_an_error() -> None:
    with pytest.raises(ValueError, match="5 largest of rows with 4"):
        largest_per_row(torch.zeros(2, 4), 5)
