"""Published SAEs from the hub's cache, in whatever layout; and a hub that does not answer."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import SaeNotFound, Unsupported
from models.loading import hub_files
from models.loading.opening import load_dictionary
from models.loading.sae_registry import releases
from models.sources import SourceSpec
from tests.models.formats import published
from tests.models.tiny import save_sae


def _refuse() -> None:
    raise OSError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A cache as the hub's library keeps it; gives the folder of a repository's only revision."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    def repository(name: str) -> Path:
        folder = tmp_path / f"models--{name.replace('/', '--')}"
        (folder / "refs").mkdir(parents=True, exist_ok=True)
        (folder / "refs" / "main").write_text("0" * 40)
        snapshot = folder / "snapshots" / ("0" * 40)
        snapshot.mkdir(parents=True, exist_ok=True)
        return snapshot

    return repository


@pytest.mark.parametrize(
    ("location", "make"),
    [
        ("qwen-scope-3-1.7b-base-w32k-l50/layer1", published.qwen_scope),
        ("goodfire-llama-3.1-8b-instruct/layer_19", published.goodfire),
        ("deepseek-r1-distill-llama-8b-qresearch/blocks.19.hook_resid_post", published.deepseek),
        ("gpt2-small-hook-z-kk/blocks.1.hook_z", published.kissane),
        ("sae_bench_pythia70m_sweep_gated_ctx128_0730/blocks.3.hook_resid_post__trainer_0", "GatedAutoEncoder"),
    ],
)
def test_a_release_of_pickles_is_read(location: str, make: Any, cache: Callable[[str], Path], tmp_path: Path) -> None:
    release, _, sae_id = location.partition("/")
    entry = releases()[release]
    sae = published.dictionary_learning(tmp_path / "made", make) if isinstance(make, str) else make(tmp_path / "made")
    target = cache(entry.repository) / entry.paths[sae_id]
    target.parent.mkdir(parents=True, exist_ok=True)
    if make is published.kissane:
        (sae.path.parent / f"{sae.path.stem}_cfg.json").rename(target.parent / f"{target.stem}_cfg.json")
    sae.path.rename(target)
    ours = load_dictionary(SourceSpec("unused", location))
    h = published.draw(3)(20, published.D)
    expected = sae.encode(h)
    if make is published.qwen_scope:  # k is the repository's
        p = published.parameters(16)
        expected = published.topk(h @ p["W_enc"] + p["b_enc"], 50).relu()
    torch.testing.assert_close(ours.encode(h), expected, atol=1e-4, rtol=1e-4)
    assert ours.facts.location == location
    assert ours.facts.weights_hash == load_dictionary(SourceSpec("unused", location)).facts.weights_hash


def test_a_repository_that_no_release_has_is_read_in_its_own_layout(cache: Callable[[str], Path]) -> None:
    folder = cache("EleutherAI/sae-tiny-32k")
    sae = published.sparsify(folder.parent)
    sae.path.rename(folder / "layers.1")
    ours = load_dictionary(SourceSpec("unused", "EleutherAI/sae-tiny-32k:layers.1"))
    h = published.draw(3)(20, published.D)
    torch.testing.assert_close(ours.encode(h), sae.encode(h), atol=1e-4, rtol=1e-4)
    assert (ours.hook_name, ours.facts.location) == (sae.hook, "EleutherAI/sae-tiny-32k:layers.1")


def test_a_repository_of_saelens_is_read_by_saelens(cache: Callable[[str], Path]) -> None:
    folder = save_sae(cache("org/repo") / "sub" / "sae")
    theirs = load_dictionary(SourceSpec("unused", str(folder)))
    ours = load_dictionary(SourceSpec("unused", "org/repo:sub/sae"))
    h = published.draw(3)(20, published.D)
    torch.testing.assert_close(ours.encode(h), theirs.encode(h), atol=1e-5, rtol=1e-5)


def test_a_release_with_an_activation_function_that_is_not_done_is_refused(cache: Callable[[str], Path]) -> None:
    location = "gpt2-small-res-jb/blocks.1.hook_resid_pre"
    entry = releases()["gpt2-small-res-jb"]
    folder = cache(entry.repository) / entry.paths["blocks.1.hook_resid_pre"]
    save_sae(folder)
    assert load_dictionary(SourceSpec("unused", location)).kind == "standard"
    save_sae(folder, activation_fn_str="tanh-relu")
    with pytest.raises(Unsupported, match="tanh-relu"):
        load_dictionary(SourceSpec("unused", location))


def test_what_is_not_in_the_cache_is_one_sentence(cache: Callable[[str], Path]) -> None:
    cache("org/repo")
    for location in ("org/other:x", "org/repo:x", "qwen-scope-3-1.7b-base-w32k-l50/layer1"):
        with pytest.raises(SaeNotFound, match=r"cache|has no"):
            load_dictionary(SourceSpec("unused", location))


def test_a_hub_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    stop = threading.Event()
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: stop.wait(60) and _refuse())
    begin = time.monotonic()
    assert not hub_files.is_reachable(0.2)
    assert "cannot be reached" in hub_files.stay_offline_unless_reachable()
    assert time.monotonic() - begin < 20  # instead of a minute each
    assert hub_files.is_offline()
    stop.set()
    monkeypatch.delenv("HF_HUB_OFFLINE")


def test_a_hub_that_answers_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert hub_files.is_reachable()
        assert hub_files.stay_offline_unless_reachable() == ""
    assert not hub_files.is_offline()
