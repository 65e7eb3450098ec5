"""Files of named tensors that strangers made: safetensors, .npz, and PyTorch's .pt by its weights_only loading alone.

What a file claims (names, shapes, sizes) is held against its bytes before a tensor is read. Importing this module
imports no torch; opening a .pt does.
"""

import math
import os
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UnsafeFile, WeightsInvalid, one_line
from models.loading.files import open_file, require_file
from models.loading.weight_files import FLOATS, safetensors_header

if TYPE_CHECKING:
    from torch import Tensor

SAFETENSORS, NPZ, PICKLES = (".safetensors",), (".npz",), (".pt", ".pth", ".bin", ".ckpt")
SUFFIXES = (*SAFETENSORS, *NPZ, *PICKLES)
#: Bytes of a .pt or .npz; the largest published SAEs have some four thousand million.
MAX_BYTES = 16 << 30
#: Bytes of the part of a .pt that is a pickle, and entries of an archive.
MAX_PROGRAM, MAX_ENTRIES = 4 << 20, 10_000
#: How much larger than the file its arrays may be: weights hardly shrink, zeros a thousandfold.
MAX_RATIO = 8
AGAIN = "download or save it again"
#: Under these names some programs put the tensors one level deeper.
_NESTS = ("state_dict", "model_state_dict", "ae", "sae", "model")
_PREFIXES = ("_orig_mod.", "module.")


@dataclass(frozen=True)
class TensorFile(ABC):
    """Named tensors: ``shapes`` by their names, ``others`` what a .pt holds beside them."""

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    others: Mapping[str, Any] = field(default_factory=dict)

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """The shape of a tensor that has to be there; WeightsInvalid if it is not, or has other dimensions or none."""
        found = self.shapes.get(name)
        if found is None:
            raise WeightsInvalid(f"{self.path} has no tensor {name}, which belongs to its layout; {AGAIN}.")
        if len(found) != dimensions or 0 in found:
            raise WeightsInvalid(
                f"{self.path} has a tensor {name} of the shape {found}, where {dimensions} dimensions belong; {AGAIN}."
            )
        return found

    def first(self, *names: str) -> str | None:
        """The first of the names that is there."""
        return next((name for name in names if name in self.shapes), None)

    @abstractmethod
    def load(self, name: str, layer: int | None = None) -> "Tensor":
        """A tensor in float32; with ``layer`` its part [:, layer, :]."""


class _Safetensors(TensorFile):
    def load(self, name: str, layer: int | None = None) -> "Tensor":
        from safetensors import safe_open

        with safe_open(self.path, framework="pt") as file:
            found = file.get_tensor(name) if layer is None else file.get_slice(name)[:, layer, :]
        numbers: Tensor = found.float()
        return numbers


class _Npz(TensorFile):
    def load(self, name: str, layer: int | None = None) -> "Tensor":
        import numpy as np
        import torch

        try:
            with open_file(self.path) as file, np.load(file, allow_pickle=False) as arrays:
                found = np.asarray(arrays[name], dtype=np.float32)
        except Exception as error:  # whatever zipfile, zlib and numpy raise
            raise WeightsInvalid(f"{self.path} is damaged in {name} ({one_line(error)}); {AGAIN}.") from error
        return torch.from_numpy(found if layer is None else found[:, layer, :])


class _Pickle(TensorFile):
    def load(self, name: str, layer: int | None = None) -> "Tensor":
        found: Tensor = self.others[_TENSORS][name]
        return (found if layer is None else found[:, layer, :]).float().clone()


