"""What every layout's reader gives: a configuration as SAELens writes it, and parameters by SAELens's names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import Unsupported, WeightsInvalid
from models.loading.formats.tensor_files import AGAIN, TensorFile
from models.loading.sae_kinds import KIND_NAMES
from models.loading.sae_registry import release_of, releases
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Reading:
    """An SAE as its files describe it; ``take`` reads the parameters, in float32."""

    layout: str
    cfg: dict[str, Any]
    weights: tuple[Path, ...]
    take: Callable[[], "dict[str, Tensor]"]
    notes: tuple[str, ...] = ()
    #: The average-norm factor, where the files have it.
    factor: float | None = None


@dataclass(frozen=True)
class Layout:
    """A published layout.

    ``folder`` says whether a folder looks like one, ``file`` whether a file of tensors does; ``read`` takes the path
    that fitted. ``shown`` is what the files are called, for people.
    """

    name: str
    shown: str
    read: Callable[[LocalSae], Reading]
    folder: Callable[[Path], bool] = lambda _: False
    file: Callable[[TensorFile], bool] = lambda _: False


def configuration(
    architecture: str,
    d_in: int,
    d_sae: int,
    *,
    d_out: int | None = None,
    subtract_b_dec: bool = False,
    normalisation: str = "none",
    k: int | None = None,
    rescale: bool = False,
    **metadata: Any,
) -> dict[str, Any]:
    """A configuration of SAELens's version 6; ``metadata`` are its names, None left out, and ``published_context``."""
    cfg: dict[str, Any] = {
        "architecture": architecture,
        "d_in": d_in,
        "d_sae": d_sae,
        "apply_b_dec_to_input": subtract_b_dec and "transcoder" not in architecture,
        "normalize_activations": normalisation,
        "metadata": {name: value for name, value in metadata.items() if value is not None},
    }
    if "transcoder" in architecture:
        cfg["d_out"] = d_in if d_out is None else d_out
    if k is not None:
        cfg["k"] = k
    if rescale:
        cfg["rescale_acts_by_decoder_norm"] = True
    return cfg


def obey(sae: LocalSae, layout: str, *, kind: str | None = None, k: int | None = None) -> None:
    """Refuse options that contradict what the files say, or that they leave no room for.

    Args:
        sae: the SAE as it was named.
        layout: for the sentence.
        kind: SAELens's kind by the files.
        k: latents active at once by the files; None if its kind has no such number.
    """
    if sae.kind is not None and KIND_NAMES[sae.kind] != kind:
        raise Unsupported(f"--kind {sae.kind} contradicts {sae.path}, whose files ({layout}) say {kind}; leave it out.")
    if sae.k is not None and sae.k != k:
        said = "have no such number" if k is None else f"say {k}"
        raise Unsupported(f"--k {sae.k} contradicts {sae.path}, whose files ({layout}) {said}; leave it out.")
    if sae.b_dec is not None:
        raise Unsupported(f"Whether b_dec is subtracted is said by the files of {sae.path} ({layout}); leave it out.")


def whole(value: Any, path: Path, name: str, largest: int, least: int = 1) -> int:
    """A whole number of a configuration; WeightsInvalid if it is none or out of bounds."""
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not is_whole or not least <= value <= largest:
        raise WeightsInvalid(
            f"{name} in {path} is {str(value)[:40]!r}, not a whole number from {least} to {largest:,}; {AGAIN}."
        )
    return int(value)


def flag(cfg: Mapping[str, Any], path: Path, name: str, default: bool = False) -> bool:
    """A yes or no of a configuration; WeightsInvalid if it is neither."""
    value = cfg.get(name, default)
    if not isinstance(value, bool):
        raise WeightsInvalid(f"{name} in {path} is {str(value)[:40]!r}, not true or false; {AGAIN}.")
    return value


def text(cfg: Mapping[str, Any], path: Path, name: str) -> str | None:
    """A line of text of a configuration, None where there is none; WeightsInvalid if it is something else."""
    value = cfg.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= 300 and value.isprintable()):
        raise WeightsInvalid(f"{name} in {path} is {str(value)[:40]!r}, not a name; {AGAIN}.")
    return value


def object_of(cfg: Mapping[str, Any], path: Path, name: str) -> Mapping[str, Any]:
    """An object inside a configuration, empty where there is none; WeightsInvalid if it is something else."""
    value = cfg.get(name) or {}
    if not isinstance(value, Mapping):
        raise WeightsInvalid(f"{name} in {path} is {str(value)[:40]!r}, not an object; {AGAIN}.")
    return value


def require_known(cfg: Mapping[str, Any], known: Mapping[str, tuple[Any, ...]], path: Path, layout: str) -> None:
    """Refuse a setting with a value that Periscope would have to drop.

    Args:
        cfg: the configuration.
        known: setting -> the values under which it changes nothing, or nothing but what is read.
        path: its file.
        layout: for the sentence.
    """
    for name, values in known.items():
        if name in cfg and not any(cfg[name] is value or cfg[name] == value for value in values):
            raise Unsupported(
                f"{name} in {path} is {str(cfg[name])[:40]!r}, a setting of {layout} that Periscope does not do; its "
                "latents would come out wrong, so it is not read."
            )


def layer_in(path: Path, pattern: str) -> int | None:
    """The number that the pattern finds in the names of a file and its three folders, the nearest first."""
    for name in (path.name, *(folder.name for folder in list(path.parents)[:3])):
        if found := re.search(pattern, name):
            return int(found.group(1)[:6])
    return None


def published_path(sae: LocalSae) -> Path:
    """The path whose names tell of the SAE: where its release has it if one was said, else where it is."""
    known = release_of(sae.release)
    if known is None:
        return sae.path
    entry = releases()[known[0]]
    return Path("/", entry.repository, entry.paths[known[1]])


def transposed(file: TensorFile, name: str) -> "Tensor":
    """A matrix of the file, turned and laid out in rows."""
    return file.load(name).T.contiguous()
