"""``pytorch_model.bin``: weights in a pickle, read only if there is nothing in it but tensors.

A pickle is a program. PyTorch's weights_only loading runs no code of strangers, but would still allocate whatever it
is told to. So before it sees a file:

1. The file is an archive as torch writes it since version 1.6, nothing in it compressed, its parts no larger than it.
2. Its program is read without being run, and names nothing but tensors, their number formats and dictionaries.
3. Every tensor has as many values in the file as it claims.
"""

import pickletools
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UnsafeFile, WeightsInvalid, one_line
from models.loading.files import open_file, require_file
from models.loading.weight_files import Tensor

if TYPE_CHECKING:
    import torch

PICKLE, PICKLE_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"
#: Bytes of the program of a pickle, and parts of an archive; hundreds of thousands of tensors fit into them.
MAX_PROGRAM, MAX_PARTS = 32 << 20, 1 << 19
#: What a program may name, beside torch's own storages of numbers.
_NAMED = frozenset(
    {
        "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        "torch BFloat16Storage",
        "torch Size",
    }
)
_AGAIN = "download or save it again"
_CONVERT = (
    "convert it where you trust it with transformers' save_pretrained(..., safe_serialization=True) to "
    "model.safetensors"
)


def pickled_tensors(path: Path) -> "dict[str, torch.Tensor]":
    """The tensors of a pickle by their names, mapped from the file and not read yet.

    Raises:
        UnsafeFile: there is more in it than tensors, or it is of a form that cannot be looked at without running it.
        WeightsInvalid: cut off, damaged, or tensors that claim more than there is.
    """
    import torch

    require_file(path)
    _check_archive(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # whatever the bytes of a damaged file lead the reader to
        raise WeightsInvalid(f"{path} cannot be read ({one_line(error)}); {_AGAIN}.") from error
    if not isinstance(found, dict) or not found:
        raise WeightsInvalid(f"{path} does not hold the tensors of a model by their names; {_AGAIN}.")
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise WeightsInvalid(f"{path} holds {str(name)[:80]!r}, which is no tensor with a name; {_AGAIN}.")
        if tensor.layout != torch.strided or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise WeightsInvalid(f"{path} holds fewer values of {name[:80]!r} than its shape has; {_AGAIN}.")
    return found


def pickled_header(path: Path) -> dict[str, Tensor]:
    """The same as descriptions, like those of a safetensors file; raises as ``pickled_tensors``."""
    return {
        name: Tensor("F32" if tensor.is_floating_point() else "I64", tuple(tensor.shape), 0, tensor.nbytes)
        for name, tensor in pickled_tensors(path).items()
    }


def check_pickled(path: Path) -> None:
    """Look through the tensors of a pickle for NaN and infinity; raises as ``pickled_tensors``, and WeightsInvalid."""
    import torch

    for name, tensor in pickled_tensors(path).items():
        if tensor.is_floating_point() and tensor.numel() and not torch.stack(list(tensor.aminmax())).isfinite().all():
            raise WeightsInvalid(
                f"{path} holds NaN or infinity in {name!r}; the file is damaged or its training diverged."
            )


def _check_archive(path: Path) -> None:
    size = path.stat().st_size
    with _reading(path), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > size:
            raise WeightsInvalid(f"{path} claims to hold more than its {size:,} bytes; {_AGAIN}.")
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise WeightsInvalid(f"{path} is compressed, as torch writes no weights; {_AGAIN}.")
        programs = [part for part in parts if part.filename.endswith(".pkl")]
        if len(programs) != 1 or programs[0].file_size > MAX_PROGRAM:
            raise WeightsInvalid(f"{path} is not a file of weights as torch writes it; {_AGAIN}.")
        program = archive.read(programs[0])
    with _reading(path):
        for named in _names(program):
            module, _, name = named.rpartition(" ")
            if named not in _NAMED and not (module == "torch" and name.endswith("Storage") and name.isalpha()):
                raise UnsafeFile(f"{path} asks to run {named.replace(' ', '.')[:80]!r} when it is opened; {_CONVERT}.")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (UnsafeFile, WeightsInvalid):
        raise
    except zipfile.BadZipFile:
        with open_file(path) as file:
            is_old = file.read(1) == b"\x80"
        if is_old:
            raise UnsafeFile(
                f"{path} is in the form that torch wrote before version 1.6, which cannot be looked at without running "
                f"it; {_CONVERT}."
            ) from None
        raise WeightsInvalid(f"{path} is cut off or not a file of torch; {_AGAIN}.") from None
    except Exception as error:
        raise WeightsInvalid(f"{path} cannot be read ({one_line(error)}); {_AGAIN}.") from error


def _names(program: bytes) -> Iterator[str]:
    """What a pickle's program names, ``module name``."""
    for opcode, argument, _ in pickletools.genops(program):
        if opcode.name in ("GLOBAL", "INST"):
            yield str(argument)
        elif opcode.name == "STACK_GLOBAL" or opcode.name.startswith("EXT"):
            yield f"a name that it puts together ({opcode.name})"  # torch writes none
