"""What the numbers of a config.json can be, looked at before anything is built from them. No torch.

A config decides how many layers, rows and lists a library makes: 10**9 layers are 10**9 Python objects, long before a
weight is missed. So every size has a range, and what the sizes multiply to is held against what the weights hold.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from models.errors import UnsafeFile, Unsupported, WeightsInvalid
from models.loading.text_part import described, require_text_part

LAYERS = frozenset({"num_hidden_layers", "n_layer", "n_layers", "num_layers"})
WIDTHS = frozenset({"hidden_size", "n_embd", "d_model"})
CONTEXTS = frozenset(
    {"max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "original_max_position_embeddings"}
)
EXPERTS = frozenset({"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"})
#: The largest value of each size; several times what any published model has.
LARGEST = {
    **dict.fromkeys(LAYERS, 10_000),
    **dict.fromkeys(WIDTHS | {"intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "head_dim"}, 1 << 20),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "num_key_value_heads"), 1 << 16),
    **dict.fromkeys(CONTEXTS, 1 << 27),
    **dict.fromkeys(EXPERTS, 1 << 16),
    "vocab_size": 1 << 26,
    "num_labels": 1 << 20,
}
_TOKEN_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")
#: Experts may be in every so many layers only.
_EXPERT_LAYERS = 16
#: A quantised value takes at least half a byte where an item of a file takes up to eight.
PACKED = 16
_AGAIN = "download or save it again"


def check_model_config(config: Mapping[str, Any], name: str) -> None:
    """Refuse configs that have no text decoder, and sizes that cannot be.

    Args:
        config: the content of config.json.
        name: the folder or the hub name that it came with.

    Raises:
        UnsafeFile: the config points to code of its own.
        Unsupported: multimodal without a text decoder that can be told apart, or encoder-decoder.
        WeightsInvalid: a size is no whole number, or out of its range.
    """
    _refuse_code(config, name)
    require_text_part(config, name)
    if config.get("is_encoder_decoder"):
        raise Unsupported(f"Model {name} is an encoder-decoder; Periscope works on decoder-only language models.")
    if not isinstance(config.get("model_type"), str) or not config["model_type"]:
        raise Unsupported(f"{_file(name)} names no model_type, so its architecture is not known; {_AGAIN}.")
    if config.get("configuration_files"):
        raise Unsupported(f"{_file(name)} hands on to another file (configuration_files); merge it into config.json.")
    for key, value in _members(config):
        _require_number(key, value, name)


def _refuse_code(config: Mapping[str, Any], name: str) -> None:
    if config.get("auto_map"):
        raise UnsafeFile(
            f"Model {name} asks to run its own Python code (auto_map in config.json); Periscope never does "
            "that, so use a model whose architecture transformers knows."
        )
    for key, value in _members(config):
        if key.endswith(("attn_implementation", "experts_implementation")) and "/" in str(value):
            raise UnsafeFile(
                f"{_file(name)} asks to fetch and run code from the hub ({key}); remove that line from the file."
            )


def check_against_weights(config: Mapping[str, Any], name: str, n_tensors: int, n_values: int) -> None:
    """Hold the sizes of a config against the tensors that came with it.

    Raises:
        WeightsInvalid: it describes more than there is.
    """
    for key, value in _members(config):
        if key in LAYERS and isinstance(value, int) and value > n_tensors:
            raise WeightsInvalid(
                f"{key} in {_file(name)} is {value:,}, but its weights are only {n_tensors:,} tensors; {_AGAIN}."
            )
    text = described(config)
    width = _first(text, WIDTHS)
    layers, experts, rows = _first(text, LAYERS), _first(text, EXPERTS), _first(text, frozenset({"vocab_size"}))
    for what, least in (
        ("its vocabulary", rows * width),
        ("its layers", layers * width),
        ("its experts", max(1, layers // _EXPERT_LAYERS) * experts * width),
    ):
        require_held(name, what, least, n_values, is_packed="quantization_config" in config)


def require_held(name: str, what: str, n_wanted: int, n_values: int, *, is_packed: bool) -> None:
    """Raise WeightsInvalid if the weights do not hold what the config describes."""
    if n_wanted > n_values * (PACKED if is_packed else 1):
        raise WeightsInvalid(
            f"{_file(name)} describes a model whose weights hold at least {n_wanted:,} values for {what}, but there "
            f"are only {n_values:,}; config.json and the weights belong to different models, or one is damaged: "
            "download both again."
        )


def check_generation_config(config: Mapping[str, Any], path: Path) -> None:
    """Refuse ids that are none, since a text is generated until one of them comes.

    Raises:
        WeightsInvalid: as said.
    """
    for key in _TOKEN_IDS:
        value = config.get(key)
        for item in value if isinstance(value, list) else [value]:
            if item is not None and (type(item) is not int or not -1 <= item < LARGEST["vocab_size"]):
                raise WeightsInvalid(f"{key} in {path} is {_shown(value)}, not the id of a token; {_AGAIN}.")


def _require_number(key: str, value: Any, name: str) -> None:
    if isinstance(value, float) and math.isnan(value):
        raise WeightsInvalid(f"{key} in {_file(name)} is NaN, not a number; {_AGAIN}.")
    if key in LARGEST:
        # What is left out or given for each layer, architectures that allow it check themselves.
        for item in value if isinstance(value, list) and value else [value]:
            if item is not None and (type(item) is not int or not 1 <= item <= LARGEST[key]):
                raise WeightsInvalid(
                    f"{key} in {_file(name)} is {_shown(value)}, not a whole number from 1 to {LARGEST[key]:,}; "
                    f"{_AGAIN}."
                )
    if key.endswith(("_eps", "epsilon")) and value is not None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < 1:
            raise WeightsInvalid(
                f"{key} in {_file(name)} is {_shown(value)}, not a small positive number such as 1e-05; {_AGAIN}."
            )
    if key in _TOKEN_IDS:
        check_generation_config({key: value}, Path(_file(name)))


def _members(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values of the config and of the objects inside it; numbers in lists one by one."""
    waiting = [config]
    while waiting:
        for key, value in waiting.pop().items():
            yield key, value
            if isinstance(value, Mapping):
                waiting.append(value)
            elif isinstance(value, list):
                yield from ((key, item) for item in value if isinstance(item, float))


def _first(config: Mapping[str, Any], keys: frozenset[str]) -> int:
    """The size under one of the keys; 0 if it has none."""
    return next((value for key, value in config.items() if key in keys and isinstance(value, int)), 0)


def _file(name: str) -> str:
    return f"{name}/config.json"


def _shown(value: Any) -> str:
    """A value as JSON writes it, shortened."""
    text = (
        {True: "true", False: "false", None: "null"}.get(value, "") if isinstance(value, bool | None) else repr(value)
    )
    return text if len(text) <= 40 else f"{text[:39]}…"
