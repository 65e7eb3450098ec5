"""transformers' loading, held to a rule: the whole model comes from the files, or one sentence says what is wrong.

transformers fills in at random what a file does not have, and raises dozens of types for what is one thing to the
user. So what it builds is counted first without memory, and what it found missing is refused.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from models.errors import ModelNotFound, TokenizerMismatch, UnsafeFile, Unsupported, WeightsInvalid, one_line
from models.loading.checks import check_model_folder, is_of_library, model_weight_files, weight_tensors
from models.loading.model_config import check_model_config, require_held
from models.loading.text_part import RENAMED, text_config

#: Bytes that a model may need beside its weights, for tables that it computes itself; or as many as its weights.
MAX_TABLES = 1 << 30
#: Packed weights (DeepSeek's fp8, gpt-oss's mxfp4) that transformers unpacks while it loads them.
UNPACKED = ("fp8", "mxfp4")


def fetch(name: str, dtype: torch.dtype) -> tuple[Any, Any]:
    """Tokenizer and model from a folder or the hub.

    Raises:
        SourceError: one of its kinds.
    """
    # Without this, transformers starts a thread that asks the hub to convert pickles.
    os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
    is_local = os.path.isdir(name)
    if is_local:
        check_model_folder(Path(name))
    with _quiet():
        whole = _config(name, is_local)
        config = text_config(whole, name)
        _unpack(name, config)
        if is_local:
            _require_skeleton(config, Path(name), dtype)
        renamed = None if config is whole else RENAMED
        return _tokenizer(name, is_local), _model(name, config, dtype, is_local, renamed)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars, and no reports of what is refused with a sentence anyway."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.disable_progress_bar()  # loading is quick; the command line shows its own progress
    logging.set_verbosity(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(before)


def _config(name: str, is_local: bool) -> Any:
    from transformers import AutoConfig, PreTrainedConfig

    try:
        if not is_local:
            # As it is written, before a class makes lists of its sizes.
            check_model_config(PreTrainedConfig.get_config_dict(name)[0], name)
        config = AutoConfig.from_pretrained(name, trust_remote_code=False, local_files_only=is_local)
    except OSError as error:
        raise _not_available(name, error) from error
    except (Unsupported, UnsafeFile, WeightsInvalid):
        raise
    except Exception as error:
        raise _refused(name, error) from error
    return config


def _unpack(name: str, config: Any) -> None:
    """Have packed weights unpacked where transformers can, since edits and gradients need plain matrices.

    Raises:
        Unsupported: weights that transformers would take for plain ones, with a warning alone.
    """
    from transformers.quantizers import AutoHfQuantizer

    packing = getattr(config, "quantization_config", None)
    if packing is None:
        return
    try:
        is_known = AutoHfQuantizer.supports_quant_method(packing)
    except Exception:  # it names no method, or is no object
        is_known = False
    if not is_known:
        method = str(packing.get("quant_method") if isinstance(packing, dict) else packing)[:40]
        raise Unsupported(
            f"The weights of {name} are packed in a way that transformers does not know (quantization_config in "
            f"config.json: {method!r}); use a copy of the model that is not quantised."
        )
    if isinstance(packing, dict) and packing.get("quant_method") in UNPACKED:
        config.quantization_config = {**packing, "dequantize": True}


def _require_skeleton(config: Any, folder: Path, dtype: torch.dtype) -> None:
    """Build the model without memory, and hold its size against the weights.

    Raises:
        Unsupported: transformers cannot build it.
        WeightsInvalid: the weights hold far less than it would have.
    """
    from transformers import AutoModelForCausalLM

    try:
        with torch.device("meta"):
            skeleton = AutoModelForCausalLM.from_config(config, dtype=dtype, trust_remote_code=False)
    except Exception as error:
        raise _refused(str(folder), error) from error
    tensors = [tensor for path in model_weight_files(folder) for tensor in weight_tensors(path).values()]
    n_values = sum(tensor.n_values for tensor in tensors)
    wanted = sum(parameter.numel() for parameter in skeleton.parameters())
    is_packed = getattr(config, "quantization_config", None) is not None
    # Some architectures do not save what they compute, such as sinusoids of positions.
    require_held(str(folder), "all of it", wanted // 2, n_values, is_packed=is_packed)
    tables = sum(buffer.numel() * buffer.element_size() for buffer in skeleton.buffers())
    if tables > max(MAX_TABLES, 8 * n_values):
        raise WeightsInvalid(
            f"{folder}/config.json describes a model that needs {tables:,} bytes beside its weights, far more than any "
            "model does; download or save it again."
        )


def _model(name: str, config: Any, dtype: torch.dtype, is_local: bool, renamed: dict[str, str] | None) -> Any:
    from transformers import AutoModelForCausalLM

    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            name,
            config=config,
            dtype=dtype,
            use_safetensors=not is_local or model_weight_files(Path(name))[0].suffix == ".safetensors",
            weights_only=True,
            trust_remote_code=False,
            local_files_only=is_local,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, by their names
            key_mapping=renamed,
        )
    except OSError as error:
        raise _not_available(name, error) from error
    except Exception as error:
        raise _refused(name, error) from error
    _require_whole(name, found)
    if getattr(config, "quantization_config", None) is not None:
        for parameter in model.parameters():  # what was packed was unpacked to a format of its own
            parameter.data = parameter.data.to(dtype)
    return model


def _require_whole(name: str, found: dict[str, Any]) -> None:
    """Raise WeightsInvalid if a parameter was not in the files as the model has it."""
    weights = f"The weights of {name} (model.safetensors)"
    for tensor, there, wanted in sorted(found["mismatched_keys"]):
        raise WeightsInvalid(
            f"{weights} have {tensor} with the shape {tuple(there)}, where config.json describes {tuple(wanted)}; they "
            "belong to different models: download both again."
        )
    missing = sorted(found["missing_keys"])
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise WeightsInvalid(
            f"{weights} lack {missing[0]}{more}, which the model of config.json has; download or save it again."
        )
    for error in found.get("error_msgs") or ():
        raise WeightsInvalid(f"{weights} cannot be loaded: {one_line(error)}; download or save it again.")


def _tokenizer(name: str, is_local: bool) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False, local_files_only=is_local)
        tokenizer("a b", add_special_tokens=False)
    except BaseException as error:
        if not is_of_library(error):
            raise
        raise TokenizerMismatch(
            f"The tokenizer of {name} (tokenizer.json, tokenizer_config.json) cannot be loaded: {one_line(error)}; "
            "copy it again from the model."
        ) from error
    return tokenizer


def _refused(name: str, error: Exception) -> Unsupported:
    return Unsupported(
        f"transformers cannot load {name} as a causal language model, as its config.json describes it: "
        f"{one_line(error)}."
    )


def _not_available(name: str, error: OSError) -> ModelNotFound | UnsafeFile:
    if "safetensors" in str(error) and "no file named" in str(error).lower():
        return UnsafeFile(
            f"Model {name} has no safetensors weights on the hub, and pickles are read from a folder only, after they "
            "have been looked through; download it and give the folder."
        )
    return ModelNotFound(
        f"Model {name!r} is not a local folder, is not in the Hugging Face cache, and the hub gave no answer "
        f"for it ({one_line(error)}); check the name and the connection, or give a local folder."
    )
