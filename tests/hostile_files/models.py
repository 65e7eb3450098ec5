"""Hostile folders of language models, from the tiny GPT-2 and, for what that has not, the tiny Llama."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile_files.spoil import (
    DEEP,
    Case,
    Spoil,
    broken_json,
    broken_weights,
    edit,
    edit_inner,
    header_of,
    no_file,
    with_header,
    without,
    write,
)

CONFIG, WEIGHTS, TOKENIZER, INDEX = "config.json", "model.safetensors", "tokenizer.json", "model.safetensors.index.json"
TENSOR = "transformer.h.0.attn.c_attn.weight"


def gpt2_cases() -> Iterator[Case]:
    """All kinds that spoil a GPT-2."""
    yield Case("config missing", without(CONFIG), (CONFIG,))
    yield from broken_json(CONFIG)
    yield from broken_json("generation_config.json", is_optional=True)
    yield from broken_json("tokenizer_config.json", is_optional=True)
    yield from broken_json(TOKENIZER)
    yield from broken_json(INDEX, is_optional=True)
    yield from broken_weights(WEIGHTS, TENSOR, "model.pt")
    yield from _configs()
    yield from _tokenizers()
    yield from _indexes()
    yield from _tensors()
    for name in ("special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "adapter_config.json"):
        yield Case(f"{name} pipe", no_file(name, "pipe"), (name,))
        yield (
            Case(f"{name} deep", write(name, DEEP), (name,))
            if name.endswith("json")
            else Case(f"{name} endless", no_file(name, "endless"), (name,))
        )
    adapter = {"base_model_name_or_path": "/etc", "peft_type": "LORA"}
    yield Case("an adapter", edit("adapter_config.json", **adapter), ("adapter_config.json", "adapter"))


def llama_cases() -> Iterator[Case]:
    """Kinds that spoil what only newer architectures have."""
    wrong: dict[str, list[Any]] = {
        "hidden_size": [10**9, 0, -32, 31, 32.5, "32", None, [32], {}],
        "num_hidden_layers": [10**9, 0, -1, 4, "3", None, 1e300],
        "num_key_value_heads": [10**9, 0, -2, "2", 3],
        "head_dim": [10**9, 0, -8, 7],
        "intermediate_size": [10**12, 0, "64", None],
        "max_position_embeddings": [10**12, 0, -64, "64", None],
        "rms_norm_eps": ["small", None, -1.0, float("nan")],
        "hidden_act": ["martian", 5, None, ["silu"]],
        "rope_parameters": ["linear", [1], {"rope_type": "martian"}, {"rope_type": "linear", "factor": "x"}],
        "attention_bias": ["yes"],
        "num_experts": [10**9],
        "num_labels": [10**9],
        "layer_types": ["full", [7, 7, 7], ["martian"] * 3],
    }
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}"[:60], edit(CONFIG, **{key: value}), (CONFIG,))
    yield Case("rope_theta nan", edit_inner(CONFIG, "rope_parameters", rope_theta=float("nan")), (CONFIG,))


def _configs() -> Iterator[Case]:
    wrong: dict[str, list[Any]] = {
        "n_layer": [10**9, 10**400, -1, 0, 4, 1.5, "3", None, [3], True, float("nan"), 1e308],
        "n_embd": [10**9, 33, 64, -32, 0, "32", None, {"a": 1}],
        "n_head": [10**9, 0, -4, 5, "4", None],
        "n_positions": [10**12, 65, 0, -1, "64", None, []],
        "vocab_size": [10**12, 10**7, 0, -5, "320", None, 320.5],
        "n_inner": [10**12, -1, "x"],
        "num_labels": [10**9, -1, "x"],
        "model_type": ["martian", "../gpt2", 7, None, ["gpt2"], ""],
        "activation_function": ["martian", 10, None],
        "layer_norm_epsilon": ["x", None, float("nan")],
        "dtype": ["float99", ["float32"]],
        "quantization_config": [{"quant_method": "martian"}, "x", [1], {}],
        "attn_pdrop": ["x"],
        "auto_map": [{"AutoModelForCausalLM": "evil.Model"}, "evil.Model"],
        "text_config": [{"hidden_size": 10**9}, {"num_hidden_layers": "x"}],
    }
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}"[:60], edit(CONFIG, **{key: value}), (CONFIG,))


def _tokenizers() -> Iterator[Case]:
    def inner(**changes: Any) -> Spoil:
        return edit_inner(TOKENIZER, "model", **changes)

    def cut(folder: Path) -> None:
        raw = (folder / TOKENIZER).read_bytes()
        (folder / TOKENIZER).write_bytes(raw[: len(raw) // 2])

    def token(content: Any, number: Any) -> dict[str, Any]:
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        return {"id": number, "content": content, **flags}

    broken_pattern = {"type": "Split", "pattern": {"Regex": "(("}, "behavior": "Isolated", "invert": False}
    for name, spoil in {
        "tokenizer missing": without(TOKENIZER),
        "tokenizer cut": cut,
        "merges null": inner(merges=None),
        "merges numbers": inner(merges=[1, 2]),
        "merges of unknown tokens": inner(merges=[["qqqq", "zzzz"]]),
        "vocab null": inner(vocab=None),
        "vocab empty": inner(vocab={}, merges=[]),
        "vocab of another size": inner(vocab={f"t{k}": k for k in range(2000)}, merges=[]),
        "vocab of huge ids": inner(vocab={"a": 0, "b": 4_000_000_000}, merges=[]),
        "vocab of negative ids": inner(vocab={"a": -1}, merges=[]),
        "type unknown": inner(type="Martian"),
        "pattern broken": edit(TOKENIZER, pre_tokenizer=broken_pattern),
        "normalizer broken": edit(TOKENIZER, normalizer={"type": "Precompiled", "precompiled_charsmap": "AAAA"}),
        "added token too high": edit(TOKENIZER, added_tokens=[token("<x>", 10**9)]),
        "added token a number": edit(TOKENIZER, added_tokens=[token(5, 1)]),
        "added token of half a character": edit(TOKENIZER, added_tokens=[token("\ud800", 0)]),
    }.items():
        yield Case(name, spoil, (TOKENIZER,))
    wrong: dict[str, list[Any]] = {
        "tokenizer_class": [5, ["x"]],
        "bos_token": [5, [1], "\ud800", {"content": 7}],
        "model_max_length": ["long", [1]],
        "added_tokens_decoder": [5, {"x": {}}, {"0": 3}, [1]],
        "extra_special_tokens": [5],
    }
    for key, values in wrong.items():
        for value in values:
            spoil = edit("tokenizer_config.json", **{key: value})
            yield Case(f"tokenizer {key} {value!r}"[:60], spoil, ("tokenizer",))


def _indexes() -> Iterator[Case]:
    wrong: dict[str, Any] = {
        "outside": {"a": "../../etc/passwd"},
        "absolute": {"a": "/etc/passwd"},
        "of a missing shard": {"a": "model-00001-of-00002.safetensors"},
        "of this folder": {"a": "."},
        "of a pickle": {"a": "pytorch_model.bin"},
        "of numbers": {"a": 5},
        "of lists": {"a": ["x"]},
        "a list": ["model.safetensors"],
        "empty": {},
        "with a zero character": {"a": "model\0.safetensors"},
        "with a long name": {"a": "x" * 5000 + ".safetensors"},
    }
    for name, weight_map in wrong.items():
        yield Case(f"index {name}", edit(INDEX, weight_map=weight_map), (INDEX,))
    yield Case("index without a map", edit(INDEX, metadata={}), (INDEX,))

    def waiting(folder: Path) -> None:
        edit(INDEX, weight_map={"a": "shard.safetensors"})(folder)
        no_file("shard.safetensors", "pipe")(folder)

    yield Case("shard pipe", waiting, ("shard.safetensors",))


def _tensors() -> Iterator[Case]:
    def missing(folder: Path) -> None:
        header, data = header_of(folder / WEIGHTS)
        # Under another name, so that all bytes are still accounted for.
        with_header(folder / WEIGHTS, {name.replace("h.1.mlp", "h.1.map"): e for name, e in header.items()}, data)

    def reshaped(folder: Path) -> None:
        header, data = header_of(folder / WEIGHTS)
        shape = header[TENSOR]["shape"]
        with_header(folder / WEIGHTS, header | {TENSOR: header[TENSOR] | {"shape": shape[::-1]}}, data)

    def of_nothing(folder: Path) -> None:
        with_header(folder / WEIGHTS, {"x": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}, b"")

    yield Case("tensors missing", missing, (WEIGHTS, "h.1.mlp"))
    yield Case("tensor of another shape", reshaped, (WEIGHTS, TENSOR))
    yield Case("tensors of nothing", of_nothing, (CONFIG, "1 tensors"))
