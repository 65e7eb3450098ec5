"""Models in GGUF files: the folder they become, and one sentence for each that cannot be read."""

import importlib.util
from pathlib import Path

import pytest
import torch

from models.errors import ModelNotFound, SourceError, TokenizerMismatch, Unsupported, WeightsInvalid
from models.loading.gguf_file import convert_gguf, find_gguf
from models.loading.opening import load_language_model
from tests.models.tiny import SENTENCES
from tests.models.tiny_gguf import write_gguf


@pytest.fixture(scope="module")
def gguf_file(tiny_models, tmp_path_factory) -> Path:
    return write_gguf(tiny_models["llama"], tmp_path_factory.mktemp("gguf") / "Tiny.F32.gguf")


@pytest.fixture(scope="module")
def folder(gguf_file, tmp_path_factory) -> Path:
    return convert_gguf(gguf_file, tmp_path_factory.mktemp("kept"))


def test_logits_tokens_and_chat_are_those_of_the_model_it_was_made_from(folder, tiny_models):
    ours, theirs = load_language_model(str(folder), "cpu"), load_language_model(str(tiny_models["llama"]), "cpu")
    for text in SENTENCES:
        ids = theirs.tokenize(text)
        assert ours.tokenize(text) == ids
        row = torch.tensor([ids])
        torch.testing.assert_close(ours.logits(row), theirs.logits(row), rtol=0, atol=1e-4)
    chat = [{"role": "user", "content": "the cat"}, {"role": "assistant", "content": "the dog"}]
    rendered = [model.tokenizer.apply_chat_template(chat, tokenize=False) for model in (ours, theirs)]
    assert rendered[0] == rendered[1]
    assert (ours.bos_token_id, ours.eos_token_id) == (theirs.bos_token_id, theirs.eos_token_id)
    assert ours.facts.context_size == theirs.facts.context_size
    assert ours.facts.name == "Tiny.F32"


def test_quantised_weights_are_those_that_transformers_reads(tiny_models, tmp_path):
    from transformers import AutoModelForCausalLM

    path = write_gguf(tiny_models["llama"], tmp_path / "q.gguf", quantised=True)
    ours = load_language_model(str(convert_gguf(path, tmp_path / "kept")), "cpu")
    theirs = AutoModelForCausalLM.from_pretrained(str(tmp_path), gguf_file="q.gguf", dtype=torch.float32).eval()
    row = torch.tensor([ours.tokenize(SENTENCES[0])])
    with torch.inference_mode():
        torch.testing.assert_close(ours.logits(row), theirs(row).logits, rtol=0, atol=1e-4)
    exact = load_language_model(str(tiny_models["llama"]), "cpu").logits(row)
    assert (ours.logits(row) - exact).abs().max() > 1e-4


def test_a_file_is_converted_once_wherever_it_lies(gguf_file, folder, tmp_path):
    said: list[str] = []
    copy = tmp_path / gguf_file.name
    copy.write_bytes(gguf_file.read_bytes())
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert convert_gguf(copy, folder.parents[1], said.append) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert not any("writing" in words for words in said)


def test_progress_names_the_file_and_what_is_done(gguf_file, tmp_path):
    said: list[str] = []
    convert_gguf(gguf_file, tmp_path, said.append)
    assert all(gguf_file.name in words for words in said)
    done = [words.split(": ", 1)[-1] for words in said[1:]]
    assert (done[0], done[-1]) == ("reading its tokenizer", "writing")
    shares = [int(words.removeprefix("reading its weights, ").removesuffix("%")) for words in done[1:-1]]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert len(shares) > 5


def test_a_folder_with_one_gguf_file_names_it(gguf_file, tiny_models, tmp_path):
    assert find_gguf(str(gguf_file.parent)) == gguf_file
    assert find_gguf(str(tiny_models["gpt2"])) is None
    assert find_gguf("owner/model") is None
    assert find_gguf("") is None
    (tmp_path / "a.gguf").touch()
    (tmp_path / "b.GGUF").touch()
    with pytest.raises(ModelNotFound, match=r"holds 2 GGUF files \(a\.gguf, b\.GGUF\)"):
        find_gguf(str(tmp_path))
    with pytest.raises(ModelNotFound, match=r"no file .*nowhere\.gguf"):
        find_gguf(str(tmp_path / "nowhere.gguf"))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused_and_leaves_nothing(gguf_file, tmp_path, share):
    path = tmp_path / "cut.gguf"
    data = gguf_file.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(WeightsInvalid, match="download it again") as refused:
        convert_gguf(path, tmp_path / "kept")
    assert "\n" not in str(refused.value)
    assert not list((tmp_path / "kept").glob("*/*"))


def test_bytes_that_are_no_gguf_are_refused(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"PK\x03\x04" + bytes(1000))
    with pytest.raises(WeightsInvalid, match="is not a GGUF file"):
        convert_gguf(path, tmp_path / "kept")


def test_a_missing_tensor_is_refused_rather_than_made_up(tiny_models, tmp_path):
    path = write_gguf(tiny_models["llama"], tmp_path / "m.gguf", without="blk.1.ffn_up")
    with pytest.raises(WeightsInvalid, match=r"lacks 1 of the model's tensors.*layers\.1\.mlp\.up_proj"):
        convert_gguf(path, tmp_path / "kept")


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"architecture": "rwkv99"}, Unsupported, "architecture 'rwkv99'"),
        ({"tokenizer": False}, TokenizerMismatch, "no tokenizer in it"),
        ({"parts": 3}, Unsupported, "one of 3 parts"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tiny_models, tmp_path, changes, error, says):
    path = write_gguf(tiny_models["llama"], tmp_path / "m.gguf", **changes)
    with pytest.raises(error, match=says) as refused:
        convert_gguf(path, tmp_path / "kept")
    assert "\n" not in str(refused.value)


def test_without_the_package_it_says_which_to_install(gguf_file, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "gguf" else found(name))
    with pytest.raises(Unsupported, match="pip install gguf"):
        convert_gguf(gguf_file, tmp_path)


def test_a_folder_that_cannot_be_written_is_said(gguf_file, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="PERISCOPE_DATA_DIR"):
        convert_gguf(gguf_file, tmp_path / "file")
