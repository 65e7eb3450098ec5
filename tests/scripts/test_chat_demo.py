"""The chat demo's scripts: what they write is what they say, and a run that was stopped ends like one that was not."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.corpus.prompts import open_corpus
from models.demo_chat import bundle
from models.loading.opening import load_dictionary, load_language_model
from models.sources import SourceSpec
from scripts.chat_demo import activations, corpus, readers, training
from scripts.chat_demo.questions import questions
from tests.models.tiny import D_MODEL, SENTENCES

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> training.Recipe:
    """A recipe and settings for a few steps."""
    monkeypatch.setattr(training, "D_MODEL", D_MODEL)
    monkeypatch.setattr(training, "BATCH", 128)
    monkeypatch.setattr(training, "CHECKPOINTS", 4)
    return training.Recipe("tiny", HOOK, 64, k=8, samples=128 * 40)


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    folder = tmp_path / "activations"
    folder.mkdir()
    values = np.random.default_rng(0).normal(size=(3000, D_MODEL)) + 2
    values.astype(np.float16).tofile(folder / f"{HOOK}.f16")
    return folder


class StoppedError(Exception):
    pass


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(small, collected, tmp_path, monkeypatch):
    whole = training.train(small, [collected], tmp_path / "whole")
    keep = training._keep_last

    def stop(checkpoint_path):
        keep(checkpoint_path)
        if int(checkpoint_path.name) > 128 * 15:
            raise StoppedError

    monkeypatch.setattr(training, "_keep_last", stop)
    with pytest.raises(StoppedError):
        training.train(small, [collected], tmp_path / "parts")
    assert len(list((tmp_path / "parts" / "tiny").glob("[0-9]*"))) == 1
    monkeypatch.setattr(training, "_keep_last", keep)
    resumed = training.train(small, [collected], tmp_path / "parts")
    one, other = (load_file(folder / "sae_weights.safetensors") for folder in (whole, resumed))
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=1e-3, atol=1e-4, msg=name)
    assert training.train(small, [collected], tmp_path / "parts") == resumed


def test_a_published_sae_is_half_as_large_and_computes_in_float32(small, collected, tmp_path):
    final = training.train(small, [collected], tmp_path / "saes")
    half = training.publish_to(final, tmp_path / "half")
    assert (half / "sae_weights.safetensors").stat().st_size < 0.6 * (final / "sae_weights.safetensors").stat().st_size
    exact, rounded = (load_dictionary(SourceSpec("m", str(folder))) for folder in (final, half))
    x = torch.from_numpy(np.fromfile(collected / f"{HOOK}.f16", dtype=np.float16).reshape(-1, D_MODEL)).float()
    assert rounded.encode(x).dtype == torch.float32
    assert (rounded.kind, rounded.hook_name) == ("jumprelu", HOOK)
    errors = [(x - sae.decode(sae.encode(x), x)).square().mean() for sae in (exact, rounded)]
    assert errors[1] == pytest.approx(errors[0].item(), rel=1e-2)
    assert (exact.encode(x) > 0).any()


def test_every_round_shows_each_token_once_and_goes_on_at_any_batch(monkeypatch):
    monkeypatch.setattr(training, "BATCH", 10)
    data = torch.arange(40.0)[:, None]
    batches = training.Batches(data)
    seen = [batch.flatten().tolist() for batch, _ in zip(iter(batches), range(8), strict=False)]
    rounds = [sorted(value for batch in part for value in batch) for part in (seen[:4], seen[4:])]
    assert rounds == [data.flatten().tolist()] * 2
    assert seen[:4] != seen[4:]
    later = training.Batches(data)
    later.at = 5
    assert next(iter(later)).flatten().tolist() == seen[5]


def test_only_rows_far_longer_than_the_median_are_shortened():
    data = torch.ones(100, 4).half()
    data[7] *= 500
    data[8] *= 9
    short = training.shortened(data.clone())
    assert short[7].tolist() == [10] * 4
    assert torch.equal(short[8], data[8])
    assert torch.equal(short[:7], data[:7])


def test_activations_are_those_of_the_model_and_collecting_goes_on(tiny_models, tmp_path, monkeypatch):
    model = load_language_model(str(tiny_models["llama"]), "cpu")
    monkeypatch.setattr(activations, "HOOKS", (HOOK, "blocks.2.hook_resid_post"))
    monkeypatch.setattr(activations, "CONTEXT_SIZE", 16)
    monkeypatch.setattr(activations, "BATCH", 2)
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps({"text": SENTENCES[n % 5]}) + "\n" for n in range(20)))
    n = activations.collect(model, path, tmp_path / "whole", 10**6)
    for most in (50, 10**6):
        state = tmp_path / "parts" / "state.json"
        assert activations.collect(model, path, tmp_path / "parts", most) >= min(most, n)
        state.write_text(json.dumps(json.loads(state.read_text()) | {"finished": False}))
        with (tmp_path / "parts" / f"{HOOK}.f16").open("ab") as file:
            file.write(b"half a row")
    activations.collect(model, path, tmp_path / "parts", 10**6)
    for hook in activations.HOOKS:
        whole = activations.load([tmp_path / "whole"], hook, D_MODEL)
        assert torch.equal(activations.load([tmp_path / "parts"], hook, D_MODEL), whole)
        assert len(whole) == n
    ids = np.fromfile(tmp_path / "whole" / "token_ids.i32", dtype=np.int32)
    assert not np.isin(ids, [model.bos_token_id, model.eos_token_id]).any()
    assert ids[: len(model.tokenize(SENTENCES[0]))].tolist() == model.tokenize(SENTENCES[0])[: len(ids)]


def test_questions_are_the_same_for_a_seed_and_none_comes_twice():
    many = questions(500, 5)
    assert many[:50] == questions(50, 5)
    assert many != questions(500, 6)
    assert len({question.text for question in many}) == 500
    assert len({question.task for question in many}) > 10


def test_a_tenth_of_every_kind_is_held_out_and_nothing_is_in_both(tmp_path):
    rows = [{"text": f"{kind} {n}", "group": kind} for kind in ("a", "b") for n in range(50)]
    corpus._write(rows, tmp_path, "texts")
    kept, held = (
        [json.loads(line) for line in (tmp_path / f"texts{end}.jsonl").read_text().splitlines()]
        for end in ("", "-held-out")
    )
    assert [sum(row["group"] == kind for row in held) for kind in ("a", "b")] == [5, 5]
    assert sorted(row["text"] for row in kept + held) == sorted(row["text"] for row in rows)


def test_pages_become_their_words_and_programs_keep_their_lines():
    page = "<html><head>x</head><p>One &amp; <b>two</b>\n three</p><pre>a = 1\n  b</pre><script>no</script></html>"
    assert [part.strip() for part in readers.plain(page).strip().split("\n\n")] == ["One & two three", "a = 1\n  b"]


def test_long_texts_are_cut_at_paragraphs():
    paragraphs = [f"{n} " + "word " * 100 for n in range(30)]
    cut = list(readers.pieces("\n\n".join(paragraphs)))
    assert len(cut) > 3
    assert "\n\n".join(cut).split() == "\n\n".join(paragraphs).split()
    assert all(len(piece) < readers.SIZE + 600 for piece in cut)


def test_every_kind_in_the_corpus_file_has_its_licence_beside_it():
    licences = (bundle.FOLDER / "LICENSES.md").read_text()
    documents = list(open_corpus(str(bundle.CORPUS), labels=bundle.LABELS).documents())
    groups = {str(document.labels["group"]) for document in documents}
    named = {
        name.strip() for row in licences.splitlines() if row.startswith("| ") for name in row.split("|")[1].split(",")
    }
    assert groups == named - {"group"}
    assert not groups & corpus.NOT_SHIPPED
    assert all(bool(document.text) != bool(document.messages) for document in documents)
    assert all(document.labels["task"] for document in documents if document.labels["group"] == corpus.CHAT)


def test_the_recipes_are_the_sources_of_the_bundle():
    recipes = {(recipe.slug, recipe.hook, recipe.d_sae) for recipe in training.RECIPES}
    assert recipes == {(source.slug, source.hook_name, source.d_sae) for source in bundle.SOURCES}
    assert {recipe.hook for recipe in training.RECIPES} == set(activations.HOOKS)
