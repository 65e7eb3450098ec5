"""From the files of an SAE, or a release and an id, to a ``Dictionary``.

SAELens reads its own folders and most releases, ``models.loading.formats`` the other layouts and every .pt; the
parameters then move into ``Dictionary``, which keeps nothing of either. What only SAELens's registry of releases knows
(centred models, the average-norm factor, BOS) is applied here, also to local files when the caller says which release
they are.
"""

import hashlib
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.errors import SaeNotFound, Unsupported, WeightsInvalid, one_line
from models.loading.checks import check_sae_folder
from models.loading.dictionary_description import describe
from models.loading.files import kind_of, read_json
from models.loading.formats import saelens
from models.loading.formats.layouts import read_sae
from models.loading.formats.reading import Reading
from models.loading.hub_files import fetched
from models.loading.sae_config import check_activation, check_scaler
from models.loading.sae_kinds import TRAINING_ONLY
from models.loading.sae_registry import Release, release_of, releases, resolve
from models.loading.weight_files import sha256_of
from models.running.dictionary import Dictionary
from models.sources import LocalSae, SaeRelease, SourceSpec, parse_sae_location

#: SAELens's readers that open pickles: their files are fetched and read by ``models.loading.formats``.
PICKLE_READERS = frozenset({"connor_rob_hook_z", "dictionary_learning_1", "deepseek_r1", "qwen_scope", "goodfire"})
_SUMMED = "mntss_clt_layer_transcoder"


