"""Calibration and balance: the readings against whole forward passes, the range against its definition."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import SteeringError, Unsupported
from models.loading.opening import load_dictionary, load_language_model
from models.running.generate import generate
from models.running.pace import result_of
from models.running.sampling import Sampling
from models.running.text_rows import Request
from models.sources import SourceSpec
from models.steering import calibration
from models.steering.calibration import ROWS_AT_ONCE, Plan, balance, calibrate, calibration_steps
from models.steering.coherence import mean_measure, shuffled
from models.steering.readings import read_texts
from models.steering.terms import Board, SteerTerm, VectorSubject
from tests.models.reference_sae import ReferenceSae
from tests.models.test_steering import active_latents, sae_for, term
from tests.models.tiny import D_MODEL

HOOK = "blocks.1.hook_resid_post"
PLAN = Plan(
    ((0, 17, 40, 260, 33), (0, 9, 88)),
    Sampling(max_new_tokens=10, stop_at_eos=False, temperature=0.7, seed=3),
    samples=2,
)


@pytest.fixture(scope="module")
def folder(tiny_gpt2: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sae_for(tiny_gpt2, tmp_path_factory.mktemp("calibration"), "jumprelu", HOOK, seed=2)


@pytest.fixture(scope="module")
def saes(folder: Path) -> dict[str, Any]:
    return {"sae": load_dictionary(SourceSpec("x", str(folder)))}


@pytest.fixture(scope="module")
def latent(tiny_gpt2: Any, folder: Path) -> int:
    h = tiny_gpt2.run_to_hooks(torch.tensor([[0, 17, 40, 260, 33, 9, 88]]), [HOOK])[HOOK]
    return active_latents(folder, h)[0]


@pytest.fixture(scope="module")
def sharp(tiny_models: Any) -> Any:
    """The tiny GPT-2 with a larger last gain: of all tiny models' next tokens each is about as likely as any other."""
    model = load_language_model(str(tiny_models["gpt2"]), device="cpu")
    model.model.get_submodule(model.tap("ln_final.hook_in").module).weight.mul_(8)
    return model


def test_readings_equal_one_forward_per_text(tiny_gpt2: Any, folder: Path, saes: Any, latent: int) -> None:
    texts = [((0, 5, 9), (12, 40, 41, 7)), ((0, 5), (300,)), ((8, 7, 6, 5, 4), (3, 2, 3, 2, 3, 2)), ((1, 2), ())]
    found = read_texts(tiny_gpt2, saes, texts, [term(latent, "add", maximum=2.0)])
    values = torch.randn(D_MODEL, generator=torch.Generator().manual_seed(0))
    vector = SteerTerm(VectorSubject("v", HOOK, values.numpy()), "add")
    along = read_texts(tiny_gpt2, saes, texts, [vector])
    both = read_texts(tiny_gpt2, saes, texts, [vector, term(latent, "add", maximum=2.0)], shuffles=0)
    for one, other, pair in zip(found, along, both, strict=True):
        assert list(pair.effects) == pytest.approx([other.effect, one.effect], abs=1e-5)
        assert pair.measure.order_share is None
    for (prompt, generated), one, other in zip(texts, found, along, strict=True):
        if not generated:
            assert (one.measure.base_nll, one.effect) == (None, None)
            continue
        ids = torch.tensor([[*prompt, *generated]])
        logprobs = tiny_gpt2.logits(ids)[0].log_softmax(-1)
        places = range(len(prompt), ids.shape[1])
        nll = -sum(float(logprobs[p - 1, ids[0, p]]) for p in places) / len(generated)
        h = tiny_gpt2.run_to_hooks(ids, [HOOK])[HOOK][0, len(prompt) :]
        a = ReferenceSae(folder).encode(h)[0][:, latent]
        assert one.measure.base_nll == pytest.approx(nll, abs=1e-4)
        assert one.effect == pytest.approx(float(a.mean()) / 2.0, abs=1e-4)
        assert other.effect == pytest.approx(float((h @ values).mean() / values.square().sum()), abs=1e-4)
        pairs = list(pairwise(generated))
        assert one.measure.distinct_2 == (len(set(pairs)) / len(pairs) if pairs else None)


