"""SAEs of published layouts on the command line: added with what was found, built, or refused with nothing left."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import text

from app.db.session import make_engine
from app.settings import load_settings
from tests.app.commands_support import Run, is_one_sentence
from tests.models.formats import published
from tests.models.tiny import SENTENCES, save_sae

Make = Callable[[Path], published.Published]


@pytest.fixture
def model(tiny_models: dict[str, Path]) -> str:
    return str(tiny_models["gpt2"])


def options(found: published.Published) -> list[str]:
    return [word for name, value in found.options.items() for word in (f"--{name.replace('_', '-')}", str(value))]


@pytest.mark.parametrize(
    "make",
    [
        published.sparsify,
        published.gemma_scope,
        published.dictionary_learning,
        published.openai,
        published.clt,
        lambda root: published.plain(root, kind="topk"),
    ],
    ids=["sparsify", "Gemma Scope", "dictionary_learning", "OpenAI", "CLT", "plain"],
)
def test_an_sae_in_a_published_layout_is_added_and_built(make: Make, model: str, run: Run, tmp_path: Path) -> None:
    found = make(tmp_path)
    status, out, err = run("sources", "add", model, str(found.path), "--slug", "mine", *options(found))
    assert status == 0, err  # what made the tiny model may have written there
    assert f"Reads {found.layout}" in out
    assert found.kind in out
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES * 200))
    status, out, err = run("build", "mine", "--corpus", "texts.txt", "--tokens", "2000", "--no-output-scores")
    assert status == 0, err
    assert "2" in run("sources", "list")[1]


def test_options_are_kept_with_the_source(model: str, run: Run, tmp_path: Path) -> None:
    found = published.plain(tmp_path, kind="topk")
    run("sources", "add", model, str(found.path), "--slug", "mine", *options(found), "--keep-b-dec")
    shown = run("sources", "show", "mine")[1]
    assert f"{found.path}?k=5&b_dec=keep" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nothing/at/all.npz"], "no SAE folder or file"),
        (["b"], "no SAE folder or file"),
        (["b/c"], "SAELens knows no release"),
        (["gpt2-small/99-res-jb"], "gpt2-small/9-res-jb"),
        (["gpt2-small-res-jb/blocks.8.hook_resid_pre", "--k", "3"], "--k is for SAEs on this machine"),
        (["gpt2-small-res-jb/blocks.8.hook_resid_pre", "--keep-b-dec"], "--keep-b-dec"),
        (["mine.npz"], "--hook"),
        (["mine.npz", "--kind", "martian"], "martian"),
        (["mine.npz", "--release", "a"], "release/sae_id"),
        (["evil.pt"], "could run code"),
        (["notes.txt"], "is no file of weights"),
        ([""], "no SAE folder or file"),
    ],
    ids=str,
)
def test_what_is_no_sae_is_one_sentence_and_leaves_nothing(
    given: list[str], said: str, model: str, run: Run, tmp_path: Path
) -> None:
    published.plain(tmp_path)
    torch.save({"W_enc": torch.ones(2), "x": Path("y")}, tmp_path / "evil.pt")
    (tmp_path / "notes.txt").write_text("x")
    status, _, err = run("sources", "add", model, *given)
    assert (status, is_one_sentence(err)) == (1, True), err
    assert said in err
    assert "No sources yet" in run("sources", "list")[1]
    with make_engine(load_settings()).connect() as connection:
        for table in ("source", "language_model"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0  # noqa: S608 (two names)


def test_an_sae_of_another_width_is_refused(model: str, run: Run, tmp_path: Path) -> None:
    path = published.write(tmp_path / "mine.npz", {k: v[:16] if k == "W_enc" else v for k, v in narrow().items()})
    status, _, err = run("sources", "add", model, str(path), "--hook", "blocks.1.hook_resid_post")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "d_in = 16" in err


def narrow() -> dict[str, Any]:
    return {k: v for k, v in published.parameters(d_out=16).items() if k != "threshold"}


def test_an_unknown_name_is_refused_before_anything_heavy_is_loaded(run: Run, model: str) -> None:
    before = set(sys.modules)
    run("sources", "add", model, "b/c")
    assert not {"sae_lens", "transformer_lens"} & (set(sys.modules) - before)


def test_a_hub_that_takes_no_connection_is_said_soon(
    run: Run, model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    status, out, err = run("presets")
    assert (status, err) == (0, "")
    assert out.startswith("The Hugging Face hub cannot be reached")
    assert "HF_HUB_OFFLINE" not in os.environ


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (["MODEL", "gpt2-small/6-res-jb"], "jbloom/GPT2-Small-SAEs-Reformatted"),
        (["MODEL", "org/repo:layers.1"], "org/repo"),
        (["EleutherAI/pythia-70m-deduped", "mine.npz", "--hook", "blocks.1.hook_resid_post"], "EleutherAI/pythia-70m"),
    ],
    ids=["Neuronpedia", "repository", "model"],
)
def test_without_a_hub_what_the_cache_lacks_is_said_at_once(
    pair: list[str], said: str, run: Run, model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    published.plain(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    before = set(sys.modules)
    status, _, err = run("sources", "add", *(model if word == "MODEL" else word for word in pair))
    assert (status, is_one_sentence(err)) == (1, True)
    assert err.startswith("Error: The Hugging Face hub is not asked (HF_HUB_OFFLINE)")
    assert said in err
    assert not {"sae_lens", "transformer_lens"} & (set(sys.modules) - before)


def test_presets_list_what_each_needs_and_its_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    begin = time.monotonic()
    status, out, _ = run("presets")
    assert (status, time.monotonic() - begin < 30) == (0, True)  # instead of waiting for a hub again and again
    assert out.startswith("Offline by HF_HUB_OFFLINE")
    for words in ("gpt2-small", "pythia-160m", "gemma-3-27b-it", "llama-3.1-8b", "qwen3-8b", "Apache 2.0", "gated"):
        assert words in out
    assert "periscope sources add google/gemma-2-2b gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical" in out
    status, one, _ = run("presets", "gemma-3-270m")
    assert status == 0
    assert "gemma-3-1b" not in one
    assert "accept it at https://huggingface.co/google/gemma-3-270m" in one


def test_an_unknown_preset_is_one_sentence(run: Run) -> None:
    status, _, err = run("presets", "gpt-5")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "gpt2-small" in err


def test_an_activation_function_that_is_not_done_is_refused(model: str, run: Run, tmp_path: Path) -> None:
    folder = save_sae(tmp_path / "sae", activation_fn_str="tanh-relu")
    status, _, err = run("sources", "add", model, str(folder))
    assert (status, is_one_sentence(err)) == (1, True)
    assert "tanh-relu" in err
