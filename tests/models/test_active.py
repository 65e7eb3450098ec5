"""The sparse encoder finds exactly what the dense one computes."""

import numpy as np
import pytest
import torch

from models.loading.dictionary_facts import DictionaryFacts
from models.running import active
from models.running.active import encode_active
from models.running.dictionary import Dictionary
from tests.models.tiny import sae_parameters

KINDS = ["standard", "gated", "jumprelu", "topk", "transcoder", "skip_transcoder"]


def dictionary(kind, d_sae, k=8):
    facts = DictionaryFacts(
        kind, "here", "blocks.1.hook_resid_post", None, 32, d_sae, 32, k=k if kind == "topk" else None
    )
    return Dictionary(facts, sae_parameters(kind, 32, d_sae))


def dense(found, n, d_sae):
    matrix = np.zeros((n, d_sae), np.float32)
    assert len(np.unique(found.rows * d_sae + found.latents)) == len(found.values)
    matrix[found.rows, found.latents] = found.values
    return matrix


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d_sae", [96, 4096])
def test_active_pairs_are_the_non_zero_entries_of_the_dense_encoding(kind, d_sae, monkeypatch):
    monkeypatch.setattr(active, "BLOCK_VALUES", 70 * d_sae)  # several blocks, the last one shorter
    sae = dictionary(kind, d_sae)
    h = torch.randn(300, 32, generator=torch.Generator().manual_seed(1))
    found = encode_active(sae, h)
    assert (found.values > 0).all()
    np.testing.assert_allclose(dense(found, 300, d_sae), sae.encode(h).numpy(), atol=1e-6)


@pytest.mark.parametrize("k", [1, 32, 300])
def test_the_k_largest_are_exact_with_ties_and_with_few_positive_values(k):
    sae = dictionary("topk", 8192, k)
    sae.W_enc = sae.W_enc.clone()
    sae.W_enc[:, 1::2] = sae.W_enc[:, ::2]  # every value occurs twice in a row
    sae.b_enc = torch.zeros(8192)
    h = torch.randn(40, 32, generator=torch.Generator().manual_seed(2))
    h[7] = 0  # nothing positive
    found = dense(encode_active(sae, h), 40, 8192)
    wanted = torch.addmm(sae.b_enc, sae.prepare(h), sae.W_enc).clamp(min=0).topk(k).values.numpy()
    assert ((found > 0).sum(1) <= k).all()
    got = -np.sort(-found, axis=1)[:, :k]
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_no_rows_give_no_pairs():
    assert len(encode_active(dictionary("standard", 96), torch.zeros(0, 32)).values) == 0