def test_effects_of_transcoders_are_read_at_their_input(tiny_gpt2: Any, tmp_path: Path) -> None:
    read = "blocks.1.mlp.hook_in"
    folder = sae_for(tiny_gpt2, tmp_path, "transcoder", read, hook_out="blocks.1.hook_mlp_out")
    saes = {"sae": load_dictionary(SourceSpec("x", str(folder)))}
    h = tiny_gpt2.run_to_hooks(torch.tensor([[0, 5, 9, 12, 40]]), [read])[read]
    index = active_latents(folder, h)[0]
    found = read_texts(tiny_gpt2, saes, [((0, 5), (9, 12, 40))], [term(index, "add", maximum=3.0)])
    expected = ReferenceSae(folder).encode(h[0, 2:])[0][:, index].mean() / 3.0
    assert found[0].effect == pytest.approx(float(expected), abs=1e-4)


def test_the_share_of_order_equals_one_forward_per_shuffled_text(tiny_gpt2: Any) -> None:
    prompt, text = (0, 5, 9), (12, 40, 41, 7, 12, 300, 88, 9, 17, 3)
    (found,) = read_texts(tiny_gpt2, {}, [(prompt, text)], shuffles=3)

    def nll(generated: tuple[int, ...]) -> float:
        ids = torch.tensor([[*prompt, *generated]])
        logprobs = tiny_gpt2.logits(ids)[0].log_softmax(-1)
        places = range(len(prompt), ids.shape[1])
        return -sum(float(logprobs[p - 1, ids[0, p]]) for p in places) / len(generated)

    strings = tiny_gpt2.token_strings(text)
    mixed = sum(nll(shuffled(text, strings, seed)) for seed in range(3)) / 3
    assert found.measure.order_share == pytest.approx(1 - nll(text) / mixed, abs=1e-4)
    assert found.measure.base_nll == pytest.approx(nll(text), abs=1e-4)


def test_a_sweep_is_what_its_definition_says(tiny_gpt2: Any, saes: Any, latent: int) -> None:
    found = calibrate(tiny_gpt2, saes, term(latent, "add", maximum=2.0), PLAN)
    assert list(found.strengths) == sorted(found.strengths)
    zero = found.strengths.index(0)
    # At strength 0 the texts are the unsteered ones.
    assert found.base_nll[zero] == pytest.approx(found.baseline.base_nll, abs=1e-4)
    assert found.distinct_2[zero] == pytest.approx(found.baseline.distinct_2)
    assert found.fluent_share[zero] == found.unsteered_share
    assert found.safe_low <= 0 <= found.safe_high
    assert found.strained_low <= found.safe_low
    assert found.safe_high <= found.strained_high
    inside = [n for n, s in enumerate(found.strengths) if 0 <= s <= found.safe_high]
    assert found.recommended == found.strengths[max(inside, key=lambda n: found.effect[n] or 0.0)]
    # The first distances are shares of the residual norm, on both sides.
    h = tiny_gpt2.run_to_hooks(torch.tensor([[17, 40, 260, 33]]), [HOOK])[HOOK][0]
    strength = 0.1 * float(h.norm(dim=-1).mean()) / (2.0 * float(saes["sae"].W_dec[latent].norm()))
    nearest = min((abs(s) for s in found.strengths if s), key=lambda s: abs(s - strength))
    assert nearest == pytest.approx(strength, rel=0.3)  # the norm is that of the unsteered text, not of the prompt
    assert {-s for s in found.strengths if s > 0} & set(found.strengths)


