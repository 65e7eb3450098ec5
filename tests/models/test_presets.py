"""The well-known pairs: every SAE is one that SAELens's registry has, and the sizes follow from the numbers."""

import pytest

from models.loading.hub_files import is_cached
from models.loading.presets import PRESETS, Preset
from models.loading.sae_registry import releases, resolve
from models.sources import SaeRelease, parse_model_location, parse_sae_location


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_names_an_sae_of_the_registry(preset: Preset) -> None:
    place = parse_sae_location(preset.sae)
    assert isinstance(place, SaeRelease)
    if preset.name == "pythia-160m":  # the only one that no release has: a repository of the hub
        assert (place.release, place.sae_id) == tuple(preset.sae.split(":"))
        assert preset.repository == place.release
        return
    assert resolve(place) == place
    assert place.sae_id in releases()[place.release].paths
    assert preset.repository == releases()[place.release].repository


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_names_the_model_of_its_release(preset: Preset) -> None:
    assert parse_model_location(preset.model) == preset.model
    entry = releases().get(parse_sae_location(preset.sae).release)  # type: ignore[union-attr]
    if entry is not None:
        theirs, ours = entry.model.split("/")[-1].lower(), preset.model.split("/")[-1].lower()
        aliases = {"gpt2-small": "gpt2"}
        # SAELens's list calls the base model of Llama Scope's R1 SAEs by the distilled one, as trained.
        assert aliases.get(theirs, theirs) == ours


def test_names_are_unique_and_sizes_are_those_of_the_numbers() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    gpt2 = next(preset for preset in PRESETS if preset.name == "gpt2-small")
    assert gpt2.sae_bytes == 2 * 768 * 24_576 * 4
    assert gpt2.memory(gpu=False) == 124e6 * 4 + gpt2.sae_bytes
    assert gpt2.memory(gpu=True) < gpt2.memory(gpu=False)


def test_what_is_in_the_cache_is_seen(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not is_cached("org/repo")
    (tmp_path / "models--org--repo" / "snapshots").mkdir(parents=True)
    assert is_cached("org/repo")
