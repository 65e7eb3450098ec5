"""NaN and infinity: an error or not recorded, and never nothing that fires, an L0 of 0 or a coherent text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.building.build_pass import BuildPass, PassPlan
from models.building.quality import HeldOut, clean_loss, measure_quality, unmeasured
from models.causal.ablation import ablate
from models.causal.attribution import Prompt
from models.errors import SteeringError, WeightsInvalid
from models.loading.load_model import resolve_dtype
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.loading.weight_files import check_finite
from models.running.chat import text_prompt
from models.running.generate import Request, TextBatch, generate
from models.running.language_model import LanguageModel, is_finite
from models.running.microscope import read_latents, read_one_latent
from models.running.pace import result_of
from models.running.sampling import Sampling
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from models.steering import calibration
from models.steering.calibration import Plan, calibrate
from models.steering.coherence import TextMeasure, compare, is_fluent
from models.steering.readings import read_texts
from models.steering.terms import Board, LatentSubject, SteerTerm
from tests.models.tiny import save_model, save_sae

HOOK = "blocks.1.hook_resid_post"
IDS = torch.arange(1, 33).view(2, 16)
GREEDY = Sampling(max_new_tokens=6, temperature=0.0, stop_at_eos=False)


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_dictionary(SourceSpec("x", str(save_sae(tmp_path_factory.mktemp("sae"), hook_name=HOOK))))


@pytest.fixture
def overflowing(tmp_path: Path) -> LanguageModel:
    """A model whose weights are numbers and whose activations, from the second layer on, are none."""
    model = load_language_model(str(save_model(tmp_path / "model")), "cpu")
    with torch.no_grad():
        for name in ("c_fc", "c_proj"):
            getattr(model.model.transformer.h[1].mlp, name).weight.mul_(1e30)
    return model


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[LanguageModel]:
    """A model that computes NaN as logits alone."""
    model = load_language_model(str(save_model(tmp_path / "model")), "cpu")
    handle = model.model.lm_head.register_forward_hook(lambda module, args, output: output * float("nan"))
    yield model
    handle.remove()


def test_activations_that_are_no_numbers_are_an_error(overflowing: LanguageModel, dictionary: Any) -> None:
    with pytest.raises(WeightsInvalid, match=rf"NaN or infinity at {HOOK}; its weights or its config\.json"):
        overflowing.run_to_hooks(IDS, [HOOK])
    with pytest.raises(WeightsInvalid, match="NaN or infinity"):
        read_latents(overflowing, [[5, 6, 7]], [{"a": dictionary}])
    with pytest.raises(WeightsInvalid, match="NaN or infinity"):
        read_one_latent(overflowing, [[5, 6, 7]], [(dictionary, 3)])
    with pytest.raises(WeightsInvalid, match="NaN or infinity"):
        inspect_loaded(overflowing, dictionary)
    state = BuildPass(overflowing, {"a": dictionary}, PassPlan(64, 16, 2, 0), uncounted_ids(overflowing))
    with pytest.raises(WeightsInvalid, match="NaN or infinity"):
        list(state.run(iter(np.tile(IDS.numpy(), (40, 1)))))


def test_an_error_in_half_precision_says_so(tiny_models: dict[str, Path]) -> None:
    model = load_language_model(str(tiny_models["gpt2"]), "cpu", "bfloat16")
    with torch.no_grad():
        model.model.transformer.h[1].mlp.c_proj.weight.mul_(torch.inf)
    with pytest.raises(WeightsInvalid, match=r"bfloat16 does not hold its activations: use float32"):
        model.run_to_hooks(IDS, [HOOK])


def test_half_precision_on_a_cpu_falls_back_to_what_does_not_overflow(tiny_models: dict[str, Path]) -> None:
    number_format, reason = resolve_dtype("float16", torch.device("cpu"))
    assert number_format == torch.bfloat16
    assert "in place of float16" in reason
    assert resolve_dtype("float16", torch.device("cuda"))[0] == torch.float16
    model = load_language_model(str(tiny_models["llama"]), "cpu", "float16")
    assert model.dtype == torch.bfloat16
    assert torch.isfinite(model.logits(IDS)).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_an_error_wherever_they_come_from(tmp_path: Path, value: float) -> None:
    folder = save_model(tmp_path / "model")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    model.transformer.h[2].ln_1.bias.data[3] = value
    model.save_pretrained(folder)
    with pytest.raises(WeightsInvalid, match=r"weights of .* hold NaN or infinity in transformer\.h\.2\.ln_1\.bias"):
        load_language_model(str(folder), "cpu")


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_nan_in_eight_bits_is_found(tmp_path: Path, kind: torch.dtype) -> None:
    values = torch.linspace(-3, 3, 50).to(kind)
    save_file({"a": values}, tmp_path / "w.safetensors")
    check_finite(tmp_path / "w.safetensors")
    bad = values.clone()
    bad[7] = torch.tensor(float("nan")).to(kind)
    save_file({"a": values, "b": bad}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsInvalid, match="NaN or infinity in 'b'"):
        check_finite(tmp_path / "w.safetensors")


def test_an_sae_that_computes_infinity_is_an_error(tiny_gpt2: Any, tmp_path: Path) -> None:
    dictionary = load_dictionary(SourceSpec("x", str(save_sae(tmp_path / "sae", hook_name=HOOK))))
    dictionary.W_enc.mul_(3e38)
    with pytest.raises(WeightsInvalid, match="computes infinity"):
        read_latents(tiny_gpt2, [[5, 6, 7]], [{"a": dictionary}])


def test_quality_that_is_no_number_is_not_recorded_with_a_reason(tiny_gpt2: Any, tmp_path: Path) -> None:
    dictionary = load_dictionary(SourceSpec("x", str(save_sae(tmp_path / "sae", hook_name=HOOK))))
    dictionary.W_dec.fill_(3e38)
    held_out = HeldOut(IDS.numpy(), np.ones(IDS.shape, bool))
    quality = measure_quality(tiny_gpt2, dictionary, held_out, clean_loss(tiny_gpt2, held_out))
    assert quality.loss_sae is None
    assert quality.loss_recovered is None
    assert quality.loss_zero is not None
    assert "the loss with the SAE in place came out as NaN or infinity" in unmeasured(quality, "s").replace("Of s ", "")


def test_nothing_is_missing_from_the_quality_of_a_good_sae(tiny_gpt2: Any, dictionary: Any) -> None:
    held_out = HeldOut(IDS.numpy(), np.ones(IDS.shape, bool))
    quality = measure_quality(tiny_gpt2, dictionary, held_out, clean_loss(tiny_gpt2, held_out))
    assert unmeasured(quality, "s") == ""


def test_logits_that_are_no_numbers_are_an_error(blind: LanguageModel, dictionary: Any) -> None:
    with pytest.raises(SteeringError, match="computes NaN or infinity as logits"):
        list(generate(blind, {}, [Request((5, 6, 7), None, GREEDY)]))
    with pytest.raises(WeightsInvalid, match="NaN or infinity as loss"):
        clean_loss(blind, HeldOut(IDS.numpy(), np.ones(IDS.shape, bool)))
    with pytest.raises(WeightsInvalid, match="when it reads a text"):
        read_texts(blind, {}, [((1, 2), (3, 4))])
    found = text_prompt(blind, "the cat sat", prepend_bos=True, limit=64)
    with pytest.raises(WeightsInvalid, match="as logits"):
        result_of(ablate(Prompt(blind, dictionary, found.ids, found.counts), None, None, 5))


def board(maximum: float) -> Board:
    return Board((SteerTerm(LatentSubject("a", 3, maximum), "add", 1.0),))


def test_steering_out_of_the_numbers_ends_that_request_alone(tiny_gpt2: Any, dictionary: Any) -> None:
    dictionaries = {"a": dictionary}
    alone = list(generate(tiny_gpt2, dictionaries, [Request((5, 6, 7), board(0.5), GREEDY)]))
    batch = TextBatch(tiny_gpt2, dictionaries)
    bad = batch.add(Request((5, 6, 7), board(3e38), GREEDY))
    good = batch.add(Request((5, 6, 7), board(0.5), GREEDY))
    events = []
    while batch.live:
        events += batch.step()
    assert list(batch.failed) == [bad]
    assert "use smaller strengths" in str(batch.failed[bad])
    kept = [(e.side, e.token_id) for e in events if e.request == good]
    assert sorted(kept) == sorted((e.side, e.token_id) for e in alone)


def test_a_strength_without_numbers_is_not_fluent(
    tiny_gpt2: Any, dictionary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(((5, 6, 7), (9, 8)), GREEDY, samples=1)
    monkeypatch.setattr(calibration, "SHARES", (0.1, 1e38))  # the latter overflows
    monkeypatch.setattr(calibration, "MAX_STRENGTH", float("inf"))
    monkeypatch.setattr("models.steering.terms.MAX_STRENGTH", float("inf"))
    found = calibrate(tiny_gpt2, {"a": dictionary}, board(1.0).terms[0], plan)
    assert found.fluent_share[-1] == 0
    assert found.base_nll[-1] is None
    assert found.safe_high < found.strengths[-1]


@pytest.mark.parametrize("nll", [float("nan"), float("inf")])
def test_a_text_without_numbers_is_never_coherent(nll: float) -> None:
    good = TextMeasure(2.0, 0.9)
    for text, baseline in ((TextMeasure(nll, 0.9), good), (good, TextMeasure(nll, 0.9))):
        assert compare(text, baseline).verdict == "babbling"
        assert not is_fluent(text, baseline)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16])
def test_numbers_are_told_from_what_is_none(kind: torch.dtype) -> None:
    values = torch.zeros(3, 4, dtype=kind)
    assert is_finite(values)
    assert is_finite(values[:0])
    for bad in (float("nan"), float("inf"), float("-inf")):
        values[1, 2] = bad
        assert not is_finite(values)
