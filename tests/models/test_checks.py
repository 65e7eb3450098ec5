"""What a model folder can be refused for, each with its sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelNotFound, TokenizerMismatch, UnsafeFile, Unsupported, WeightsInvalid
from models.loading.opening import load_language_model


@pytest.fixture
def model_folder(tiny_models: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the tiny GPT-2 that a test may break."""
    return Path(shutil.copytree(tiny_models["gpt2"], tmp_path / "model"))


def edit_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"no config\.json"):
        load_language_model(str(tmp_path))


def test_a_hub_name_that_is_not_cached_is_refused_in_one_sentence() -> None:
    with pytest.raises(ModelNotFound, match=r"not in the Hugging Face cache.*check the name and the connection"):
        load_language_model("no-such-org/no-such-model")


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "consolidated.00.pth"])
def test_a_model_with_only_a_pickle_is_refused(name: str, model_folder: Path) -> None:
    (model_folder / "model.safetensors").rename(model_folder / name)
    with pytest.raises(UnsafeFile, match=rf"only as a pickle \({name}\).*save_pretrained"):
        load_language_model(str(model_folder))


def test_a_model_without_weights_is_refused(model_folder: Path) -> None:
    (model_folder / "model.safetensors").unlink()
    with pytest.raises(ModelNotFound, match=r"no model\.safetensors"):
        load_language_model(str(model_folder))


def test_a_model_that_brings_code_is_refused(model_folder: Path) -> None:
    edit_json(model_folder / "config.json", auto_map={"AutoModelForCausalLM": "evil.Model"})
    with pytest.raises(UnsafeFile, match="run its own Python code"):
        load_language_model(str(model_folder))


def test_a_multimodal_model_is_refused_before_it_is_loaded(model_folder: Path) -> None:
    edit_json(model_folder / "config.json", vision_config={"hidden_size": 8})
    with pytest.raises(Unsupported, match="is multimodal"):
        load_language_model(str(model_folder))


def test_an_encoder_decoder_is_refused(model_folder: Path) -> None:
    edit_json(model_folder / "config.json", is_encoder_decoder=True)
    with pytest.raises(Unsupported, match="decoder-only"):
        load_language_model(str(model_folder))


def test_an_architecture_that_transformers_does_not_know_is_refused(model_folder: Path) -> None:
    edit_json(model_folder / "config.json", model_type="martian")
    with pytest.raises(Unsupported, match="transformers cannot load"):
        load_language_model(str(model_folder))


def test_a_truncated_model_is_refused(model_folder: Path) -> None:
    path = model_folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsInvalid, match=r"is cut off: it has [\d,]+ bytes of [\d,]+"):
        load_language_model(str(model_folder))


def test_an_empty_weight_file_is_refused(model_folder: Path) -> None:
    (model_folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(WeightsInvalid, match="cut off or not a safetensors file"):
        load_language_model(str(model_folder))


def test_a_missing_shard_is_named(model_folder: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (model_folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsInvalid, match="lacks the weight file model-00001-of-00002"):
        load_language_model(str(model_folder))


def test_a_broken_config_is_refused(model_folder: Path) -> None:
    (model_folder / "config.json").write_text("{")
    with pytest.raises(WeightsInvalid, match="not valid JSON"):
        load_language_model(str(model_folder))


def test_a_missing_tokenizer_is_noticed(model_folder: Path) -> None:
    (model_folder / "tokenizer.json").unlink()
    with pytest.raises(TokenizerMismatch, match=r"no tokenizer\.json; copy"):
        load_language_model(str(model_folder))


def test_a_tokenizer_with_more_tokens_than_embeddings_is_refused(model_folder: Path) -> None:
    edit_json(model_folder / "config.json", vocab_size=100)
    with pytest.raises(TokenizerMismatch, match=r"3\d\d tokens but the model only 100"):
        load_language_model(str(model_folder))


def test_a_tokenizer_of_another_model_is_refused(model_folder: Path) -> None:
    edit_json(model_folder / "config.json", vocab_size=50257)
    with pytest.raises(TokenizerMismatch, match="belongs to another model"):
        load_language_model(str(model_folder))


def test_an_unreadable_tokenizer_is_refused(model_folder: Path) -> None:
    (model_folder / "tokenizer.json").write_text('{"model": 3}')
    with pytest.raises(TokenizerMismatch, match="cannot be read"):
        load_language_model(str(model_folder))
