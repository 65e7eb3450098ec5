"""Names of sources: parsing and printing, without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import HookMismatch, ModelNotFound, PeriscopeModelError, SaeNotFound, SourceError
from models.sources import Hook, LocalSae, SaeRelease, SourceSpec, parse_hook, parse_model_location, parse_sae_location


@pytest.mark.parametrize(
    ("name", "layer", "site"),
    [
        ("blocks.2.hook_resid_post", 2, "resid_post"),
        ("blocks.0.hook_resid_pre", 0, "resid_pre"),
        ("blocks.11.hook_resid_mid", 11, "resid_mid"),
        ("blocks.5.hook_mlp_out", 5, "mlp_out"),
        ("blocks.5.hook_attn_out", 5, "attn_out"),
        ("blocks.5.attn.hook_z", 5, "z"),
        ("blocks.5.mlp.hook_in", 5, "mlp_in"),
        ("blocks.5.hook_mlp_in", 5, "mlp_in"),
        ("blocks.5.ln2.hook_normalized", 5, "ln2_normalized"),
        ("blocks.5.mlp.hook_post", 5, "mlp_post"),
        ("hook_embed", 0, "embed"),
    ],
)
def test_hook_names_give_layer_and_site(name: str, layer: int, site: str) -> None:
    assert parse_hook(name) == Hook(name, layer, site)


@pytest.mark.parametrize("name", ["", "blocks.x.hook_resid_post", "transformer.h.1", "blocks.1.attn.hook_pattern"])
def test_unknown_hook_names_are_refused_with_examples(name: str) -> None:
    with pytest.raises(HookMismatch, match=r"blocks\.N\.hook_resid_pre"):
        parse_hook(name)


def test_folders_become_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_model_location("model") == tmp_path / "model"
    assert parse_sae_location("./model") == LocalSae(tmp_path / "model")


def test_hub_names_stay_names() -> None:
    assert parse_model_location("openai-community/gpt2") == "openai-community/gpt2"
    assert parse_model_location("gpt2-small") == "gpt2-small"


@pytest.mark.parametrize("location", ["/no/such/folder", "./nothing", "a/b/c", "two words", ""])
def test_what_is_neither_a_folder_nor_a_hub_name_is_no_model(location: str) -> None:
    with pytest.raises(ModelNotFound, match="no model folder"):
        parse_model_location(location)


def test_a_release_is_split_at_the_first_slash() -> None:
    release = parse_sae_location("gemma-scope-2b-pt-res/layer_0/width_16k/average_l0_105")
    assert release == SaeRelease("gemma-scope-2b-pt-res", "layer_0/width_16k/average_l0_105")
    assert parse_sae_location("org/repo:folder/a") == SaeRelease("org/repo", "folder/a")
    assert str(release) == "gemma-scope-2b-pt-res/layer_0/width_16k/average_l0_105"


@pytest.mark.parametrize("location", ["/no/such", "release-without-id", "release/", ""])
def test_what_is_neither_a_folder_nor_a_release_is_no_sae(location: str) -> None:
    with pytest.raises(SaeNotFound, match="no SAE folder"):
        parse_sae_location(location)


def test_default_slugs_are_short_and_fit_into_a_url(tmp_path: Path) -> None:
    folder = tmp_path / "Resid Post 2"
    folder.mkdir()
    assert SourceSpec("/models/demo/model", str(folder)).slug() == "model-resid-post-2"
    assert SourceSpec("gpt2", "gpt2-small-res-jb/blocks.8.hook_resid_pre").slug() == (
        "gpt2-small-res-jb-blocks-8-hook-resid-pre"
    )
    assert SourceSpec("???", "???").slug() == "source"


def test_every_error_is_a_periscope_error() -> None:
    assert issubclass(ModelNotFound, SourceError)
    assert issubclass(SourceError, PeriscopeModelError)


def test_names_and_file_checks_import_no_torch() -> None:
    code = (
        "import sys, models.errors, models.sources, models.loading.checks, models.loading.opening, models.records;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'sae_lens')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
