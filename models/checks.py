"""Checks on files before anything heavy is imported: present, safe, whole and finite. No torch.

A safetensors file is eight bytes of header length, a JSON header with the place of every tensor, and the
bytes (https://huggingface.co/docs/safetensors). So a truncated file shows by its size alone, and NaN or
infinity can be looked for tensor by tensor without loading the model.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import (
    ModelNotFound,
    SaeNotFound,
    TokenizerMismatch,
    UnsafeFile,
    Unsupported,
    WeightsInvalid,
)

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
SAE_WEIGHTS = "sae_weights.safetensors"

_FLOAT_DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16}
_CHUNK = 1 << 22  # values per look, so that no more than some 32 MiB are in memory at a time


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        WeightsInvalid: not valid JSON, or not an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WeightsInvalid(f"{path} is not valid JSON ({error}); download or save it again.") from error
    if not isinstance(value, dict):
        raise WeightsInvalid(f"{path} should hold a JSON object, not a {type(value).__name__}.")
    return value


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def check_model_folder(folder: Path) -> dict[str, Any]:
    """Check the files of a local model and return its config.json.

    Raises:
        ModelNotFound: no config.json or no weights.
        UnsafeFile: only pickled weights, or code that would have to be run.
        Unsupported: not a text-only decoder.
        WeightsInvalid: truncated weights.
        TokenizerMismatch: no tokenizer files, or a vocabulary that does not fit.
    """
    config_path = folder / "config.json"
    if not config_path.is_file():
        raise ModelNotFound(f"{folder} has no config.json, so it is not a Hugging Face model folder.")
    config = read_json(config_path)
    check_model_config(config, str(folder))
    for path in model_weight_files(folder):
        safetensors_header(path)
    check_tokenizer_files(folder, int(config.get("vocab_size") or 0))
    return config


def check_model_config(config: dict[str, Any], name: str) -> None:
    """Refuse configs that are not plain text decoders, before a loader tries to fetch what they need.

    Raises:
        UnsafeFile: the config points to code of its own.
        Unsupported: multimodal or encoder-decoder.
    """
    if config.get("auto_map"):
        raise UnsafeFile(
            f"Model {name} asks to run its own Python code (auto_map in config.json); Periscope never does "
            "that, so use a model whose architecture transformers knows."
        )
    extra = [key for key in ("vision_config", "audio_config", "vision_tower", "speech_config") if key in config]
    if extra:
        raise Unsupported(
            f"Model {name} is multimodal ({', '.join(extra)} in config.json); Periscope works on text-only "
            "decoders, so give the text model on its own."
        )
    if config.get("is_encoder_decoder"):
        raise Unsupported(f"Model {name} is an encoder-decoder; Periscope works on decoder-only language models.")


def model_weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a local model, one or many shards.

    Raises:
        UnsafeFile: there are only pickled weights.
        ModelNotFound: there are none at all.
        WeightsInvalid: a shard named in the index is missing.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = sorted(set(read_json(index).get("weight_map", {}).values()))
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise WeightsInvalid(f"{folder} lacks the weight file {missing[0]} named in its index; download it again.")
        return [folder / name for name in names]
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLE_SUFFIXES)
    if pickles:
        raise UnsafeFile(
            f"{folder} has its weights only as a pickle ({pickles[0]}), which can run code when it is "
            "opened; convert it with transformers' save_pretrained(..., safe_serialization=True) to "
            "model.safetensors."
        )
    raise ModelNotFound(f"{folder} has no model.safetensors; download the weights of the model into it.")


def check_tokenizer_files(folder: Path, vocab_size: int) -> None:
    """Check that a local model brings a tokenizer whose ids fit its ``vocab_size``.

    Raises:
        TokenizerMismatch: no tokenizer, an unreadable one, or one of another model.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
            return
        if (folder / "tokenizer.model").is_file():
            return
        raise TokenizerMismatch(f"{folder} has no tokenizer.json; copy the tokenizer files of the model into it.")
    from tokenizers import Tokenizer

    try:
        vocabulary = Tokenizer.from_file(str(path)).get_vocab(with_added_tokens=True)
    except Exception as error:  # tokenizers raises a bare Exception
        raise TokenizerMismatch(f"{path} cannot be read ({error}); copy it again from the model.") from error
    check_vocabulary(max(vocabulary.values(), default=-1) + 1, vocab_size, str(folder))


