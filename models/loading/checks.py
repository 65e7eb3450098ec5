"""Checks on folders before anything heavy is imported: all there, safe, whole, and of sizes that can be. No torch."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import ModelNotFound, SaeNotFound, TokenizerMismatch, UnsafeFile, Unsupported, WeightsInvalid
from models.loading.files import kind_of, open_file, read_json, require_file
from models.loading.model_config import check_against_weights, check_generation_config, check_model_config
from models.loading.pickled_weights import PICKLE, PICKLE_INDEX, check_pickled, pickled_header
from models.loading.sae_config import PARAMETERS, check_sae_config
from models.loading.text_part import described
from models.loading.tokenizer_probe import highest_id
from models.loading.vocabulary import added_tokens, check_vocabulary
from models.loading.weight_files import Tensor, check_finite, require_floats, safetensors_header

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
SAE_WEIGHTS = "sae_weights.safetensors"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
TOKENIZER = "tokenizer.json"
#: Files that transformers reads if they are there; a broken one it passes over in silence, or fails on.
DESCRIPTIONS = ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
#: Other files of tokenizers, and how many bytes of them are read; the largest known has 35 MB.
VOCABULARIES = (TOKENIZER, "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "tekken.json")
MAX_VOCABULARY = 64 << 20
MAX_TEMPLATE = 1 << 20


def check_model_folder(folder: Path) -> dict[str, Any]:
    """Check the files of a local model and return its config.json.

    Raises:
        ModelNotFound: no config.json or no weights.
        UnsafeFile: only pickled weights, or code that would have to be run.
        Unsupported: no text decoder.
        WeightsInvalid: a file that is no file, JSON that is none, truncated weights, sizes that cannot be.
        TokenizerMismatch: no tokenizer files, or a vocabulary that does not fit.
    """
    config_path = folder / "config.json"
    if not kind_of(config_path):
        raise ModelNotFound(f"{folder} has no config.json, so it is not a Hugging Face model folder.")
    _check_entries(folder)
    config = read_json(config_path)
    check_model_config(config, str(folder))
    _check_descriptions(folder)
    tensors = [(path, weight_tensors(path)) for path in model_weight_files(folder)]
    if "quantization_config" not in config:
        for path, found in tensors:
            require_floats(path, tensors=found)
    check_tokenizer_files(folder, int(described(config).get("vocab_size") or 0))
    n_values = sum(tensor.n_values for _, found in tensors for tensor in found.values())
    check_against_weights(config, str(folder), sum(len(found) for _, found in tensors), n_values)
    return config


def _check_entries(folder: Path) -> None:
    """Only files and folders: what else is named in a model's folder could be waited for without end."""
    if kind_of(folder / "adapter_config.json"):
        raise Unsupported(
            f"{folder} holds an adapter for another model (adapter_config.json); merge it into its model with "
            "peft's merge_and_unload and give the folder of the whole model."
        )
    templates = folder / "additional_chat_templates"
    for place in (folder, templates) if templates.is_dir() else (folder,):
        for entry in sorted(place.iterdir()):
            if kind_of(entry) not in ("a file", "a folder", "a link to nothing"):
                require_file(entry)
            if entry.suffix == ".jinja":
                _require_size(entry, MAX_TEMPLATE)


def _check_descriptions(folder: Path) -> None:
    for name in DESCRIPTIONS:
        if kind_of(folder / name) not in ("", "a link to nothing"):
            found = read_json(folder / name)
            if name == "generation_config.json":
                check_generation_config(found, folder / name)
    for name in VOCABULARIES:
        if kind_of(folder / name) not in ("", "a link to nothing"):
            _require_size(folder / name, MAX_VOCABULARY)


def _require_size(path: Path, limit: int) -> None:
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
    if size > limit:
        raise WeightsInvalid(f"{path} has {size:,} bytes, and more than {limit:,} are not read; download it again.")


