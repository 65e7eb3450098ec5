"""Everything a source can be refused for, each with its sentence; and what a good one reports."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.errors import (
    ContextMismatch,
    DeviceUnavailable,
    DimensionMismatch,
    HookMismatch,
    SaeNotFound,
    SourceError,
    UnsafeFile,
    WeightsInvalid,
)
from models.loading.load_model import resolve_device, resolve_dtype
from models.loading.opening import check_files, inspect_loaded, inspect_source, load_dictionary, load_language_model
from models.loading.weight_files import check_finite
from models.sources import SourceSpec
from tests.models.tiny import SENTENCES, save_model, save_sae

TEXT = " ".join(SENTENCES * 4)


@pytest.fixture
def model_folder(tiny_models: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the tiny GPT-2 that a test may break."""
    return Path(shutil.copytree(tiny_models["gpt2"], tmp_path / "model"))


def inspect(model: Path, sae: Path, **options: Any) -> Any:
    return inspect_source(SourceSpec(str(model), str(sae), options.pop("hook", None)), device="cpu", **options)


def edit_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def perfect_sae(folder: Path, hook: str, width: int, **metadata: Any) -> Path:
    """A standard SAE that reconstructs exactly: each direction twice, once for either sign."""
    save_sae(folder, "standard", hook, d_in=width, d_sae=2 * width, metadata=metadata)
    eye = torch.eye(width)
    save_file(
        {
            "W_enc": torch.cat([eye, -eye], dim=1),
            "W_dec": torch.cat([eye, -eye]),
            "b_enc": torch.zeros(2 * width),
            "b_dec": torch.zeros(width),
        },
        folder / "sae_weights.safetensors",
    )
    return folder


# -------------------------------------------------------------------------------- good sources


