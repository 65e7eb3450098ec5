"""Which published layout a path holds, by looking at its files; and what is said where it holds none."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from models.errors import SaeNotFound, UnsafeFile, Unsupported
from models.loading.files import kind_of, read_json
from models.loading.formats import (
    circuit_tracer,
    dictionary_learning,
    gemma_scope,
    llama_scope,
    openai,
    plain,
    saelens,
    single_pickles,
    sparsify,
    temporal,
)
from models.loading.formats.reading import Layout, Reading
from models.loading.formats.tensor_files import SUFFIXES, TensorFile, open_tensors
from models.sources import LocalSae

#: In the order in which they are tried: those that are known by names of files first, plain tensors last.
LAYOUTS: tuple[Layout, ...] = (
    sparsify.LAYOUT,
    gemma_scope.FIRST,
    gemma_scope.SECOND,
    llama_scope.LAYOUT,
    temporal.LAYOUT,
    saelens.LAYOUT,
    openai.LAYOUT,
    single_pickles.GOODFIRE,
    single_pickles.QWEN,
    single_pickles.KISSANE,
    circuit_tracer.CLT,
    circuit_tracer.LAYOUT,
    dictionary_learning.LAYOUT,
    plain.LAYOUT,
)
#: Files that hold weights in ways that are not read -> what to do.
_OTHER_FILES = {
    (".pkl", ".pickle", ".joblib"): "is a pickle, which can run code when it is opened; open it where "
    "you trust it and save its tensors as safetensors",
    (".npy",): "holds one array; save W_enc, b_enc, W_dec and b_dec together with numpy.savez",
    (
        ".gguf",
        ".onnx",
        ".h5",
        ".msgpack",
    ): "holds no SAE in a layout that is read; save its tensors as safetensors with "
    "the names W_enc, b_enc, W_dec, b_dec",
}
_PICKLES = frozenset(next(iter(_OTHER_FILES)))
#: How far below a folder SAEs are looked for, and how many entries are looked at.
_DEPTH, _MAX_ENTRIES, _SHOWN = 4, 5_000, 3


def read_sae(sae: LocalSae) -> Reading:
    """Recognise the layout of a local SAE and read its configuration; the parameters are left for ``take``.

    Raises:
        SaeNotFound: no layout; the sentence names what is there, or the folders below that hold one.
        UnsafeFile: it would have to be unpickled with code.
        Unsupported, HookMismatch, WeightsInvalid: as said.
    """
    layout, path = _find(sae.path)
    if layout is circuit_tracer.LAYOUT and sae.kind is not None and "transcoder" not in sae.kind:
        layout = plain.LAYOUT  # an SAE whose encoder lies as a transcoder's does
    return layout.read(LocalSae(path, sae.kind, sae.k, sae.release, sae.b_dec))


def _find(place: Path) -> tuple[Layout, Path]:
    if not place.is_dir():
        return _of_file(place)
    for layout in LAYOUTS:
        if layout.folder(place):
            return layout, place
    return _inside(place)


def _of_file(path: Path) -> tuple[Layout, Path]:
    """The layout of a file; of a folder's weights that of the folder."""
    for suffixes, what in _OTHER_FILES.items():
        if path.suffix in suffixes:
            raise (UnsafeFile if path.suffix in _PICKLES else Unsupported)(f"{path} {what}.")
    if path.suffix not in SUFFIXES:
        raise SaeNotFound(f"{path} is no file of weights; give one that ends in {', '.join(SUFFIXES)}, or its folder.")
    file = open_tensors(path)
    for layout in LAYOUTS:
        if layout.file(file):
            _refuse_crosscoders(file)
            return layout, path
    names = sorted(file.shapes)
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    raise Unsupported(
        f"{path} holds the tensors {', '.join(name[:60] for name in names[:4])}{more}, which belong to no layout "
        "of SAEs that Periscope reads; save them as W_enc, b_enc, W_dec and b_dec (docs: Layouts of SAEs)."
    )


def _refuse_crosscoders(file: TensorFile) -> None:
    for name in ("W_enc", "encoder.weight"):
        if len(file.shapes.get(name, ())) == 3:
            raise Unsupported(
                f"{file.path} is a crosscoder: its {name} of the shape {file.shapes[name]} reads several places at "
                "once, which Periscope does not do; save one of them as W_enc, b_enc, W_dec and b_dec."
            )


def _inside(folder: Path) -> tuple[Layout, Path]:
    """What a folder without a layout holds: one file that is an SAE by itself, or SAEs to choose from."""
    files = [path for path in sorted(folder.iterdir(), key=_natural) if path.suffix in SUFFIXES and path.is_file()]
    config = folder / "config.json"
    if kind_of(config) == "a file" and {"model_type", "architectures"} & set(read_json(config)):
        raise SaeNotFound(f"{folder} holds a language model, not an SAE; it is the first argument, the SAE the second.")
    if len(files) == 1:
        return _of_file(files[0])
    fitting = [path for path in _below(folder) if any(layout.folder(path) for layout in LAYOUTS)]
    found = fitting or files
    if not found:
        found = [path for below in _below(folder) for path in sorted(below.iterdir()) if path.suffix in SUFFIXES]
    if found:
        shown = ", ".join(str(path) for path in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
        raise SaeNotFound(
            f"{folder} is no SAE itself, but holds what looks like {len(found):,}: {shown}{more}; name one."
        )
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickles:
        raise UnsafeFile(f"{folder / pickles[0]} {next(iter(_OTHER_FILES.values()))}.")
    names = sorted(path.name for path in folder.iterdir())
    there = f"only {', '.join(names[:4])}{' and more' if len(names) > 4 else ''}" if names else "nothing"
    raise SaeNotFound(
        f"{folder} holds no SAE in a layout that Periscope reads, {there}; a SAELens folder has cfg.json and "
        "sae_weights.safetensors, and the other layouts are in the documentation (docs: Layouts of SAEs)."
    )


def _below(folder: Path) -> Iterator[Path]:
    """The folders below, nearest names first, without following links and without end."""
    seen = 0
    for root, folders, files in os.walk(folder):
        folders.sort(key=lambda name: _natural(Path(name)))
        if len(Path(root).relative_to(folder).parts) >= _DEPTH:
            folders.clear()
        seen += len(folders) + len(files)
        if seen > _MAX_ENTRIES:
            return
        yield from (Path(root) / name for name in folders)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts layer_2 before layer_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d{1,9})", path.name)]