def model_weight_files(folder: Path) -> list[Path]:
    """The files of a local model's weights, one or many shards: safetensors, else ``pytorch_model.bin``.

    Raises:
        UnsafeFile: there are only other pickles.
        ModelNotFound: there are none at all.
        WeightsInvalid: the index is damaged, or a shard named in it is missing or not in the folder.
    """
    for index, name in ((INDEX, WEIGHTS), (PICKLE_INDEX, PICKLE)):
        if kind_of(folder / index):
            return [_shard(folder, index, shard) for shard in _shard_names(folder / index)]
        if kind_of(folder / name):
            require_file(folder / name)
            return [folder / name]
    pickles = _pickles(folder)
    if pickles:
        raise UnsafeFile(
            f"{folder} has its weights only as a pickle ({pickles[0]}), which can run code when it is "
            "opened; convert it with transformers' save_pretrained(..., safe_serialization=True) to "
            "model.safetensors."
        )
    raise ModelNotFound(f"{folder} has no model.safetensors; download the weights of the model into it.")


def _shard_names(index: Path) -> list[str]:
    places = read_json(index).get("weight_map")
    if not isinstance(places, Mapping) or not places or not all(isinstance(name, str) for name in places.values()):
        raise WeightsInvalid(
            f"{index} has no weight_map that gives the file of each tensor; download or save it again."
        )
    return sorted(set(places.values()))


def weight_tensors(path: Path) -> dict[str, Tensor]:
    """What a file of weights holds, by its names.

    Raises:
        UnsafeFile, WeightsInvalid: as ``safetensors_header`` and ``pickled_tensors``.
    """
    return pickled_header(path) if path.suffix == PICKLE_SUFFIXES[0] else safetensors_header(path)


def check_numbers(path: Path) -> None:
    """Raise WeightsInvalid if a file of weights holds NaN or infinity."""
    if path.suffix == PICKLE_SUFFIXES[0]:
        check_pickled(path)
    else:
        check_finite(path)


def _shard(folder: Path, index: str, name: str) -> Path:
    # transformers joins such a name to the folder as it is, so it could lead to any file of the machine.
    suffix = ".safetensors" if index == INDEX else PICKLE_SUFFIXES[0]
    if name != os.path.basename(name) or not name.endswith(suffix) or "\0" in name or len(name) > 255:
        raise WeightsInvalid(
            f"{folder / index} names {name[:80]!r}, which is not a {suffix} file of its own folder; download the "
            "model again."
        )
    if kind_of(folder / name) in ("", "a link to nothing"):
        raise WeightsInvalid(f"{folder} lacks the weight file {name} named in its index {index}; download it again.")
    require_file(folder / name)
    return folder / name


def _pickles(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in PICKLE_SUFFIXES)


def check_tokenizer_files(folder: Path, vocab_size: int) -> None:
    """Check that a local model brings a tokenizer whose ids fit its ``vocab_size``.

    Raises:
        TokenizerMismatch: no tokenizer, an unreadable one, or one of another model.
    """
    path = folder / TOKENIZER
    if not kind_of(path):
        if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
            return
        if (folder / "tokenizer.model").is_file():
            return
        raise TokenizerMismatch(f"{folder} has no tokenizer.json; copy the tokenizer files of the model into it.")
    require_file(path, TokenizerMismatch)
    check_vocabulary(
        highest_id(path) + 1, vocab_size, str(folder), lambda: added_tokens(read_json(path, MAX_VOCABULARY))
    )


def is_of_library(error: BaseException) -> bool:
    """Whether a library written in Rust or Python failed; a panic of one in Rust is no ``Exception``."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def check_sae_folder(folder: Path) -> tuple[dict[str, Any], Path]:
    """Check the files of a local SAE; returns its cfg.json and the path of its weights.

    Raises:
        SaeNotFound: no cfg.json or no weights.
        UnsafeFile: only pickled weights.
        WeightsInvalid: truncated weights, or a configuration that does not fit them.
    """
    cfg_path, weights = folder / "cfg.json", folder / SAE_WEIGHTS
    if not kind_of(weights):
        pickles = _pickles(folder)
        if pickles:
            raise UnsafeFile(
                f"{folder} has its weights only as a pickle ({pickles[0]}), which can run code when it is "
                "opened; load it where you trust it and save it with SAELens' save_model, which writes "
                "sae_weights.safetensors."
            )
        raise SaeNotFound(f"{folder} has no {SAE_WEIGHTS}, so it is not a SAELens folder.")
    if not kind_of(cfg_path):
        raise SaeNotFound(f"{folder} has no cfg.json, so it is not a SAELens folder.")
    tensors, cfg = safetensors_header(weights), read_json(cfg_path)
    check_sae_config(cfg, cfg_path, tensors, weights)
    require_floats(weights, PARAMETERS)
    return cfg, weights
