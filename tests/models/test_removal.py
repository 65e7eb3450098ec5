"""What takes the place of a removed value: zero, the mean, draws from the corpus."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.causal.ablation import AblationPlan, ablate
from models.causal.patching import remove_or_keep
from models.causal.removal import DRAWS, Removal, by_mean, by_resampling, draws
from models.running.language_model import LanguageModel
from models.running.pace import result_of
from tests.models.test_attribution import TEXT, by_hand, prompt, sae_of, tokens


def test_draws_follow_the_corpus() -> None:
    active = np.linspace(1, 3, 128, dtype=np.float32)
    for density in (0.03, 0.4, 1.0):
        means = [draws(latent, density, active).mean() for latent in range(400)]
        assert np.mean(means) == pytest.approx(density * 2, abs=0.02)
        shares = [np.mean(draws(latent, density, active) > 0) for latent in range(400)]
        assert np.mean(shares) == pytest.approx(density, abs=0.01)
        # One value from every equal part: the share of zeros is as near as it can be, every time.
        assert max(abs(share - density) for share in shares) < 1 / DRAWS
    assert not draws(3, 0.0, np.zeros(0, np.float32)).any()
    assert draws(5, 0.5, active).tolist() == draws(5, 0.5, active).tolist()


@pytest.fixture
def setting(tiny_gpt2: LanguageModel, tmp_path: Path) -> tuple[LanguageModel, Any, torch.Tensor, torch.Tensor]:
    """The model, its prompt, the latents (pos, d_sae) and the rows of the decoder."""
    dictionary, reference = sae_of(tmp_path)
    place = prompt(tiny_gpt2, dictionary)
    with torch.no_grad():
        latents = reference.encode(place.state)
    return tiny_gpt2, place, latents, reference.W_dec.detach()


def removals() -> dict[str, Removal]:
    active = np.linspace(0.5, 2, 50, dtype=np.float32)
    densities = {latent: 0.9 if latent % 2 else 0.02 for latent in range(96)}
    return {
        "mean": by_mean({latent: 0.1 + latent / 96 for latent in range(96)}),
        "resample": by_resampling(densities, {latent: active.tolist() for latent in range(96)}),
    }


@pytest.mark.parametrize("by", ["mean", "resample"])
def test_an_effect_is_the_mean_over_plain_runs_with_the_value_replaced(setting: Any, by: str) -> None:
    model, place, latents, rows = setting
    removal = removals()[by]
    found = result_of(ablate(place, None, None, AblationPlan(8, removal)))
    ids = tokens(model, TEXT).ids
    clean = by_hand(model, ids, "transformer.h.1", "out", lambda h: h).log_softmax(-1)
    target = found.target.token_id
    for effect in found.effects:
        p, i = effect.position, effect.latent
        changes = []
        for value in removal.values[i].tolist():

            def replaced(h: torch.Tensor, p: int = p, i: int = i, value: float = value) -> torch.Tensor:
                changed = h.clone()
                changed[0, p] += (value - latents[p, i]) * rows[i]
                return changed

            after = by_hand(model, ids, "transformer.h.1", "out", replaced).log_softmax(-1)
            changes.append(float(after[target] - clean[target]))
        assert effect.exact == pytest.approx(np.mean(changes), abs=1e-4)
        assert effect.change.log_prob == effect.exact


@pytest.mark.parametrize("by", ["mean", "resample"])
def test_a_set_of_one_is_that_latents_effect(setting: Any, by: str) -> None:
    _, place, _, _ = setting
    removal = removals()[by]
    first = result_of(ablate(place, None, None, AblationPlan(3, removal))).effects[0]
    found = remove_or_keep(place, None, None, [(first.latent, first.position)], keep=False, removal=removal)
    assert found.changed.minus(found.baseline).log_prob == pytest.approx(first.exact, abs=1e-4)
