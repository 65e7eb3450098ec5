"""Kinds that need more than one matrix product: abstopk, matching_pursuit and temporal, against SAELens."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.building.build_pass import BuildPass, PassPlan, counted
from models.building.quality import HeldOut, measure_quality
from models.causal.attribution import Prompt
from models.errors import Unsupported, WeightsInvalid
from models.loading.opening import explained_variance
from models.running.active import encode_active
from models.running.language_model import LanguageModel
from models.steering.boards import Steering
from models.steering.readings import read_texts
from models.steering.terms import Board, LatentSubject, SteerTerm
from tests.models.test_dictionary import NORMALISATIONS, activations, load, saelens
from tests.models.tiny import as_served, save_sae

KINDS = ["abstopk", "matching_pursuit", "temporal"]
HOOK = "blocks.1.hook_resid_post"
IDS = [0, 17, 40, 260, 33, 290, 71, 8, 199, 120, 64, 301]


def sequences(n: int = 6, pos: int = 9, d: int = 32) -> torch.Tensor:
    return activations(n * pos, d).view(n, pos, d)


@pytest.mark.parametrize("normalise", NORMALISATIONS)
@pytest.mark.parametrize("subtract", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_latents_and_reconstruction_equal_saelens(kind: str, subtract: bool, normalise: str, tmp_path: Path) -> None:
    folder = save_sae(tmp_path, kind, normalize_activations=normalise, apply_b_dec_to_input=subtract)
    h, ours, theirs = sequences(), load(folder), saelens(folder)
    with torch.no_grad():
        expected = as_served(kind, theirs.encode(h)).flatten(0, 1)
        out = theirs(h).flatten(0, 1)
    rows = ours.read(h).flatten(0, 1)
    latents = ours.encode(rows)
    assert ours.d_sae == latents.shape[1] == (192 if kind == "abstopk" else 96)
    assert (latents >= 0).all()
    assert 0.01 < (latents > 0).float().mean() < 0.5
    torch.testing.assert_close(latents, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, rows), out, atol=1e-4, rtol=1e-4)
    found = encode_active(ours, rows)
    dense = np.zeros(latents.shape, np.float32)
    dense[found.rows, found.latents] = found.values
    np.testing.assert_allclose(dense, expected.numpy(), atol=1e-4, rtol=1e-4)
    for index in (int(latents.sum(0).argmax()), 5):
        torch.testing.assert_close(ours.one_latent(rows, index), latents[:, index])


def test_the_negative_side_of_a_latent_is_a_latent_with_the_opposite_decoder_row(tmp_path: Path) -> None:
    ours = load(save_sae(tmp_path, "abstopk", rescale_acts_by_decoder_norm=True))
    theirs, h = saelens(tmp_path), sequences().flatten(0, 1)
    assert torch.equal(ours.W_dec[96:], -ours.W_dec[:96])
    with torch.no_grad():
        expected = theirs.encode(h)
    assert (expected < 0).any()
    torch.testing.assert_close(ours.encode(h), as_served("abstopk", expected), atol=1e-4, rtol=1e-4)
    assert "latent i + 96 where it is negative" in ours.facts.warnings[0]


@pytest.mark.parametrize(
    "rule",
    [
        {"max_iterations": None, "residual_threshold": 0.8},
        {"max_iterations": 5, "residual_threshold": 0.0, "stop_on_duplicate_support": False},
        {"max_iterations": 40, "residual_threshold": 0.0},
        {"max_iterations": 25, "residual_threshold": 0.3, "stop_on_duplicate_support": False},
    ],
)
def test_a_pursuit_stops_where_saelens_stops(rule: dict[str, Any], tmp_path: Path) -> None:
    ours, theirs, h = load(save_sae(tmp_path, "matching_pursuit", **rule)), saelens(tmp_path), activations(200)
    with torch.no_grad():
        expected = theirs.encode(h)
    torch.testing.assert_close(ours.encode(h), expected, atol=1e-4, rtol=1e-4)


def test_an_average_norm_factor_moves_the_threshold_of_a_pursuit(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "matching_pursuit", normalize_activations="expected_average_only_in")
    (folder / "activation_scaler.json").write_text(json.dumps({"scaling_factor": 0.25}))
    ours, theirs, h = load(folder), saelens(folder), activations()
    theirs.fold_activation_norm_scaling_factor(0.25)
    with torch.no_grad():
        expected = theirs.encode(h)
        out = theirs.decode(expected)
    torch.testing.assert_close(ours.encode(h), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(expected, h), out, atol=1e-4, rtol=1e-4)


def test_temporal_saes_untied_or_without_a_limit_on_latents(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "temporal", tied_weights=False, sae_diff_type="relu", kval_topk=None)
    weights = load_file(folder / "sae_weights.safetensors")
    weights["W_enc"] = weights["W_dec"].T.contiguous() + 0.1
    save_file(weights, folder / "sae_weights.safetensors")
    ours, theirs, h = load(folder), saelens(folder), sequences()
    with torch.no_grad():
        expected, out = theirs.encode(h), theirs(h)
    rows = ours.read(h).flatten(0, 1)
    torch.testing.assert_close(ours.encode(rows), expected.flatten(0, 1), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(ours.encode(rows), rows), out.flatten(0, 1), atol=1e-4, rtol=1e-4)


def test_a_temporal_sae_that_was_not_given_whole_texts_says_so(tmp_path: Path) -> None:
    ours = load(save_sae(tmp_path, "temporal"))
    with pytest.raises(ValueError, match="call read"):
        ours.encode(activations())


def test_attention_layers_that_do_not_fit_are_named(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "temporal")
    weights = load_file(folder / "sae_weights.safetensors")
    del weights["attn_layers.1.v_ctx.weight"]
    save_file(weights, folder / "sae_weights.safetensors")
    with pytest.raises(WeightsInvalid, match=r"v_ctx"):
        load(folder)


# -------------------------------------------------------------------- with a model


@pytest.mark.parametrize("kind", KINDS)
def test_quality_is_that_of_saelens_forward(kind: str, tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    ours, theirs = load(save_sae(tmp_path, kind)), saelens(tmp_path)
    ids = torch.tensor([IDS, IDS[::-1]])
    h = tiny_gpt2.run_to_hooks(ids, [HOOK])[HOOK]
    with torch.no_grad():
        rebuilt = theirs(h)
    here, there = h[:, 1:].flatten(0, 1), rebuilt[:, 1:].flatten(0, 1)
    expected = 1 - float((here - there).square().sum() / (here - here.mean(0)).square().sum())
    assert explained_variance(tiny_gpt2, ours, ids) == pytest.approx(expected, abs=1e-4)

    everywhere = np.ones(ids.shape, bool)
    found = measure_quality(tiny_gpt2, ours, HeldOut(ids.numpy(), everywhere), None)
    spliced = tiny_gpt2.token_nll(ids, {HOOK: lambda _: rebuilt})
    assert found.loss_sae == pytest.approx(float(spliced.mean()), abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_build_counts_what_saelens_finds(kind: str, tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    ours, theirs = load(save_sae(tmp_path, kind)), saelens(tmp_path)
    generator = np.random.default_rng(3)
    prompts = [generator.integers(2, 300, 12) for _ in range(120)]
    work = BuildPass(tiny_gpt2, {"s": ours}, PassPlan(16 * 12, 12, 4, 0), np.array([0, 7, 11]))
    for _ in work.run(iter(prompts)):
        pass
    ids = np.concatenate(work.prompts)
    states = tiny_gpt2.run_to_hooks(torch.from_numpy(ids), [HOOK])[HOOK]
    with torch.no_grad():
        expected = as_served(kind, theirs.encode(states))[torch.from_numpy(counted(ids, work.uncounted))]
    totals = work.statistics["s"].totals
    assert len(ids) == 16
    np.testing.assert_array_equal(totals.n_active, (expected > 0).sum(0).numpy())
    np.testing.assert_allclose(totals.maximum, expected.amax(0).numpy(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_removing_a_latent_takes_its_write_away_and_nothing_else(
    kind: str, tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    ours, theirs = load(save_sae(tmp_path, kind)), saelens(tmp_path)
    prompt = Prompt(tiny_gpt2, ours, IDS, [True] * len(IDS))
    h = tiny_gpt2.run_to_hooks(torch.tensor([IDS]), [HOOK])[HOOK]
    with torch.no_grad():
        a = theirs.encode(h)
        place = prompt.pairs.take(np.array([int(prompt.pairs.values.argmax())]))
        position, latent = int(place.positions[0]), int(place.latents[0])
        without = a.clone()
        without[0, position, latent % 96] = 0
        change = theirs.decode(without) - theirs.decode(a)
    torch.testing.assert_close(-prompt.writes(place)[0], change[0, position], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("mode", ["add", "clamp", "scale", "ablate", "project"])
@pytest.mark.parametrize("kind", KINDS)
def test_steering_is_the_same_as_by_saelens_or_refused(
    kind: str, mode: str, tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    ours, theirs = load(save_sae(tmp_path, kind)), saelens(tmp_path)
    steering = Steering(tiny_gpt2, {"s": ours})
    ids = torch.tensor([IDS])
    h = tiny_gpt2.run_to_hooks(ids, [HOOK])[HOOK]
    with torch.no_grad():
        a = as_served(kind, theirs.encode(h))
    latent = int(a[0].sum(0).argmax())
    board = Board((SteerTerm(LatentSubject("s", latent, 2.0), mode, 1.5),))
    if kind == "temporal" and mode in ("clamp", "scale", "ablate"):
        with pytest.raises(Unsupported, match="temporal SAE: the value of its latents depends on all tokens before"):
            steering.check(board)
        return
    with torch.no_grad():
        sign = -1 if latent >= 96 else 1
        bumped = theirs.encode(h)
        low = theirs.decode(bumped)
        bumped[..., latent % 96] += sign
        row = (theirs.decode(bumped) - low)[0, 0]
    value = a[..., latent, None]
    unit = row / row.norm()
    delta = {
        "add": 3.0 * row,
        "clamp": (3.0 - value) * row,
        "scale": 0.5 * value * row,
        "ablate": -value * row,
        "project": -1.5 * (h @ unit).unsqueeze(-1) * unit,
    }[mode]
    with torch.inference_mode(), tiny_gpt2.lock, tiny_gpt2.edited({HOOK: lambda x: x + delta}):
        expected = tiny_gpt2.model(ids, use_cache=False).logits
    with torch.inference_mode(), tiny_gpt2.lock, steering.rows([board]).attached(tiny_gpt2, None):
        found = tiny_gpt2.model(ids, use_cache=False).logits
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_reading_a_steered_text_back_sees_a_temporal_latent_in_its_context(
    tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    ours, theirs = load(save_sae(tmp_path, "temporal")), saelens(tmp_path)
    texts = [(tuple(IDS[:5]), tuple(IDS[5:])), (tuple(IDS[:3]), tuple(IDS[3:6]))]
    latent = None
    for text, found in zip(texts, [None, None], strict=True):
        h = tiny_gpt2.run_to_hooks(torch.tensor([[*text[0], *text[1]]]), [HOOK])[HOOK]
        with torch.no_grad():
            a = theirs.encode(h)[0, len(text[0]) :]
        latent = int(a.sum(0).argmax()) if latent is None else latent
        readings = read_texts(tiny_gpt2, {"s": ours}, texts, [SteerTerm(LatentSubject("s", latent, 2.0), "add", 1.0)])
        found = readings[texts.index(text)]
        assert found.effect == pytest.approx(float(a[:, latent].mean()) / 2.0, abs=1e-5)