def test_samples_are_texts_of_the_recommended_strength(sharp: Any) -> None:
    push = sharp.unembedding()[:, 50].numpy()
    term_ = SteerTerm(VectorSubject("push", "blocks.2.hook_resid_post", push), "add")
    found = calibrate(sharp, {}, term_, PLAN)
    assert len(found.samples) == len(PLAN.prompts)
    for sample in found.samples:
        board = Board((replace(term_, strength=found.recommended),))
        request = Request(sample.prompt, board, replace(PLAN.sampling, alternatives=0), reading=False)
        written: dict[str, list[int]] = {"baseline": [], "steered": []}
        for event in generate(sharp, {}, [request]):
            written[event.side].append(event.token_id)
        assert (tuple(written["baseline"]), tuple(written["steered"])) == (sample.baseline, sample.steered)


def test_a_strong_vector_makes_the_tiny_model_babble(sharp: Any) -> None:
    """Pushing hard towards one token's unembedding repeats it, and distinct_2 falls."""
    push = sharp.unembedding()[:, 50].numpy()
    subject = SteerTerm(VectorSubject("push", "blocks.2.hook_resid_post", push), "add")
    found = calibrate(sharp, {}, subject, PLAN)
    assert found.fluent_share[-1] < 0.5
    assert found.safe_high < max(found.strengths)
    assert (found.effect[-1] or 0.0) > 0.5
    assert found.effect[found.strengths.index(0)] == pytest.approx(0, abs=1e-4)


def test_clamping_measures_the_removal_too(tiny_gpt2: Any, saes: Any, latent: int) -> None:
    found = calibrate(tiny_gpt2, saes, term(latent, "clamp", maximum=2.0), PLAN)
    assert 0.0 in found.strengths
    assert found.neutral == 0.0
    scaled = calibrate(tiny_gpt2, saes, term(latent, "scale", maximum=2.0), PLAN)
    assert {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0} <= set(scaled.strengths)


def test_modes_without_a_strength_and_plans_without_prompts_are_refused(tiny_gpt2: Any, saes: Any, latent: int) -> None:
    with pytest.raises(Unsupported, match="'ablate' has no strength to calibrate"):
        calibrate(tiny_gpt2, saes, term(latent, "ablate"), PLAN)
    with pytest.raises(SteeringError, match="at least one prompt"):
        calibrate(tiny_gpt2, saes, term(latent, "add"), replace(PLAN, prompts=()))


def alike(found: Any, wanted: Any) -> None:
    assert found.strengths == wanted.strengths
    for name in ("effect", "base_nll", "distinct_2"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-4)


def test_a_sweep_in_steps_tells_the_tokens_it_wrote_and_finds_the_same(tiny_gpt2: Any, saes: Any, latent: int) -> None:
    steps = calibration_steps(tiny_gpt2, saes, term(latent, "add"), PLAN)
    written = [next(steps) for _ in range(5)]
    assert 0 < max(written) <= ROWS_AT_ONCE
    alike(result_of(steps), calibrate(tiny_gpt2, saes, term(latent, "add"), PLAN))


def test_texts_written_a_few_at_a_time_are_those_written_together(
    tiny_gpt2: Any, saes: Any, latent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = calibrate(tiny_gpt2, saes, term(latent, "add"), PLAN)
    monkeypatch.setattr(calibration, "ROWS_AT_ONCE", 3)
    alike(calibrate(tiny_gpt2, saes, term(latent, "add"), PLAN), together)


def test_balance_finds_the_largest_factor_that_stays_fine(sharp: Any) -> None:
    push = sharp.unembedding()[:, 50].numpy()
    mix = tuple(SteerTerm(VectorSubject(f"v{n}", "blocks.2.hook_resid_post", push), "add", 15.0) for n in range(4))
    found = balance(sharp, {}, Board(mix), PLAN)
    assert 0 <= found.factor < 1
    assert [t.strength for t in found.board.terms] == pytest.approx([15 * found.factor] * 4)
    assert found.fluent_share >= 0.5
    # A mix that is quiet already is left as it is.
    quiet = Board((replace(mix[0], strength=0.001),))
    assert balance(sharp, {}, quiet, PLAN).factor == 1.0
    assert mean_measure([found.measured]) == found.measured
    assert np.isfinite(found.measured.base_nll or np.nan)