def load_dictionary(
    spec: SourceSpec,
    *,
    registry: tuple[str, str] | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Dictionary:
    """Load the SAE of a source.

    Args:
        spec: the source; ``spec.hook`` overrides the hook of the SAE's metadata.
        registry: release and id whose overrides apply to a local folder that was downloaded by hand.
        device: where the parameters go.
        dtype: number format of the parameters and of the latents.

    Raises:
        SourceError: one of its kinds, with a sentence that says what to do.
    """
    place = resolve(parse_sae_location(spec.sae))
    if isinstance(place, LocalSae):
        known = registry or release_of(place.release)
        found = read_sae(place)
        if found.layout == saelens.NAME:
            cfg, parameters, digest = _read_folder(found.weights[0].parent, known)
            factor = _factor(found.weights[0].parent, known)
        else:
            cfg, parameters, digest, factor = _read_files(found, known, spec.hook)
        facts = describe(cfg, str(place), spec.hook, digest, factor, found)
    else:
        cfg, parameters, digest, other = _read_release(place, spec.hook)
        facts = describe(cfg, str(place), spec.hook, digest, None if other is None else other.factor, other)
    moved = {name: value.to(device=device, dtype=dtype) for name, value in parameters.items()}
    return Dictionary(facts, moved)


def _read_files(
    found: Reading, known: tuple[str, str] | None, hook: str | None
) -> tuple[dict[str, Any], dict[str, Tensor], str, float | None]:
    """Configuration, parameters (float32), sha256 of the weights and average-norm factor of another layout."""
    try:
        parameters = found.take()
    except (WeightsInvalid, Unsupported):
        raise
    except Exception as error:  # shapes that do not go together, in whatever way torch says so
        names = " and ".join(path.name for path in found.weights)
        raise WeightsInvalid(
            f"{found.weights[0].parent / names} cannot be read as {found.layout} ({one_line(error)}); get it again."
        ) from error
    for name in ("W_enc", "W_dec"):
        if name in parameters and not bool(parameters[name].any()):
            raise WeightsInvalid(f"{found.weights[0]} holds nothing but zeros in {name}; the file is damaged.")
    cfg = _overridden(found.cfg, known)
    metadata = dict(cfg["metadata"])
    read = str(hook or metadata.get("hook_name"))
    if "transcoder" in cfg["architecture"] and "hook_name_out" not in metadata and read.startswith("blocks."):
        metadata["hook_name_out"] = f"blocks.{read.split('.')[1]}.hook_mlp_out"
    digests = [sha256_of(path) for path in found.weights]
    digest = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return {**cfg, "metadata": metadata}, parameters, digest, _registered_factor(known) or found.factor


def _read_folder(folder: Path, registry: tuple[str, str] | None) -> tuple[dict[str, Any], dict[str, Tensor], str]:
    """Configuration, parameters (float32) and sha256 of the weights of a local folder."""
    raw, weights = check_sae_folder(folder)
    kind = str(raw.get("architecture") or "standard")
    from sae_lens import SAE, TrainingSAE

    reader = TrainingSAE if kind in TRAINING_ONLY else SAE
    with warnings.catch_warnings():
        # About models with centred weights, which Dictionary handles itself, and about what is refused anyway.
        warnings.simplefilter("ignore", UserWarning)
        try:
            sae = reader.load_from_disk(folder, device="cpu", dtype="float32")
        except Exception as error:  # whatever its many readers and PyTorch raise, the folder cannot be read
            raise WeightsInvalid(
                f"SAELens cannot read {folder}, cfg.json with {weights.name} ({one_line(error)}); save it again."
            ) from error
    state = {name: value.detach() for name, value in sae.state_dict().items()}
    cfg: dict[str, Any] = sae.cfg.to_dict()
    if kind in TRAINING_ONLY:
        sae.process_state_dict_for_saving_inference(state)
        cfg = sae.cfg.get_inference_sae_cfg_dict()
    return _overridden(cfg, registry), state, sha256_of(weights)


def _overridden(cfg: dict[str, Any], registry: tuple[str, str] | None) -> dict[str, Any]:
    """The configuration with what SAELens's registry says otherwise."""
    cfg, metadata = dict(cfg), {**cfg["metadata"]}
    for key, value in _overrides(registry).items():
        if key in cfg:
            cfg[key] = value
        else:
            metadata[key] = value
    return {**cfg, "metadata": metadata}


def _read_release(place: SaeRelease, hook: str | None) -> tuple[dict[str, Any], dict[str, Tensor], str, Reading | None]:
    """Configuration, parameters (float32) and a sha256 of a published SAE, from the hub or its cache; and what was read
    where it is not SAELens that reads it.
    """
    entry = releases().get(place.release)
    found = _read_repository(place, entry) if entry is None or entry.conversion in PICKLE_READERS else None
    if found is not None and found.layout != saelens.NAME:
        cfg, state, _, factor = _read_files(found, None if entry is None else (place.release, place.sae_id), hook)
        return cfg, state, _parameters_hash(state), replace(found, factor=factor)
    cfg, state = _read_by_saelens(place)
    if entry is not None and entry.conversion == "sae_lens":
        _check_published(entry.repository, f"{entry.paths[place.sae_id]}/cfg.json")
    if entry is not None and entry.conversion == _SUMMED:
        note = "Its decoders for all layers are summed, as SAELens does it: no layer alone gets what a latent writes."
        return cfg, state, _parameters_hash(state), Reading(saelens.NAME, cfg, (), dict, (note,))
    return cfg, state, _parameters_hash(state), None


def _read_repository(place: SaeRelease, entry: Release | None) -> Reading | None:
    """A place in a repository, by looking at its files; None where they are not to be had and no release says more."""
    if entry is not None:
        return read_sae(LocalSae(fetched(entry.repository, entry.paths[place.sae_id], str(place))))
    try:
        files = fetched(place.release, place.sae_id, str(place))
    except SaeNotFound:
        return None  # SAELens asks for each file by itself, and says what is missing
    return read_sae(LocalSae(files))


def _read_by_saelens(place: SaeRelease) -> tuple[dict[str, Any], dict[str, Tensor]]:
    from sae_lens import SAE

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            # The average-norm factor is folded by SAELens on this path, which leaves "none" in the
            # configuration.
            sae = SAE.from_pretrained(place.release, place.sae_id, device="cpu", dtype="float32")
    except KeyError as error:
        raise Unsupported(f"SAELens has no reader for {place} ({one_line(error)}).") from error
    except (OSError, ValueError) as error:
        raise SaeNotFound(
            f"SAE {place} is not in the Hugging Face cache and the hub gave no answer for it "
            f"({one_line(error)}); check the name and the connection, or give a local folder."
        ) from error
    return sae.cfg.to_dict(), {name: value.detach() for name, value in sae.state_dict().items()}


def _check_published(repository: str, name: str) -> None:
    """Refuse what SAELens passes over in a published cfg.json, which is in the hub's cache once it has been read."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repository, name)
    if isinstance(path, str):
        check_activation(read_json(Path(path)), Path(path))


def _overrides(registry: tuple[str, str] | None) -> dict[str, Any]:
    """What SAELens's registry changes in the configuration of a release.

    Raises:
        SaeNotFound: no such release or id.
    """
    if registry is None:
        return {}
    from sae_lens.loading.pretrained_saes_directory import get_config_overrides

    release, sae_id = registry
    entry = releases().get(release)
    if entry is None or sae_id not in entry.paths:
        raise SaeNotFound(f"SAELens's registry has no SAE {sae_id!r} in a release {release!r}.")
    return dict(get_config_overrides(release, sae_id))


def _registered_factor(registry: tuple[str, str] | None) -> float | None:
    if registry is None:
        return None
    from sae_lens.loading.pretrained_saes_directory import get_norm_scaling_factor

    factor = get_norm_scaling_factor(*registry)
    return None if factor is None else float(factor)


def _factor(folder: Path, registry: tuple[str, str] | None) -> float | None:
    """The average-norm factor of a SAELens folder, from the registry or from a checkpoint's scaler file."""
    factor = _registered_factor(registry)
    if factor is not None:
        return factor
    scaler = folder / "activation_scaler.json"
    return check_scaler(read_json(scaler), scaler) if kind_of(scaler) else None


def _parameters_hash(state: dict[str, Tensor]) -> str:
    """sha256 over the parameters' names, shapes and values: published SAEs come in several formats."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].contiguous()
        digest.update(json.dumps([name, list(value.shape)]).encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()