@pytest.mark.parametrize("architecture", ["gpt2", "neox", "llama", "gemma2"])
@pytest.mark.parametrize(
    ("site", "name"),
    [("hook_resid_post", "resid_post"), ("hook_mlp_out", "mlp_out"), ("attn.hook_z", "z")],
)
def test_a_fitting_source_reports_what_was_found(
    architecture: str, site: str, name: str, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    sae = perfect_sae(tmp_path / "sae", f"blocks.1.{site}", 32)
    facts = inspect(tiny_models[architecture], sae, sample_text=TEXT)
    assert (facts.layer, facts.site, facts.sae_kind) == (1, name, "standard")
    assert (facts.d_in, facts.d_sae, facts.context_size, facts.prepend_bos) == (32, 64, 32, True)
    assert facts.explained_variance == pytest.approx(1.0, abs=1e-5)
    assert facts.warnings == ()
    assert facts.weights_hash == hashlib.sha256((sae / "sae_weights.safetensors").read_bytes()).hexdigest()


def test_a_transcoder_is_measured_against_its_output_site(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    sae = save_sae(tmp_path, "skip_transcoder", "blocks.1.mlp.hook_in", hook_out="blocks.1.hook_mlp_out", d_sae=64)
    facts = inspect(tiny_models["gpt2"], sae)
    assert facts.site == "mlp_in"
    assert facts.explained_variance is not None
    assert facts.explained_variance < 0.3


def test_the_hook_can_be_overridden(tiny_gpt2: Any, tmp_path: Path) -> None:
    sae = perfect_sae(tmp_path, "blocks.1.hook_resid_post", 32)
    dictionary = load_dictionary(SourceSpec("unused", str(sae), "blocks.0.hook_mlp_out"))
    assert inspect_loaded(tiny_gpt2, dictionary).hook_name == "blocks.0.hook_mlp_out"


def test_a_low_explained_variance_is_warned_about(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    facts = inspect(tiny_models["gpt2"], save_sae(tmp_path, "jumprelu"), sample_text=TEXT)
    assert len(facts.warnings) == 1
    assert "explains only" in facts.warnings[0]
    assert "normalisation factor or centring" in facts.warnings[0]


def test_an_unstated_context_size_is_said_to_be_assumed(tiny_gpt2: Any, tmp_path: Path) -> None:
    sae = perfect_sae(tmp_path, "blocks.1.hook_resid_post", 32, context_size=None)
    facts = inspect_loaded(tiny_gpt2, load_dictionary(SourceSpec("unused", str(sae))))
    assert facts.context_size == 64
    assert "64 tokens are used" in facts.warnings[0]


# -------------------------------------------------------------------------------- SAEs refused


def test_a_folder_without_sae_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SaeNotFound, match=r"no SAE in a layout that Periscope reads.*sae_weights\.safetensors"):
        check_files(SourceSpec("gpt2", str(tmp_path)))


def test_an_sae_without_configuration_is_refused(tmp_path: Path) -> None:
    (save_sae(tmp_path) / "cfg.json").unlink()
    with pytest.raises(SaeNotFound, match=r"no cfg\.json"):
        check_files(SourceSpec("gpt2", str(tmp_path)))


def test_an_sae_with_only_a_pickle_is_refused(tmp_path: Path) -> None:
    (save_sae(tmp_path) / "sae_weights.safetensors").rename(tmp_path / "sae_weights.pt")
    with pytest.raises(UnsafeFile, match=r"only as a pickle \(sae_weights\.pt\).*save_model"):
        load_dictionary(SourceSpec("gpt2", str(tmp_path)))


def test_a_truncated_sae_is_refused(tmp_path: Path) -> None:
    path = save_sae(tmp_path) / "sae_weights.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsInvalid, match="is cut off"):
        load_dictionary(SourceSpec("gpt2", str(tmp_path)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_nan_and_infinity_are_found_in_every_number_format(value: float, dtype: torch.dtype, tmp_path: Path) -> None:
    path = save_sae(tmp_path) / "sae_weights.safetensors"
    weights = {name: tensor.to(dtype) for name, tensor in load_file(path).items()}
    save_file(weights, path)
    check_finite(path)
    weights["W_dec"][5, 3] = value
    save_file(weights, path)
    with pytest.raises(WeightsInvalid, match="NaN or infinity in 'W_dec'"):
        check_finite(path)
    with pytest.raises(WeightsInvalid, match="NaN or infinity in 'W_dec'"):
        load_dictionary(SourceSpec("gpt2", str(tmp_path)))


def test_nan_in_the_models_weights_is_found(model_folder: Path, tmp_path: Path) -> None:
    path = model_folder / "model.safetensors"
    weights = load_file(path)
    weights["transformer.ln_f.weight"][2] = np.nan
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(WeightsInvalid, match=r"NaN or infinity in 'transformer\.ln_f\.weight'"):
        inspect(model_folder, save_sae(tmp_path / "sae"))


def test_a_hook_of_a_missing_layer_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    sae = save_sae(tmp_path, hook_name="blocks.7.hook_resid_post")
    with pytest.raises(HookMismatch, match=r"no hook 'blocks\.7\.hook_resid_post'"):
        inspect(tiny_models["gpt2"], sae)


def test_an_sae_that_names_no_hook_asks_for_one(tmp_path: Path) -> None:
    sae = save_sae(tmp_path, metadata={"hook_name": None})
    with pytest.raises(HookMismatch, match="name it with --hook"):
        load_dictionary(SourceSpec("gpt2", str(sae)))


def test_a_wrong_width_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    sae = save_sae(tmp_path, d_in=24)
    with pytest.raises(DimensionMismatch, match="d_in = 24, but tiny-gpt2 has 32 values per token"):
        inspect(tiny_models["gpt2"], sae)


def test_a_transcoders_output_width_is_checked_too(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    sae = save_sae(tmp_path, "transcoder", "blocks.1.mlp.hook_in", d_out=8, hook_out="blocks.1.hook_mlp_out")
    with pytest.raises(DimensionMismatch, match="d_out = 8"):
        inspect(tiny_models["gpt2"], sae)


def test_hook_z_is_checked_against_heads_times_d_head(tmp_path: Path) -> None:
    model = load_language_model(str(save_model(tmp_path / "model", "llama", head_dim=16)), device="cpu")
    dictionary = load_dictionary(SourceSpec("unused", str(perfect_sae(tmp_path / "sae", "blocks.1.attn.hook_z", 64))))
    assert inspect_loaded(model, dictionary, sample_text=TEXT).d_in == 64


def test_a_context_longer_than_the_models_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    sae = save_sae(tmp_path, metadata={"context_size": 1024})
    with pytest.raises(ContextMismatch, match="contexts of 1024 tokens, but tiny-gpt2 holds 64"):
        inspect(tiny_models["gpt2"], sae)


def test_an_unknown_architecture_of_sae_is_refused(tmp_path: Path) -> None:
    edit_json(save_sae(tmp_path) / "cfg.json", architecture="crystal")
    with pytest.raises(SourceError, match=r"architecture in .*cfg.json is 'crystal'; Periscope knows abstopk"):
        load_dictionary(SourceSpec("gpt2", str(tmp_path)))


def test_an_sae_with_other_parameters_is_refused(tmp_path: Path) -> None:
    path = save_sae(tmp_path) / "sae_weights.safetensors"
    weights = load_file(path)
    del weights["b_enc"]
    save_file(weights, path)
    with pytest.raises(WeightsInvalid, match="b_enc"):
        load_dictionary(SourceSpec("gpt2", str(tmp_path)))


def test_an_unknown_release_is_refused_with_similar_ones() -> None:
    with pytest.raises(SaeNotFound, match=r"knows no release 'gpt2-small-res'.*gpt2-small"):
        load_dictionary(SourceSpec("gpt2", "gpt2-small-res/blocks.1"))


def test_an_unknown_id_is_refused_with_known_ones() -> None:
    with pytest.raises(SaeNotFound, match=r"has no SAE 'nope'; it has blocks\.0\.hook_resid_pre"):
        load_dictionary(SourceSpec("gpt2", "gpt2-small-res-jb/nope"))


def test_a_release_published_as_a_pickle_that_is_not_cached_is_refused_in_one_sentence() -> None:
    with pytest.raises(SaeNotFound, match="not in the Hugging Face cache"):
        load_dictionary(SourceSpec("gpt2", "gpt2-small-hook-z-kk/blocks.0.hook_z"))


def test_a_release_that_is_not_cached_is_refused_in_one_sentence() -> None:
    with pytest.raises(SaeNotFound, match="not in the Hugging Face cache"):
        load_dictionary(SourceSpec("gpt2", "gpt2-small-res-jb/blocks.1.hook_resid_pre"))


def test_overrides_of_a_release_that_does_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SaeNotFound, match="registry has no SAE 'x'"):
        load_dictionary(SourceSpec("gpt2", str(save_sae(tmp_path))), registry=("gpt2-small-res-jb", "x"))


def test_a_cached_release_equals_the_local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_sae(tmp_path / "snapshot" / "sae", "jumprelu")
    monkeypatch.setattr(
        "sae_lens.loading.pretrained_sae_loaders.hf_hub_download",
        lambda repo_id, filename, **_: str(tmp_path / "snapshot" / filename),
    )
    save_file({"sparsity": torch.zeros(96)}, folder / "sparsity.safetensors")
    released = load_dictionary(SourceSpec("gpt2", "some-org/some-repo:sae"))
    local = load_dictionary(SourceSpec("gpt2", str(folder)))
    h = torch.randn(10, 32)
    torch.testing.assert_close(released.encode(h), local.encode(h))
    assert len(released.facts.weights_hash) == 64


# -------------------------------------------------------------------------------- devices and formats


def test_cuda_without_a_gpu_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(DeviceUnavailable, match="torch finds 0 CUDA devices here; use device cpu"):
        resolve_device("cuda")
    assert resolve_device("auto") == torch.device("cpu")


@pytest.mark.parametrize("device", ["toaster", "meta", "cpu:x"])
def test_unknown_devices_are_refused(device: str) -> None:
    with pytest.raises(DeviceUnavailable, match=f"'{device}'"):
        resolve_device(device)


def test_auto_number_format_says_what_it_picked() -> None:
    assert resolve_dtype("auto", torch.device("cpu"))[0] == torch.float32
    dtype, reason = resolve_dtype("auto", torch.device("cuda"))
    assert dtype == torch.bfloat16
    assert "GPU" in reason
    assert resolve_dtype("bfloat16", torch.device("cpu")) == (torch.bfloat16, "bfloat16 was asked for.")


def test_formats_that_make_no_sense_are_refused() -> None:
    with pytest.raises(DeviceUnavailable, match="'int4' is not known"):
        resolve_dtype("int4", torch.device("cpu"))
