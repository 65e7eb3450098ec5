"""Output scores against whole, plain forward passes."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.building.output_score import OutputScorer, blocks_skipped, combine, neutral_prompt
from models.errors import SteeringError
from models.loading.opening import load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.models.steering_reference import Change, latent_delta, steered_logits
from tests.models.test_steering import sae_for
from tests.models.tiny import ARCHITECTURES

PROMPT = [0, 17, 40, 260, 33]
SOURCES = [
    ("jumprelu", "blocks.2.hook_resid_post", None),
    ("topk", "blocks.0.hook_resid_pre", None),
    ("standard", "blocks.1.attn.hook_z", None),
    ("transcoder", "blocks.2.mlp.hook_in", "blocks.2.hook_mlp_out"),
]


def by_hand(logits: torch.Tensor, base: torch.Tensor, promoted: list[int]) -> tuple[float, int, float]:
    p, before = logits.double().softmax(-1).tolist(), base.double().softmax(-1).tolist()
    best = max(promoted, key=lambda t: p[t])
    rank = 1 + sum(other > p[best] for other in p)
    gain = p[best] - before[best]
    return (1 - math.log(rank) / math.log(len(p))) * gain, rank, gain


@pytest.mark.parametrize(("kind", "hook", "out"), SOURCES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_scores_equal_one_whole_forward_per_latent(
    architecture: str, kind: str, hook: str, out: str | None, tiny_models: Any, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    model = load_language_model(str(tiny_models[architecture]), device="cpu")
    plain = AutoModelForCausalLM.from_pretrained(tiny_models[architecture], attn_implementation="eager").eval()
    folder = sae_for(model, tmp_path, kind, hook, hook_out=out, seed=1)
    scorer = OutputScorer(model, load_dictionary(SourceSpec("x", str(folder))), PROMPT)
    assert scorer.upper_only == (not hook.startswith("blocks.0"))
    generator = np.random.default_rng(0)
    indices, maxima = [3, 90, 41, 7, 60], [2.0, 5.0, 0.0, 9.0, 1.0]
    promoted = generator.integers(0, 320, (5, 4))
    found = scorer.score(indices, maxima, promoted)
    base = steered_logits(plain, architecture, PROMPT, [])[-1]
    for n, (index, maximum) in enumerate(zip(indices, maxima, strict=True)):
        if not maximum:
            assert math.isnan(found.score[n])
            assert found.rank[n] == 0
            continue
        change = Change(hook, out or hook, latent_delta(folder, index, "add", 1.0, maximum))
        logits = steered_logits(plain, architecture, PROMPT, [change])[-1]
        score, rank, gain = by_hand(logits, base, promoted[n].tolist())
        assert found.gain[n] == pytest.approx(gain, abs=1e-4)
        assert abs(int(found.rank[n]) - rank) <= 1
        assert found.score[n] == pytest.approx(score, abs=1e-3)
    assert not any("forward" in vars(m) for m in model.model.modules())


def test_ranges_give_what_all_at_once_gives(tiny_gpt2: Any, tmp_path: Path) -> None:
    folder = sae_for(tiny_gpt2, tmp_path, "standard", "blocks.1.hook_resid_post", seed=1)
    scorer = OutputScorer(tiny_gpt2, load_dictionary(SourceSpec("x", str(folder))), PROMPT)
    generator = np.random.default_rng(0)
    maxima, promoted = generator.uniform(0, 4, 96), generator.integers(0, 320, (96, 10))
    whole = scorer.score(range(96), maxima, promoted)
    parts = [scorer.score(range(a, b), maxima[a:b], promoted[a:b]) for a, b in ((0, 10), (10, 11), (11, 96))]
    np.testing.assert_allclose(np.concatenate([p.score for p in parts]), whole.score, atol=1e-5)
    assert (np.abs(whole.score) <= 1).all()


def test_a_latent_that_writes_its_token_scores_near_one(tiny_models: Any, tmp_path: Path) -> None:
    model = load_language_model(str(tiny_models["gpt2"]), device="cpu")
    model.model.get_submodule(model.tap("ln_final.hook_in").module).weight.mul_(8)  # sure of its next token
    folder = sae_for(model, tmp_path, "standard", "blocks.2.hook_resid_post", seed=1)
    dictionary = load_dictionary(SourceSpec("x", str(folder)))
    dictionary.W_dec[5] = model.unembedding()[:, 77]
    scorer = OutputScorer(model, dictionary, PROMPT)
    found = scorer.score([5, 5], [200.0, 1e-6], np.array([[77, 12], [77, 12]]))
    assert found.score[0] > 0.95
    assert found.rank[0] == 1
    assert abs(found.score[1]) < 1e-3


def test_the_score_combines_rank_and_gained_probability_of_the_best_token() -> None:
    logits, base = torch.tensor([[0.0, 3.0, 2.0, -1.0]]), torch.zeros(4)
    score, rank, gain = combine(logits, base, torch.tensor([[0, 2]]))
    expected = float(logits.softmax(-1)[0, 2]) - 0.25
    assert int(rank) == 2
    assert float(gain) == pytest.approx(expected)
    assert float(score) == pytest.approx((1 - math.log(2) / math.log(4)) * expected)


def test_blocks_come_back_after_an_error(tiny_gpt2: Any) -> None:
    with pytest.raises(RuntimeError, match="stop"), blocks_skipped(tiny_gpt2, 2, torch.zeros(1, 3, 32)):
        raise RuntimeError("stop")
    assert not any("forward" in vars(m) for m in tiny_gpt2.model.modules())


def test_the_neutral_prompt_has_a_bos_where_the_source_wants_one(tiny_gpt2: Any, tmp_path: Path) -> None:
    for wanted in (True, False):
        folder = sae_for(
            tiny_gpt2, tmp_path / str(wanted), "standard", "blocks.1.hook_resid_post", metadata={"prepend_bos": wanted}
        )
        ids = neutral_prompt(tiny_gpt2, load_dictionary(SourceSpec("x", str(folder))))
        assert (ids[0] == 0) == wanted
        assert len(ids) > 2
    with pytest.raises(SteeringError, match="no token to steer"):
        OutputScorer(tiny_gpt2, load_dictionary(SourceSpec("x", str(folder))), [0])
