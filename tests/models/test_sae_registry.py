"""Names of published SAEs: SAELens's releases and Neuronpedia's ids, without torch and without a network."""

import subprocess
import sys

import pytest

from models.errors import SaeNotFound
from models.loading.sae_registry import neuronpedia_ids, release_of, releases, resolve
from models.sources import SaeRelease, parse_sae_location


def test_the_registry_is_the_one_that_saelens_reads() -> None:
    from sae_lens.loading.pretrained_saes_directory import get_pretrained_saes_directory

    theirs = get_pretrained_saes_directory()
    assert set(releases()) == set(theirs)
    for name, entry in theirs.items():
        ours = releases()[name]
        assert (ours.repository, ours.paths) == (entry.repo_id, entry.saes_map)
        assert ours.conversion == (entry.conversion_func or "sae_lens")


@pytest.mark.parametrize(
    ("given", "release"),
    [
        ("gpt2-small/6-res-jb", "gpt2-small-res-jb/blocks.6.hook_resid_pre"),
        ("gpt2-small/6-res-jb/650", "gpt2-small-res-jb/blocks.6.hook_resid_pre"),
        ("https://www.neuronpedia.org/gpt2-small/6-res-jb/650", "gpt2-small-res-jb/blocks.6.hook_resid_pre"),
        ("https://neuronpedia.org/gpt2-small/6-res-jb", "gpt2-small-res-jb/blocks.6.hook_resid_pre"),
        ("gemma-2-2b/12-gemmascope-res-16k", "gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical"),
        ("pythia-70m-deduped/3-res-sm", "pythia-70m-deduped-res-sm/blocks.3.hook_resid_post"),
    ],
)
def test_neuronpedias_ids_name_their_release(given: str, release: str) -> None:
    assert str(resolve(parse_sae_location(given))) == release
    assert release_of(str(resolve(parse_sae_location(given)))) == tuple(release.split("/", 1))


def test_every_neuronpedia_id_leads_to_an_sae_of_the_registry() -> None:
    assert len(neuronpedia_ids()) > 2000
    assert all(place.sae_id in releases()[place.release].paths for place in neuronpedia_ids().values())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gpt2-small-res-jp/blocks.8.hook_resid_pre", "gpt2-small-res-jb"),
        ("gpt2-small/99-res-jb", "gpt2-small/9-res-jb"),
        ("gpt2-small-res-jb/blocks.8.hook_resid_post", "blocks.8.hook_resid_pre"),
        ("b/c", "org/repo:folder"),
    ],
)
def test_an_unknown_name_is_refused_with_names_like_it(name: str, said: str) -> None:
    with pytest.raises(SaeNotFound, match=said.replace(".", r"\.")):
        resolve(parse_sae_location(name))


def test_a_repository_is_left_to_the_hub() -> None:
    place = SaeRelease("org/repo", "folder")
    assert resolve(place) == place


def test_the_registry_is_read_without_torch() -> None:
    code = (
        "import sys; from models.loading.sae_registry import releases; assert releases();"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'sae_lens')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
