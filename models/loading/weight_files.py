"""Safetensors files, read before anything believes them: header, sizes, and values that are no numbers. No torch.

A file is eight bytes of header length, a JSON header with the place of every tensor, and the bytes
(https://huggingface.co/docs/safetensors). So a truncated file shows by its size alone, what a header claims is held
against the file, and NaN or infinity can be looked for tensor by tensor without loading the model.
"""

import hashlib
import math
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import WeightsInvalid, one_line
from models.loading.files import open_file, parse_json

#: Bytes of a header; some hundred thousand tensors fit into it.
MAX_HEADER = 32 << 20
#: Bits of an item of each number format.
BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
FLOATS = frozenset(name for name in BITS if name.startswith(("F", "BF")))

_FLOAT_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "BF16": np.uint16,
    **dict.fromkeys(("F8_E5M2", "F8_E4M3", "F8_E8M0"), np.uint8),
}
#: Of formats that numpy does not know: the bits that are all set in NaN and infinity.
_NO_NUMBER = {"BF16": 0x7F80, "F8_E5M2": 0x7C, "F8_E4M3": 0x7F, "F8_E8M0": 0xFF}
_CHUNK = 1 << 22  # values per look, so that no more than some 32 MiB are in memory at a time
_AGAIN = "download or save it again"


@dataclass(frozen=True)
class Tensor:
    """A tensor as a header describes it; ``begin`` and ``end`` are bytes from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def n_values(self) -> int:
        """Its number of values."""
        return math.prod(self.shape)


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with open_file(path) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def safetensors_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file by their names.

    Raises:
        WeightsInvalid: not a safetensors file, shorter or longer than its header says, or a header that contradicts
            itself.
    """
    return _read_header(path)[0]


def _read_header(path: Path) -> tuple[dict[str, Tensor], int]:
    """The tensors, and where their bytes begin."""
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise WeightsInvalid(f"{path} is cut off or not a safetensors file; {_AGAIN}.")
        if length > MAX_HEADER:
            raise WeightsInvalid(
                f"{path} says that its header has {length:,} bytes, and more than {MAX_HEADER:,} are not read; "
                f"{_AGAIN}."
            )
        try:
            header = parse_json(file.read(length), no_duplicates=True)
        except ValueError as error:
            raise WeightsInvalid(
                f"{path} is not a safetensors file: of its header, {one_line(error)}; {_AGAIN}."
            ) from None
    if not isinstance(header, dict):
        raise WeightsInvalid(f"{path} is not a safetensors file: its header is a {type(header).__name__}; {_AGAIN}.")
    header.pop("__metadata__", None)
    if not header:
        raise WeightsInvalid(f"{path} has no tensor in it; {_AGAIN}.")
    tensors = {name: _tensor(path, name, entry) for name, entry in header.items()}
    _require_layout(path, tensors, size - 8 - length)
    return tensors, 8 + length


def _tensor(path: Path, name: str, entry: Any) -> Tensor:
    """One entry of the header, with types and sizes that can be."""
    where = f"{path} describes the tensor {name[:200]!r}"
    fields = entry if isinstance(entry, Mapping) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in BITS:
        raise WeightsInvalid(f"{where} with the number format {str(dtype)[:40]!r}, which does not exist; {_AGAIN}.")
    sizes, places = _sizes(shape), _sizes(offsets)
    if sizes is None or places is None or len(places) != 2 or places[0] > places[1]:
        raise WeightsInvalid(f"{where} with a shape and a place that cannot be; {_AGAIN}.")
    tensor = Tensor(dtype, sizes, places[0], places[1])
    wanted = -(-tensor.n_values * BITS[dtype] // 8)
    if tensor.end - tensor.begin != wanted:
        raise WeightsInvalid(
            f"{where} as {dtype} of the shape {str(shape)[:80]}, which needs {wanted:,} bytes, and gives it "
            f"{tensor.end - tensor.begin:,}; {_AGAIN}."
        )
    return tensor


def _sizes(value: Any) -> tuple[int, ...] | None:
    """A list of sizes as such; None if it is none."""
    is_good = isinstance(value, list) and all(type(item) is int and 0 <= item < 1 << 63 for item in value)
    return tuple(value) if is_good else None


def _require_layout(path: Path, tensors: Mapping[str, Tensor], size: int) -> None:
    """Tensors follow each other without gaps up to the end of the file, as the format wants it."""
    promised = max(tensor.end for tensor in tensors.values())
    if size < promised:
        raise WeightsInvalid(f"{path} is cut off: it has {size:,} bytes of {promised:,} of tensors; {_AGAIN}.")
    at = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != at:
            how = "overlaps the one before" if tensor.begin < at else "leaves a gap before it"
            raise WeightsInvalid(f"{path} is damaged: its tensor {name[:200]!r} {how}; {_AGAIN}.")
        at = tensor.end
    if size > promised:
        raise WeightsInvalid(f"{path} has {size - promised:,} bytes that belong to no tensor; {_AGAIN}.")


def require_floats(
    path: Path, names: Collection[str] | None = None, tensors: Mapping[str, Tensor] | None = None
) -> None:
    """Raise WeightsInvalid if a weight (of ``names``, or whatever ends in ``weight``) holds anything but floats.

    ``tensors``: those of the file where they are known.
    """
    for name, tensor in (tensors or safetensors_header(path)).items():
        is_weight = name.endswith("weight") if names is None else name in names
        if is_weight and tensor.dtype not in FLOATS:
            raise WeightsInvalid(
                f"{path} holds {name[:200]!r} in the number format {tensor.dtype}, where weights are floating-point "
                f"numbers; {_AGAIN}."
            )


def check_finite(path: Path, nonzero: Collection[str] = ()) -> None:
    """Look through a safetensors file for NaN and infinity.

    Args:
        path: the file.
        nonzero: tensors that cannot be all zeros, as a file has them that was never written to its end.

    Raises:
        WeightsInvalid: naming the first tensor that holds one.
    """
    for name, dtype, values in _float_tensors(path):
        is_zero = name in nonzero
        for start in range(0, len(values), _CHUNK):
            piece = values[start : start + _CHUNK]
            if _bad(piece, dtype).any():
                raise WeightsInvalid(
                    f"{path} holds NaN or infinity in {name!r}; the file is damaged or its training diverged."
                )
            is_zero = is_zero and not piece.any()
        if is_zero:
            raise WeightsInvalid(f"{path} holds nothing but zeros in {name!r}; the file is damaged: {_AGAIN}.")


def _bad(values: Any, dtype: str) -> Any:
    """Which values are NaN or infinity."""
    bits = _NO_NUMBER.get(dtype)
    return ~np.isfinite(values) if bits is None else (values & bits) == bits


def _float_tensors(path: Path) -> Iterator[tuple[str, str, Any]]:
    """Name, format and flat memory-mapped values of every float tensor; formats that numpy lacks as their bits."""
    tensors, start = _read_header(path)
    data = np.memmap(path, dtype=np.uint8, mode="r")
    for name, tensor in tensors.items():
        dtype = _FLOAT_DTYPES.get(tensor.dtype)
        if dtype is not None and tensor.end > tensor.begin:
            raw = data[start + tensor.begin : start + tensor.end]
            # The data section need not be aligned to the item size, so a view may have to be a copy.
            yield name, tensor.dtype, np.frombuffer(raw, dtype=dtype)
