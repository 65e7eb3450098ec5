"""The forms in which weights are published: shards, tied output layers, half precision, eight bits, text parts."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from models.errors import Unsupported
from models.loading.checks import check_model_folder
from models.loading.opening import load_language_model
from tests.models.architectures import KINDS, Kind
from tests.models.test_architectures import IDS, close, hold

LLAMA = next(kind for kind in KINDS if kind.model == "LlamaForCausalLM")
BLOCK = 16


def named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("name", ["Llama 2, Llama 3", "Gemma 3 from 4B on"])
def test_shards_are_one_model(tmp_path: Path, name: str) -> None:
    plain = named(name).save(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    hold(load_language_model(str(tmp_path), "cpu"), plain, named(name))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("name", ["Llama 2, Llama 3", "Qwen 2.5 VL", "Gemma 3 from 4B on"])
def test_an_output_layer_is_the_embedding_where_the_model_says_so(tmp_path: Path, name: str, tied: bool) -> None:
    kind = named(name)
    tied_kind = Kind(kind.name, kind.model, kind.config, kind.values | {"tie_word_embeddings": tied}, kind.text)
    plain = tied_kind.save(tmp_path)
    model = load_language_model(str(tmp_path), "cpu")
    same = model.model.get_output_embeddings().weight is model.model.get_input_embeddings().weight
    assert same == tied == (plain.get_output_embeddings().weight is plain.get_input_embeddings().weight)
    hold(model, plain, tied_kind)


@pytest.mark.parametrize("number_format", [torch.bfloat16, torch.float16])
def test_weights_in_half_precision_are_computed_in_float32(tmp_path: Path, number_format: torch.dtype) -> None:
    LLAMA.build().to(number_format).save_pretrained(tmp_path)
    LLAMA.save(tmp_path / "tokenizer")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "tokenizer" / name).rename(tmp_path / name)
    model = load_language_model(str(tmp_path), "cpu")
    assert model.dtype == torch.float32
    hold(model, AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32), LLAMA)


@torch.no_grad()
def to_eight_bits(folder: Path, plain: Any) -> None:
    """Rewrite a saved Llama as DeepSeek publishes its models; ``plain`` gets the weights that this stands for."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    packed: dict[str, torch.Tensor] = {}
    for name, value in tensors.items():
        if value.dim() != 2 or "proj" not in name:
            packed[name] = value
            continue
        blocks = value.view(value.shape[0] // BLOCK, BLOCK, value.shape[1] // BLOCK, BLOCK)
        scale = blocks.abs().amax((1, 3)) / 448
        eight = (blocks / scale[:, None, :, None]).to(torch.float8_e4m3fn)
        packed[name] = eight.view(value.shape)
        packed[f"{name}_scale_inv"] = scale
        plain.get_parameter(name).copy_((eight.float() * scale[:, None, :, None]).view(value.shape))
    save_file(packed, path, {"format": "pt"})
    packing = {"quant_method": "fp8", "weight_block_size": [BLOCK, BLOCK], "activation_scheme": "dynamic"}
    edit_config(folder, quantization_config=packing)


@pytest.mark.parametrize("number_format", ["float32", "bfloat16"])
def test_weights_of_eight_bits_are_unpacked(tmp_path: Path, number_format: str) -> None:
    plain = LLAMA.save(tmp_path)
    to_eight_bits(tmp_path, plain)
    check_model_folder(tmp_path)
    model = load_language_model(str(tmp_path), "cpu", number_format)
    assert {parameter.dtype for parameter in model.model.parameters()} == {getattr(torch, number_format)}
    wanted = plain(IDS).logits
    difference = (model.logits(IDS) - wanted).norm() / wanted.norm()
    assert difference < (5e-3 if number_format == "float32" else 5e-2)  # scales are multiplied in bfloat16


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.text], ids=lambda kind: kind.name)
def test_only_the_text_part_of_a_multimodal_model_is_there(tmp_path: Path, kind: Kind) -> None:
    plain = kind.save(tmp_path)
    model = load_language_model(str(tmp_path), "cpu")
    names = [name for name, _ in model.model.named_parameters()]
    assert not [name for name in names if "vision" in name or "visual" in name or "projector" in name]
    assert len(names) < len(list(plain.parameters()))


@pytest.mark.parametrize("prefix", ["language_model.model.", "model.language_model."])
def test_old_and_new_names_of_a_text_part_are_read(tmp_path: Path, prefix: str) -> None:
    kind = named("Gemma 3 from 4B on")
    plain = kind.save(tmp_path)
    path = tmp_path / "model.safetensors"
    renamed = {}
    for name, value in load_file(path).items():
        bare = name.removeprefix("model.").removeprefix("language_model.").removeprefix("model.")
        renamed[prefix + bare if "language_model" in name else name] = value
    assert any(name.startswith(prefix) for name in renamed)
    save_file(renamed, path, {"format": "pt"})
    hold(load_language_model(str(tmp_path), "cpu"), plain, kind)


def test_a_multimodal_model_without_a_text_class_is_refused(tmp_path: Path) -> None:
    kind = named("Gemma 3 from 4B on")
    kind.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["model_type"], config["architectures"] = "gemma3", ["Gemma3ForConditionalGeneration"]
    config["text_config"]["model_type"] = "siglip_text_model"
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(Unsupported, match=r"is multimodal|cannot load"):
        load_language_model(str(tmp_path), "cpu")


def test_close_is_not_blind() -> None:
    assert not close(torch.zeros(3), torch.full((3,), 1e-3))
