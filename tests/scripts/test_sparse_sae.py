"""The sparse training step against sae_lens's own dense one: losses, gradients, activations, threshold."""

import pytest
import torch
from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.saes.sae import TrainStepInput

from scripts.chat_demo.sparse_sae import SparseBatchTopK

D, F, K, BATCH = 24, 96, 6, 64


def both(**settings) -> tuple[BatchTopKTrainingSAE, SparseBatchTopK]:
    torch.manual_seed(3)
    dense = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(d_in=D, d_sae=F, k=K, **settings))
    sparse = SparseBatchTopK(BatchTopKTrainingSAEConfig(d_in=D, d_sae=F, k=K, **settings))
    with torch.no_grad():
        for name in ("b_enc", "b_dec"):
            getattr(dense, name).normal_(std=0.1)
        dense.W_dec.mul_(torch.rand(F, 1) + 0.5)
    sparse.load_state_dict(dense.state_dict())
    return dense, sparse


def step(dead: torch.Tensor | None) -> TrainStepInput:
    x = torch.randn(BATCH, D, generator=torch.Generator().manual_seed(4))
    return TrainStepInput(sae_in=x, coefficients={}, dead_neuron_mask=dead, n_training_steps=1, is_logging_step=False)


@pytest.mark.parametrize("settings", [{}, {"rescale_acts_by_decoder_norm": False}, {"apply_b_dec_to_input": False}])
@pytest.mark.parametrize("n_dead", [0, 5, 40])
def test_losses_and_gradients_are_sae_lens_own(settings, n_dead):
    dense, sparse = both(**settings)
    dead = torch.arange(F) < n_dead
    ours, theirs = (sae.training_forward_pass(step(dead)) for sae in (sparse, dense))
    for name, loss in theirs.losses.items():
        torch.testing.assert_close(ours.losses[name], loss, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours.feature_acts.to_dense(), theirs.feature_acts.detach())
    torch.testing.assert_close(sparse.topk_threshold, dense.topk_threshold)
    ours.loss.backward()
    theirs.loss.backward()
    for (name, mine), other in zip(sparse.named_parameters(), dense.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-4, atol=1e-5, msg=name)


def test_bfloat16_moves_losses_by_less_than_its_rounding():
    dense, sparse = both()
    sparse.number_format = torch.bfloat16
    ours, theirs = (sae.training_forward_pass(step(None)).loss for sae in (sparse, dense))
    assert ours.item() == pytest.approx(theirs.item(), rel=0.01)
    assert ours.item() != theirs.item()