_TENSORS = "\0tensors"


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a file by its ending, one of ``SUFFIXES``.

    Raises:
        WeightsInvalid: damaged, or describing what its bytes cannot hold.
        UnsafeFile: it would have to run code, or holds Python objects.
    """
    require_file(path)
    if path.suffix in SAFETENSORS:
        return _open_safetensors(path)
    return _open_npz(path) if path.suffix in NPZ else _open_pickle(path)


def _open_safetensors(path: Path) -> TensorFile:
    header = safetensors_header(path)
    for name, tensor in header.items():
        if tensor.dtype not in FLOATS and len(tensor.shape) > 1:
            raise WeightsInvalid(
                f"{path} holds {name[:200]!r} in the number format {tensor.dtype}, where weights are floating-point "
                f"numbers; {AGAIN}."
            )
    return _Safetensors(path, {name: tensor.shape for name, tensor in header.items()})


def _archive(path: Path, what: str) -> list[zipfile.ZipInfo]:
    """The entries of a zip file, looked at before anything is unpacked."""
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise WeightsInvalid(
                f"{path} has {size:,} bytes, and {what} of more than {MAX_BYTES:,} are not read; save safetensors."
            )
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
        except Exception as error:  # its reader fails in many ways on bytes that are none
            raise WeightsInvalid(f"{path} is damaged or is no {what} file ({one_line(error)}); {AGAIN}.") from error
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_RATIO * size:
        raise WeightsInvalid(f"{path} unpacks to far more than its {size:,} bytes, as no weights do; {AGAIN}.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise WeightsInvalid(f"{path} is encrypted; save it without a password.")
    return entries


def _open_npz(path: Path) -> TensorFile:
    from numpy.lib import format as npy

    shapes: dict[str, tuple[int, ...]] = {}
    entries = _archive(path, ".npz")
    with open_file(path) as file, zipfile.ZipFile(file) as archive:
        for entry in entries:
            if not entry.filename.endswith(".npy"):
                continue
            name = entry.filename.removesuffix(".npy")
            try:
                with archive.open(entry) as array:
                    version = npy.read_magic(array)
                    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                    shape, _, dtype = read(array)
                    held = entry.file_size - array.tell()
            except Exception as error:  # whatever zipfile and numpy raise
                raise WeightsInvalid(f"{path} is damaged in {name[:80]!r} ({one_line(error)}); {AGAIN}.") from error
            if dtype.hasobject:
                raise UnsafeFile(
                    f"{path} holds Python objects in {name[:80]!r}, which can run code when they are opened; open it "
                    "where you trust it and save the arrays alone."
                )
            if dtype.kind not in "fiu" or math.prod(shape) * dtype.itemsize != held:
                raise WeightsInvalid(
                    f"{path} describes {name[:80]!r} as {dtype} of the shape {str(shape)[:80]}, which is not what it "
                    f"holds; {AGAIN}."
                )
            shapes[name] = tuple(shape)
    if not shapes:
        raise WeightsInvalid(f"{path} has no array in it; {AGAIN}.")
    return _Npz(path, shapes)


def _open_pickle(path: Path) -> TensorFile:
    with open_file(path) as file:
        is_archive = zipfile.is_zipfile(file)
    if not is_archive:
        raise UnsafeFile(
            f"{path} is not in the form that PyTorch has saved in since version 1.6: it is cut off, or another "
            "kind of pickle, which can run code when it is opened; open it where you trust it and save its tensors as "
            "safetensors."
        )
    _check_entries(path, _archive(path, ".pt"))
    found = _unpickled(path)
    tensors, others = _split(path, found)
    if not tensors:
        raise WeightsInvalid(f"{path} holds no tensors by name, so it is no SAE's; give the file of its state_dict.")
    others[_TENSORS] = tensors
    return _Pickle(path, {name: tuple(tensor.shape) for name, tensor in tensors.items()}, others)


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename.partition("/")[2] for entry in entries]
    if any(name.startswith("code/") or name == "constants.pkl" for name in names):
        raise UnsafeFile(
            f"{path} is a program (TorchScript), which would be run when it is opened; load it where you trust it and "
            "save its state_dict as safetensors."
        )
    for entry, name in zip(entries, names, strict=True):
        if entry.compress_type != zipfile.ZIP_STORED:
            raise WeightsInvalid(f"{path} is packed as PyTorch never packs its files; {AGAIN}.")
        if name == "data.pkl" and entry.file_size > MAX_PROGRAM:
            raise WeightsInvalid(f"{path} describes its tensors in {entry.file_size:,} bytes, too many; {AGAIN}.")


def _unpickled(path: Path) -> Any:
    import pickle

    import torch

    try:
        # Mapped, so that a tensor that claims more bytes than the file has is refused by PyTorch instead of read.
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise UnsafeFile(
            f"{path} holds more than tensors, and opening it could run code; load it where you trust it and save the "
            "tensors alone (torch.save of its state_dict, or safetensors)."
        ) from error
    except Exception as error:  # of a damaged file PyTorch raises whatever happens first
        raise WeightsInvalid(f"{path} is damaged or no PyTorch file ({one_line(error, 120)}); {AGAIN}.") from error


def _split(path: Path, found: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tensors and other members of a state_dict, unpacked where programs pack them deeper."""
    import torch

    if isinstance(found, Mapping) and not any(isinstance(value, torch.Tensor) for value in found.values()):
        nested = next((found[name] for name in _NESTS if isinstance(found.get(name), Mapping)), None)
        found = found if nested is None else nested
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise WeightsInvalid(f"{path} holds a {type(found).__name__} and no tensors by name; save its state_dict.")
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): value for name, value in found.items()}
    tensors, others, size = {}, {}, path.stat().st_size
    for name, value in found.items():
        if not isinstance(value, torch.Tensor):
            others[name] = value
            continue
        if value.layout != torch.strided or value.is_quantized or value.is_complex() or value.device.type != "cpu":
            raise WeightsInvalid(f"{path} holds {name[:80]!r} as no plain tensor of numbers; {AGAIN}.")
        if value.numel() * value.element_size() > size:
            raise WeightsInvalid(f"{path} describes {name[:80]!r} as larger than the file; {AGAIN}.")
        tensors[name] = value.detach()
    return tensors, others
