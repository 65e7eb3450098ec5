"""A model in one GGUF file -> a Hugging Face folder with float32 safetensors, tokenizer and chat template.

transformers reads the file (quantised weights become the numbers that they stand for); what it wrote is loaded like any
other folder from then on. The folder is named by the file's hash, so a file is converted once, wherever it lies.
"""

import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import ModelNotFound, SourceError, TokenizerMismatch, Unsupported, WeightsInvalid, one_line
from models.loading.weight_files import sha256_of

SUFFIX = ".gguf"
_MAGIC = b"GGUF"
Say = Callable[[str], None]


def find_gguf(location: str) -> Path | None:
    """The GGUF file that ``location`` names, itself or as the only one of a folder without config.json; ``None``: it
    names none.

    Raises:
        ModelNotFound: a missing file, or a folder with several.
    """
    path = Path(location).expanduser()
    if path.suffix.lower() == SUFFIX and not path.is_dir():
        if not path.is_file():
            raise ModelNotFound(f"There is no file {location!r}; check the path of the GGUF file.")
        return path.resolve()
    if not location or not path.is_dir() or (path / "config.json").exists():
        return None
    found = sorted(each for each in path.iterdir() if each.suffix.lower() == SUFFIX and each.is_file())
    if len(found) > 1:
        names = ", ".join(each.name for each in found[:4]) + (", ..." if len(found) > 4 else "")
        raise ModelNotFound(f"{location} holds {len(found)} GGUF files ({names}); give the path of one of them.")
    return found[0].resolve() if found else None


def convert_gguf(path: Path, folder: Path, say: Say = lambda _: None) -> Path:
    """The Hugging Face folder of a GGUF file: ``folder/<hash>/<name of the file>``, made now if it is not there.

    Args:
        path: the file.
        folder: where converted models are kept.
        say: is told in a few words what is being done.

    Raises:
        WeightsInvalid: not a GGUF file, cut off, damaged, or tensors are missing.
        TokenizerMismatch: it has no tokenizer that transformers can read.
        Unsupported: the package gguf is missing, or an architecture, a kind of quantisation or a file in parts that
            cannot be read.
        SourceError: the folder cannot be written.
    """
    _check_start(path)
    if importlib.util.find_spec("gguf") is None:
        raise Unsupported(
            f"{path} is a GGUF file, and the package that reads these is missing; run `pip install gguf`."
        )
    size = f"{path.stat().st_size / 2**20:,.0f} MiB"
    say(f"Reading {path.name} ({size})")
    target = converted_folder(path, folder, sha256_of(path))
    if target.is_dir():
        return target
    _check_contents(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix="part-", dir=target.parent))
    except OSError as error:
        raise SourceError(f"{folder} cannot be written ({error.strerror}); set PERISCOPE_DATA_DIR.") from error
    try:
        _write(path, part, say)
        # Whole or not at all; whoever converts the same file at the same time writes the same.
        if not target.is_dir():
            part.rename(target)
    except OSError as error:
        raise SourceError(f"{path.name} could not be written to {folder}: {one_line(error)}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def converted_folder(path: Path, folder: Path, sha256: str) -> Path:
    """Where ``convert_gguf`` puts the file of that hash."""
    return folder / sha256[:16] / path.stem


def _check_start(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelNotFound(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    if start != _MAGIC:
        raise WeightsInvalid(f"{path} is not a GGUF file, whatever its name says; download it again.")


def _check_contents(path: Path) -> None:
    """Whole, in one part, of an architecture that transformers knows, with a tokenizer."""
    from gguf import GGUFReader
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    try:
        reader = GGUFReader(path)
        field = reader.get_field("general.architecture")
        architecture = str(field.contents()) if field else ""
        parts = reader.get_field("split.count")
        n_parts = int(parts.contents()) if parts else 1
    except Exception as error:  # whatever the bytes of a damaged file lead the reader to
        raise _damaged(path, error) from error
    if n_parts > 1:
        raise Unsupported(
            f"{path} is one of {n_parts} parts of a model; join them with llama.cpp's gguf-split --merge."
        )
    if architecture not in GGUF_SUPPORTED_ARCHITECTURES:
        raise Unsupported(
            f"{path} holds a model of the architecture {architecture[:40]!r}, which transformers does not read from "
            "GGUF; give the model as a Hugging Face folder."
        )
    if reader.get_field("tokenizer.ggml.tokens") is None:
        raise TokenizerMismatch(f"{path} has no tokenizer in it; give the model as a Hugging Face folder.")


def _write(path: Path, folder: Path, say: Say) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    place: dict[str, Any] = {"gguf_file": path.name, "local_files_only": True}
    doing = f"Turning {path.name} into safetensors, once:"
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        say(f"{doing} reading its tokenizer")
        tokenizer = _tokenizer(AutoTokenizer, path, place)
        try:
            with _reported(lambda share: say(f"{doing} reading its weights, {share:.0%}")):
                model, report = AutoModelForCausalLM.from_pretrained(
                    str(path.parent), dtype=torch.float32, output_loading_info=True, **place
                )
        except NotImplementedError as error:
            raise Unsupported(f"{path} is quantised in a way that cannot be read: {one_line(error)}.") from error
        except Exception as error:
            raise _damaged(path, error) from error
        missing = sorted(report["missing_keys"])
        if missing or report["mismatched_keys"]:
            raise WeightsInvalid(
                f"{path} lacks {len(missing)} of the model's tensors, or has them in another shape "
                f"({(missing or ['?'])[0]}); download it again."
            )
        say(f"{doing} writing")
        _plain(model).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    finally:
        if shown:
            logging.enable_progress_bar()


@contextmanager
def _reported(tell: Callable[[float], None]) -> Iterator[None]:
    """Within the block, transformers says how much of the tensors it has read, and draws no bar of its own."""
    from transformers import modeling_gguf_pytorch_utils as reading

    def read(tensors: Iterable[Any], **_: Any) -> Iterator[Any]:
        waiting = list(tensors)
        for n, tensor in enumerate(waiting):
            if n % (len(waiting) // 20 + 1) == 0:
                tell(n / len(waiting))
            yield tensor

    bar = reading.tqdm
    reading.tqdm = read
    try:
        yield
    finally:
        reading.tqdm = bar


def _tokenizer(loader: Any, path: Path, place: dict[str, Any]) -> Any:
    try:
        return loader.from_pretrained(str(path.parent), **place)
    except Exception as error:
        raise TokenizerMismatch(f"The tokenizer in {path} cannot be read: {one_line(error)}.") from error


def _plain(model: Any) -> Any:
    """The same model without the marks of quantisation, with which transformers refuses to save it."""
    import torch

    config = model.config
    for name in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(config, name):
            delattr(config, name)
    with torch.device("meta"):
        plain = type(model)(config)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    if getattr(model, "generation_config", None) is not None:
        plain.generation_config = model.generation_config
    return plain


def _damaged(path: Path, error: BaseException) -> WeightsInvalid:
    return WeightsInvalid(f"{path} is cut off or damaged ({one_line(error)}); download it again.")
