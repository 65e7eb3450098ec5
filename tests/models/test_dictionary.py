"""Every kind of SAE against SAELens's own classes and against the independent reference reader."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import Unsupported, WeightsInvalid
from models.loading.opening import load_dictionary
from models.running.dictionary import Dictionary
from models.sources import SourceSpec
from tests.models.reference_sae import ReferenceSae
from tests.models.tiny import save_sae

SAE_KINDS = ["standard", "gated", "jumprelu", "topk"]
TRANSCODER_KINDS = ["transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder"]
NORMALISATIONS = ["none", "layer_norm", "constant_norm_rescale"]


def load(folder: Path, **options: Any) -> Dictionary:
    return load_dictionary(SourceSpec("unused", str(folder)), **options)


def activations(n: int = 50, d: int = 32, seed: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator) * (0.5 + torch.rand(n, 1, generator=generator)) + 0.3


def saelens(folder: Path) -> Any:
    from sae_lens import SAE

    return SAE.load_from_disk(folder)


@pytest.mark.parametrize("normalise", NORMALISATIONS)
@pytest.mark.parametrize("kind", SAE_KINDS)
def test_encode_and_decode_equal_saelens_and_the_reference(kind: str, normalise: str, tmp_path: Path) -> None:
    for subtract in (True, False):
        folder = save_sae(
            tmp_path / str(subtract), kind, normalize_activations=normalise, apply_b_dec_to_input=subtract
        )
        h, ours, theirs, reference = activations(), load(folder), saelens(folder), ReferenceSae(folder)
        latents = ours.encode(h)
        with torch.no_grad():
            expected = theirs.encode(h)
            out = theirs.decode(expected)
        again, state = reference.encode(h)
        assert 0.02 < (latents > 0).float().mean() < 0.9
        torch.testing.assert_close(latents, expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(latents, again, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(ours.decode(latents, h), out, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(ours.decode(latents, h), reference.decode(again, state, h), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("normalise", ["none", "layer_norm"])
@pytest.mark.parametrize("kind", TRANSCODER_KINDS)
def test_transcoders_read_one_width_and_write_another(kind: str, normalise: str, tmp_path: Path) -> None:
    folder = save_sae(
        tmp_path,
        kind,
        "blocks.1.mlp.hook_in",
        d_out=24,
        hook_out="blocks.1.hook_mlp_out",
        normalize_activations=normalise,
    )
    h, ours, theirs, reference = activations(), load(folder), saelens(folder), ReferenceSae(folder)
    latents = ours.encode(h)
    with torch.no_grad():
        expected = theirs.encode(h)
        out = theirs(h)
    again, state = reference.encode(h)
    assert (ours.hook_name, ours.hook_out) == ("blocks.1.mlp.hook_in", "blocks.1.hook_mlp_out")
    assert (ours.d_in, ours.d_out) == (32, 24)
    torch.testing.assert_close(latents, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, h), out, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, h), reference.decode(again, state, h), atol=1e-4, rtol=1e-4)


def test_topk_rescaled_by_decoder_norms_is_folded_exactly(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "topk", rescale_acts_by_decoder_norm=True)
    h, ours, theirs = activations(), load(folder), saelens(folder)
    with torch.no_grad():
        expected = theirs.encode(h)
        out = theirs.decode(expected)
    torch.testing.assert_close(ours.encode(h), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(expected, h), out, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.W_dec.norm(dim=-1), torch.ones(96), atol=1e-5, rtol=0)


def test_average_norm_factor_is_folded_from_a_checkpoints_scaler(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "standard", normalize_activations="expected_average_only_in")
    (folder / "activation_scaler.json").write_text(json.dumps({"scaling_factor": 0.25}))
    h, ours, reference = activations(), load(folder), ReferenceSae(folder, factor=0.25)
    theirs = saelens(folder)
    theirs.fold_activation_norm_scaling_factor(0.25)
    latents, state = reference.encode(h)
    with torch.no_grad():
        torch.testing.assert_close(ours.encode(h), theirs.encode(h), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.encode(h), latents, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, h), reference.decode(latents, state, h), atol=1e-4, rtol=1e-4)
    assert ours.facts.warnings == ()


def test_average_norm_factor_comes_from_the_registry_when_the_release_is_named(tmp_path: Path) -> None:
    from sae_lens.loading.pretrained_saes_directory import get_norm_scaling_factor

    release = ("gpt2-small-mlp-tm", "blocks.1.hook_mlp_out")
    factor = get_norm_scaling_factor(*release)
    assert factor is not None
    folder = save_sae(tmp_path, "standard", "blocks.1.hook_mlp_out", normalize_activations="expected_average_only_in")
    ours, reference, h = load(folder, registry=release), ReferenceSae(folder, factor=factor), activations()
    centred = h - h.mean(-1, keepdim=True)  # the registry also says center_writing_weights for this release
    assert ours.facts.centre
    torch.testing.assert_close(ours.encode(h), reference.encode(centred)[0], atol=1e-4, rtol=1e-4)


def test_average_norm_without_a_known_factor_is_warned_about(tmp_path: Path) -> None:
    ours = load(save_sae(tmp_path, "standard", normalize_activations="expected_average_only_in"))
    assert "name the release it comes from" in ours.facts.warnings[0]


def test_centring_is_read_from_the_metadata_and_left_alone_at_hook_z(tmp_path: Path) -> None:
    wants = {"model_from_pretrained_kwargs": {"center_writing_weights": True}}
    folder = save_sae(tmp_path / "resid", "standard", metadata=wants)
    h = activations()
    ours, reference = load(folder), ReferenceSae(folder)
    centred = h - h.mean(-1, keepdim=True)
    latents, state = reference.encode(centred)
    torch.testing.assert_close(ours.encode(h), latents, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, h), reference.decode(latents, state, centred), atol=1e-4, rtol=1e-4)
    assert not load(save_sae(tmp_path / "z", "standard", "blocks.1.attn.hook_z", metadata=wants)).facts.centre


@pytest.mark.parametrize("kind", SAE_KINDS + TRANSCODER_KINDS)
def test_one_latent_equals_its_column_of_encode(kind: str, tmp_path: Path) -> None:
    ours, h = load(save_sae(tmp_path, kind)), activations()
    whole = ours.encode(h)
    for index in (0, 17, 95):
        torch.testing.assert_close(ours.one_latent(h, index), whole[:, index], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", SAE_KINDS)
def test_prepare_and_the_encoder_matrix_give_the_preactivations(kind: str, tmp_path: Path) -> None:
    ours, h = load(save_sae(tmp_path, kind, normalize_activations="layer_norm")), activations()
    pre = ours.prepare(h) @ ours.W_enc + ours.b_enc
    torch.testing.assert_close(ours.activate(pre), ours.encode(h), atol=1e-5, rtol=1e-5)
    assert (ours.threshold is None) == (ours.k is not None)


@pytest.mark.parametrize("normalise", NORMALISATIONS)
def test_output_scale_turns_decoder_rows_into_units_of_the_activation(normalise: str, tmp_path: Path) -> None:
    ours, h = load(save_sae(tmp_path, "standard", normalize_activations=normalise)), activations()
    latents = ours.encode(h)
    more = latents.clone()
    more[:, 3] += 2.0
    change = ours.decode(more, h) - ours.decode(latents, h)
    torch.testing.assert_close(change, 2.0 * ours.output_scale(h) * ours.W_dec[3], atol=1e-4, rtol=1e-4)


def test_normalising_saes_can_be_shared_between_threads(tmp_path: Path) -> None:
    ours = load(save_sae(tmp_path, "standard", normalize_activations="layer_norm"))
    inputs = [activations(seed=seed) for seed in range(16)]
    expected = [ours.decode(ours.encode(h), h) for h in inputs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda h: ours.decode(ours.encode(h), h), inputs))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_an_all_zero_activation_is_encoded_without_nan(tmp_path: Path) -> None:
    for normalise in NORMALISATIONS:
        ours = load(save_sae(tmp_path / normalise, "standard", normalize_activations=normalise))
        zero = torch.zeros(2, 32)
        assert torch.isfinite(ours.decode(ours.encode(zero), zero)).all()


def test_an_unknown_kind_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    facts = replace(load(save_sae(tmp_path, "standard")).facts, kind="crosscoder")
    with pytest.raises(Unsupported, match="kind 'crosscoder' are not known to Periscope; it reads abstopk, gated"):
        Dictionary(facts, {})


@pytest.mark.parametrize("kind", ["batchtopk", "matryoshka_batchtopk"])
def test_training_checkpoints_of_batch_topk_become_jumprelu(kind: str, tmp_path: Path) -> None:
    import sae_lens

    config_class = {
        "batchtopk": sae_lens.BatchTopKTrainingSAEConfig,
        "matryoshka_batchtopk": sae_lens.MatryoshkaBatchTopKTrainingSAEConfig,
    }[kind]
    metadata = sae_lens.saes.sae.SAEMetadata(hook_name="blocks.1.hook_resid_post", context_size=32, prepend_bos=True)
    extra = {"matryoshka_widths": [32, 96]} if "matryoshka" in kind else {}
    config = config_class(d_in=32, d_sae=96, k=8, metadata=metadata, **extra)
    sae = sae_lens.saes.sae.TrainingSAE.from_dict(config.to_dict())
    with torch.no_grad():
        sae.topk_threshold.fill_(0.2)
        sae.b_enc.normal_(std=0.1)
    sae.save_model(tmp_path / "checkpoint")
    sae.save_inference_model(tmp_path / "final")
    h = activations()
    ours, final = load(tmp_path / "checkpoint"), saelens(tmp_path / "final")
    assert ours.kind == "jumprelu"
    with torch.no_grad():
        torch.testing.assert_close(ours.encode(h), final.encode(h), atol=1e-4, rtol=1e-4)


def test_folders_older_than_saelens_6_are_read(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "standard")
    old = {
        "architecture": "standard",
        "d_in": 32,
        "d_sae": 96,
        "dtype": "float32",
        "hook_point": "blocks.2.hook_resid_pre",
        "hook_point_layer": 2,
        "model_name": "gpt2-small",
        "context_size": 32,
        "activation_fn_str": "relu",
        "normalize_activations": "none",
        "apply_b_dec_to_input": True,
    }
    (folder / "cfg.json").write_text(json.dumps(old))
    ours, h = load(folder), activations()
    assert (ours.hook_name, ours.facts.context_size, ours.facts.prepend_bos) == ("blocks.2.hook_resid_pre", 32, True)
    torch.testing.assert_close(ours.encode(h), ReferenceSae(folder).encode(h)[0], atol=1e-4, rtol=1e-4)


def test_hook_mlp_in_with_a_norms_output_means_the_mlp_input(tmp_path: Path) -> None:
    metadata = {"hf_hook_name": "model.layers.3.pre_feedforward_layernorm.output"}
    ours = load(save_sae(tmp_path, "transcoder", "blocks.3.hook_mlp_in", metadata=metadata))
    assert ours.hook_name == "blocks.3.mlp.hook_in"


def test_a_single_head_sae_is_refused(tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "standard", "blocks.1.attn.hook_z", metadata={"hook_head_index": 2})
    with pytest.raises(Unsupported, match="one attention head only"):
        load(folder)


def test_a_missing_parameter_is_named(tmp_path: Path) -> None:
    ours = load(save_sae(tmp_path, "jumprelu"))
    parameters = {"W_enc": ours.W_enc, "W_dec": ours.W_dec, "b_enc": ours.b_enc, "b_dec": ours.b_dec}
    with pytest.raises(WeightsInvalid, match="no parameter 'threshold'"):
        Dictionary(ours.facts, parameters)
    with pytest.raises(WeightsInvalid, match=r"shape \(10,\), expected \(96,\)"):
        Dictionary(ours.facts, parameters | {"threshold": torch.zeros(10)})