def check_vocabulary(n_tokens: int, vocab_size: int, name: str) -> None:
    """Refuse a tokenizer with more tokens than the model has rows, or with far too few to be its own.

    Raises:
        TokenizerMismatch: as said.
    """
    if vocab_size and n_tokens > vocab_size:
        raise TokenizerMismatch(
            f"The tokenizer of {name} has {n_tokens} tokens but the model only {vocab_size} embeddings; "
            "use the tokenizer that came with the model."
        )
    if n_tokens < vocab_size // 2:
        raise TokenizerMismatch(
            f"The tokenizer of {name} has only {n_tokens} tokens while the model has {vocab_size} "
            "embeddings; tokenizer.json is missing or belongs to another model."
        )


def check_sae_folder(folder: Path) -> tuple[dict[str, Any], Path]:
    """Check the files of a local SAE; returns its cfg.json and the path of its weights.

    Raises:
        SaeNotFound: no cfg.json or no weights.
        UnsafeFile: only pickled weights.
        WeightsInvalid: truncated weights.
    """
    cfg_path, weights = folder / "cfg.json", folder / SAE_WEIGHTS
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLE_SUFFIXES)
    if not weights.is_file():
        if pickles:
            raise UnsafeFile(
                f"{folder} has its weights only as a pickle ({pickles[0]}), which can run code when it is "
                "opened; load it where you trust it and save it with SAELens' save_model, which writes "
                "sae_weights.safetensors."
            )
        raise SaeNotFound(f"{folder} has no {SAE_WEIGHTS}, so it is not a SAELens folder.")
    if not cfg_path.is_file():
        raise SaeNotFound(f"{folder} has no cfg.json, so it is not a SAELens folder.")
    safetensors_header(weights)
    return read_json(cfg_path), weights


def safetensors_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: tensor name -> dtype, shape, data_offsets.

    Raises:
        WeightsInvalid: not a safetensors file, or shorter than its header promises.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise WeightsInvalid(f"{path} is cut off or not a safetensors file; download or save it again.")
        try:
            header = json.loads(file.read(length))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise WeightsInvalid(f"{path} is not a safetensors file; download or save it again.") from error
    header.pop("__metadata__", None)
    promised = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if size < promised:
        raise WeightsInvalid(f"{path} is cut off: it has {size:,} bytes of {promised:,}; download or save it again.")
    return header  # type: ignore[no-any-return]


def check_finite(path: Path) -> None:
    """Look through a safetensors file for NaN and infinity.

    Raises:
        WeightsInvalid: naming the first tensor that holds one.
    """
    for name, values in _float_tensors(path):
        for start in range(0, len(values), _CHUNK):
            piece = values[start : start + _CHUNK]
            # bfloat16 comes as its bits: all exponent bits set means NaN or infinity.
            bad = (piece & 0x7F80) == 0x7F80 if piece.dtype == np.uint16 else ~np.isfinite(piece)
            if bad.any():
                raise WeightsInvalid(
                    f"{path} holds NaN or infinity in {name!r}; the file is damaged or its training diverged."
                )


def _float_tensors(path: Path) -> Iterator[tuple[str, Any]]:
    """Name and flat memory-mapped values of every float tensor; bfloat16 as uint16."""
    header = safetensors_header(path)
    data = np.memmap(path, dtype=np.uint8, mode="r")
    start = 8 + int.from_bytes(bytes(data[:8]), "little")
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = np.uint16 if entry["dtype"] == "BF16" else _FLOAT_DTYPES.get(entry["dtype"])
        if dtype is not None and end > begin:
            raw = data[start + begin : start + end]
            # The data section need not be aligned to the item size, so a view may have to be a copy.
            yield name, np.frombuffer(raw, dtype=dtype)
