"""From a folder or a hub name to a ``LanguageModel``, with no code of the model's own."""

from pathlib import Path
from typing import Any

import torch

from models.errors import DeviceUnavailable, Unsupported, WeightsInvalid
from models.loading.fetch_model import fetch
from models.loading.vocabulary import AddedToken, check_vocabulary
from models.records import ModelFacts
from models.running.hook_map import map_hooks
from models.running.language_model import LanguageModel, is_finite
from models.sources import parse_model_location

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def load_language_model(location: str, device: str = "auto", dtype: str = "auto") -> LanguageModel:
    """Load a model for inference: weights as published, evaluation mode, no gradients on its parameters.

    Args:
        location: a local Hugging Face folder, or a hub name (also transformer_lens's short ones,
            ``gpt2-small``).
        device: ``auto`` (CUDA if there is one, else CPU), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        dtype: ``auto`` (float32 on CPU, bfloat16 on CUDA), ``float32``, ``bfloat16``, ``float16`` (on a CPU
            bfloat16, which holds what float32 holds).

    Raises:
        SourceError: one of its kinds, with a sentence that says what to do.
    """
    place = parse_model_location(location)
    chosen = resolve_device(device)
    number_format, reason = resolve_dtype(dtype, chosen)
    name = str(place) if isinstance(place, Path) else official_name(place)
    tokenizer, model = fetch(name, number_format)
    model = model.to(chosen).eval().requires_grad_(False)
    config = model.config
    n_rows = int(model.get_input_embeddings().weight.shape[0])
    check_vocabulary(_highest_id(tokenizer) + 1, n_rows, name, lambda: _added(tokenizer))
    _require_numbers(model, name, number_format)
    taps = map_hooks(model, name)
    layers = [int(hook.split(".")[1]) for hook in taps if hook.startswith("blocks.")]
    facts = ModelFacts(
        name=Path(name).name,
        location=name,
        architecture=type(model).__name__,
        n_layers=max(layers, default=-1) + 1,
        d_model=int(model.get_output_embeddings().weight.shape[1]),
        vocab_size=int(model.get_output_embeddings().weight.shape[0]),
        context_size=_context_size(config),
    )
    return LanguageModel(model, tokenizer, taps, facts, reason)


def _require_numbers(model: Any, name: str, number_format: torch.dtype) -> None:
    """Raise WeightsInvalid if a parameter holds NaN or infinity, as it is in the files or in the number format."""
    for parameter, values in model.named_parameters():
        if values.is_floating_point() and values.element_size() > 1 and not is_finite(values):
            narrow = number_format == torch.float16
            why = "float16 does not hold its values: use bfloat16 or float32" if narrow else "download it again"
            raise WeightsInvalid(f"The weights of {name} hold NaN or infinity in {parameter}; {why}.")


def resolve_device(device: str) -> torch.device:
    """The device to use; ``auto`` is CUDA if there is one, else the CPU.

    Raises:
        DeviceUnavailable: not a device of this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise DeviceUnavailable(f"There is no device {device!r}; use auto, cpu or cuda.") from error
    if chosen.type == "cuda" and (not torch.cuda.is_available() or (chosen.index or 0) >= torch.cuda.device_count()):
        raise DeviceUnavailable(
            f"Device {device!r} was asked for, but torch finds {torch.cuda.device_count()} CUDA devices "
            "here; use device cpu, or install a CUDA build of torch."
        )
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceUnavailable("Device 'mps' was asked for, but torch finds no Apple GPU here; use device cpu.")
    if chosen.type not in ("cpu", "cuda", "mps"):
        raise DeviceUnavailable(f"Device {device!r} is not supported; use auto, cpu, cuda or mps.")
    return chosen


def resolve_dtype(dtype: str, device: torch.device) -> tuple[torch.dtype, str]:
    """The number format of the model's weights, and a sentence that says why.

    Raises:
        DeviceUnavailable: an unknown format.
    """
    if dtype == "auto":
        if device.type == "cuda":
            return torch.bfloat16, "bfloat16 was picked because the model runs on a GPU."
        return (
            torch.float32,
            f"float32 was picked because half precision is slow or inexact on {device.type}.",
        )
    if dtype not in DTYPES:
        raise DeviceUnavailable(f"Number format {dtype!r} is not known; use auto, {', '.join(DTYPES)}.")
    if dtype == "float16" and device.type == "cpu":
        return (
            torch.bfloat16,
            "bfloat16 was picked in place of float16, which is slow on a CPU and overflows in some models.",
        )
    return DTYPES[dtype], f"{dtype} was asked for."


def official_name(name: str) -> str:
    """The hub name behind a short name of transformer_lens (``gpt2-small``), others as they are."""
    from transformer_lens.supported_models import MODEL_ALIASES

    for official, aliases in MODEL_ALIASES.items():
        if name in aliases:
            return str(official)
    return name


def _context_size(config: Any) -> int:
    """The positions that the model was made for.

    Raises:
        Unsupported: the config names none.
    """
    for field in ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length"):
        value = getattr(config, field, None)
        if isinstance(value, int) and value > 0:
            return value
    raise Unsupported(f"The config of {config.model_type} does not say how many positions its context has.")


def _added(tokenizer: Any) -> list[AddedToken]:
    return [AddedToken(int(i), str(token), token.special) for i, token in tokenizer.added_tokens_decoder.items()]


def _highest_id(tokenizer: Any) -> int:
    return max(tokenizer.get_vocab().values(), default=-1)
