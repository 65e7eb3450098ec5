"""SAELens's list of releases, read as a file: names and places of published SAEs, and Neuronpedia's ids for them.

No torch and no network: a name that is in no list is refused at once, with names that are like it.
"""

import difflib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.errors import SaeNotFound
from models.sources import LocalSae, SaeRelease


@dataclass(frozen=True)
class Release:
    """A release: its repository on the hub, SAELens's reader for it, and the place of each SAE by its id."""

    name: str
    repository: str
    model: str
    conversion: str
    paths: Mapping[str, str]


@cache
def releases() -> Mapping[str, Release]:
    """All releases by their names."""
    return _read()[0]


@cache
def neuronpedia_ids() -> Mapping[str, SaeRelease]:
    """Neuronpedia's id (``gpt2-small/6-res-jb``) -> the SAE."""
    return _read()[1]


@cache
def _read() -> tuple[dict[str, Release], dict[str, SaeRelease]]:
    import yaml

    spec = importlib.util.find_spec("sae_lens")
    if spec is None or spec.origin is None:
        return {}, {}
    with (Path(spec.origin).parent / "pretrained_saes.yaml").open(encoding="utf-8") as file:
        # Some builds of PyYAML have no C loader, which is several times as fast.
        raw = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe)
    found: dict[str, Release] = {}
    ids: dict[str, SaeRelease] = {}
    for name, entry in raw.items():
        paths = {str(sae["id"]): str(sae["path"]) for sae in entry["saes"]}
        found[name] = Release(name, entry["repo_id"], entry["model"], entry.get("conversion_func") or "sae_lens", paths)
        for sae in entry["saes"]:
            if sae.get("neuronpedia"):
                ids.setdefault(sae["neuronpedia"], SaeRelease(name, str(sae["id"])))
    return found, ids


def resolve(place: LocalSae | SaeRelease) -> LocalSae | SaeRelease:
    """The same place with Neuronpedia's id replaced by the release that it names.

    Raises:
        SaeNotFound: no such release, or no such SAE in it.
    """
    if isinstance(place, LocalSae) or "/" in place.release:
        return place
    entry = releases().get(place.release)
    if entry is not None:
        if place.sae_id in entry.paths:
            return place
        like = difflib.get_close_matches(place.sae_id, entry.paths, n=3, cutoff=0.5) or list(entry.paths)[:3]
        raise SaeNotFound(
            f"Release {place.release} has no SAE {place.sae_id[:80]!r}; it has {', '.join(like)} and others: "
            f"{len(entry.paths):,} in all."
        )
    found = neuronpedia_ids().get(f"{place.release}/{place.sae_id}") or _without_latent(place)
    if found is not None:
        return found
    like = difflib.get_close_matches(place.release, releases(), n=3, cutoff=0.5)
    theirs = [name for name in neuronpedia_ids() if name.startswith(f"{place.release}/")]
    like += difflib.get_close_matches(str(place), theirs, n=3, cutoff=0.6) or theirs[:2]
    hint = f"; similar ones: {', '.join(like)}" if like else ""
    raise SaeNotFound(
        f"{str(place)[:120]} is no file or folder here, and SAELens knows no release {place.release[:80]!r} and "
        f"Neuronpedia no such id{hint}; a repository of the hub is written org/repo:folder."
    )


def _without_latent(place: SaeRelease) -> SaeRelease | None:
    """Neuronpedia's id of a latent (``gpt2-small/6-res-jb/650``) stands for its SAE."""
    sae, _, latent = place.sae_id.rpartition("/")
    return neuronpedia_ids().get(f"{place.release}/{sae}") if latent.isdigit() else None


def release_of(name: str | None) -> tuple[str, str] | None:
    """Release and id of ``--release``, which is ``release/sae_id`` or Neuronpedia's id; None for none.

    Raises:
        SaeNotFound: SAELens's registry has no such.
    """
    if name is None:
        return None
    release, _, sae_id = name.partition("/")
    found = resolve(SaeRelease(release, sae_id)) if release and sae_id else None
    if not isinstance(found, SaeRelease):
        raise SaeNotFound(f"--release is {name[:80]!r}; it takes release/sae_id as SAELens's registry has them.")
    return found.release, found.sae_id
