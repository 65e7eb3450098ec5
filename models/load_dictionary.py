"""From a SAELens folder, or a release and an id, to a ``Dictionary``.

SAELens reads the files; its parameters then move into ``Dictionary``, which keeps nothing of SAELens. What
only SAELens's registry of releases knows (centred models, the average-norm factor, BOS) is applied here, also
to a local folder when the caller says which release it is.
"""

import hashlib
import json
import re
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.checks import check_sae_folder
from models.dictionary import Dictionary
from models.dictionary_facts import DictionaryFacts
from models.errors import HookMismatch, SaeNotFound, UnsafeFile, Unsupported, WeightsInvalid, one_line
from models.files import kind_of, read_json
from models.pursuit import PursuitRule
from models.sae_config import check_scaler
from models.sae_kinds import TRAINING_ONLY, TWO_SIDED_KINDS
from models.sources import SaeRelease, SourceSpec, parse_hook, parse_sae_location
from models.temporal import TemporalRule
from models.training_store import training_store
from models.weight_files import sha256_of

#: SAELens's readers that open pickles with torch.load.
PICKLE_READERS = frozenset({"connor_rob_hook_z", "dictionary_learning_1", "deepseek_r1", "qwen_scope", "goodfire"})

#: Sites where a model with centred writing weights differs from the raw one by the mean over the width.
CENTRED_SITES = frozenset({"resid_pre", "resid_mid", "resid_post", "mlp_out", "attn_out", "embed"})

_NORM_OUTPUT = re.compile(
    r"\.(\d+)\.(pre_feedforward_layernorm|post_attention_layernorm|ln_2)\.output$|\.(\d+)\.mlp\.input$"
)


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
    place = parse_sae_location(spec.sae)
    if isinstance(place, Path):
        cfg, parameters, digest = _read_folder(place, registry)
        known = registry
    else:
        cfg, parameters, digest = _read_release(place)
        known = (place.release, place.sae_id)
    facts = describe(cfg, str(place), spec.hook, digest, _factor(place, known))
    moved = {name: value.to(device=device, dtype=dtype) for name, value in parameters.items()}
    return Dictionary(facts, moved)


def describe(
    cfg: dict[str, Any], location: str, hook: str | None, digest: str, factor: float | None
) -> DictionaryFacts:
    """The facts in a SAELens configuration of version 6.

    Raises:
        HookMismatch: no hook is named, or not one that Periscope reads.
        Unsupported: one head only, or a kind that is refused.
    """
    metadata = dict(cfg.get("metadata") or {})
    name = hook or _hook_name(metadata, "")
    if not name:
        raise HookMismatch(f"SAE {location} does not say which hook it belongs to; name it with --hook.")
    if metadata.get("hook_head_index") is not None:
        raise Unsupported(f"SAE {location} reads one attention head only, which is not supported.")
    kind = str(cfg["architecture"])
    normalisation = str(cfg.get("normalize_activations") or "none")
    notes: list[str] = []
    if normalisation == "expected_average_only_in":
        normalisation = "none"  # nothing is left to do per token once the factor is folded
        if factor is None:
            notes.append(
                "The SAE expects activations scaled to an average norm, but the factor is not in its folder; "
                "name the release it comes from, or its activations will be too large or too small."
            )
    else:
        factor = None
    if normalisation == "constant_scalar_rescale":  # of temporal SAEs: a factor that is folded like the average norm
        normalisation, factor = "none", float(cfg.get("activation_normalization_factor") or 1.0)
    out = (_hook_name(metadata, "_out") or name) if "transcoder" in kind else None
    centring = (metadata.get("model_from_pretrained_kwargs") or {}).get("center_writing_weights")
    if metadata.get("seqpos_slice") not in (None, [None], (None,)):
        notes.append(f"The SAE was trained on the positions {metadata['seqpos_slice']} of each prompt only.")
    return DictionaryFacts(
        kind=kind,
        location=location,
        hook_name=name,
        hook_out=out,
        d_in=int(cfg["d_in"]),
        d_sae=_served(cfg, notes),
        d_out=int(cfg.get("d_out") or cfg["d_in"]) if "transcoder" in kind else int(cfg["d_in"]),
        context_size=int(metadata["context_size"]) if metadata.get("context_size") else None,
        prepend_bos=bool(metadata.get("prepend_bos", True)),
        centre=bool(centring) and parse_hook(name).site in CENTRED_SITES,
        normalisation=normalisation,
        subtract_b_dec=bool(cfg.get("apply_b_dec_to_input", True)) and "transcoder" not in kind,
        rescale_by_decoder_norm=bool(cfg.get("rescale_acts_by_decoder_norm")),
        k=_k(cfg, location),
        pursuit=_pursuit(cfg, factor) if kind == "matching_pursuit" else None,
        temporal=_temporal(cfg, factor) if kind == "temporal" else None,
        scaling_factor=factor,
        model_name=metadata.get("model_name"),
        store=training_store(metadata, location),
        weights_hash=digest,
        warnings=tuple(notes),
    )


def _served(cfg: dict[str, Any], notes: list[str]) -> int:
    """The number of latents that are shown, with a note where it is not the file's."""
    d_sae = int(cfg["d_sae"])
    if cfg["architecture"] not in TWO_SIDED_KINDS:
        return d_sae
    notes.append(
        f"Its {d_sae:,} latents are negative as often as positive; each is shown as two, latent i where it is "
        f"positive and latent i + {d_sae} where it is negative."
    )
    return 2 * d_sae


def _k(cfg: dict[str, Any], location: str) -> int | None:
    k = cfg.get("k")
    if cfg["architecture"] == "temporal":
        k = cfg.get("kval_topk") if cfg.get("sae_diff_type", "topk") == "topk" else None
    if k and k > cfg["d_sae"]:
        raise WeightsInvalid(
            f"By cfg.json SAE {location} has {int(k):,} latents active at once, or does not say how many (k), but it "
            f"has only {int(cfg['d_sae']):,}; correct the file."
        )
    return int(k) if k else None


def _pursuit(cfg: dict[str, Any], factor: float | None) -> PursuitRule:
    """SAELens leaves the latents in units of h when a factor is folded, so the threshold moves there."""
    return PursuitRule(
        residual_threshold=float(cfg.get("residual_threshold", 1e-2)) / (factor or 1.0),
        max_steps=int(cfg.get("max_iterations") or cfg["d_in"]),
        stop_on_duplicate_support=bool(cfg.get("stop_on_duplicate_support", True)),
    )


def _temporal(cfg: dict[str, Any], factor: float | None) -> TemporalRule:
    return TemporalRule(
        n_heads=int(cfg.get("n_heads", 8)),
        n_layers=int(cfg.get("n_attn_layers", 1)),
        bottleneck=int(cfg.get("bottleneck_factor", 64)),
        tied=bool(cfg.get("tied_weights", True)),
        factor=factor or 1.0,
    )


def _hook_name(metadata: dict[str, Any], suffix: str) -> str | None:
    """The hook in the metadata; where it says ``hook_mlp_in``, what that means.

    transformer_lens's ``hook_mlp_in`` is the residual before the norm, but transcoders of gemma-scope-2 carry
    that name and were trained on the norm's output, as their ``hf_hook_name`` says.
    """
    name: str | None = metadata.get(f"hook_name{suffix}")
    if name is not None and name.endswith("hook_mlp_in"):
        module = _NORM_OUTPUT.search(str(metadata.get(f"hf_hook_name{suffix}") or ""))
        if module is not None:
            return f"blocks.{module.group(1) or module.group(3)}.mlp.hook_in"
    return name


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
    metadata = {**cfg["metadata"]}
    for key, value in _overrides(registry).items():
        if key in cfg:
            cfg[key] = value
        else:
            metadata[key] = value
    return {**cfg, "metadata": metadata}, state, sha256_of(weights)


def _read_release(place: SaeRelease) -> tuple[dict[str, Any], dict[str, Tensor], str]:
    """Configuration, parameters (float32) and a sha256 of a published SAE, from the hub or its cache."""
    from sae_lens import SAE
    from sae_lens.loading.pretrained_saes_directory import get_pretrained_saes_directory

    directory = get_pretrained_saes_directory()
    entry = directory.get(place.release)
    if entry is None and "/" not in place.release:
        close = sorted(name for name in directory if name.startswith(place.release[:6]))[:5]
        hint = f"; similar ones: {', '.join(close)}" if close else ""
        raise SaeNotFound(f"SAELens knows no release {place.release!r}{hint}; give one it lists, or a local folder.")
    if entry is not None and place.sae_id not in entry.saes_map:
        some = ", ".join(list(entry.saes_map)[:5])
        raise SaeNotFound(f"Release {place.release} has no SAE {place.sae_id!r}; it has {some} and others.")
    if entry is not None and entry.conversion_func in PICKLE_READERS:
        raise UnsafeFile(
            f"Release {place.release} is published as a pickle, which can run code when it is opened; load "
            "it where you trust it, save it with SAELens' save_model, and give that folder."
        )
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
    state = {name: value.detach() for name, value in sae.state_dict().items()}
    return sae.cfg.to_dict(), state, _parameters_hash(state)


def _overrides(registry: tuple[str, str] | None) -> dict[str, Any]:
    """What SAELens's registry changes in the configuration of a release.

    Raises:
        SaeNotFound: no such release or id.
    """
    if registry is None:
        return {}
    from sae_lens.loading.pretrained_saes_directory import get_config_overrides, get_pretrained_saes_directory

    release, sae_id = registry
    entry = get_pretrained_saes_directory().get(release)
    if entry is None or sae_id not in entry.saes_map:
        raise SaeNotFound(f"SAELens's registry has no SAE {sae_id!r} in a release {release!r}.")
    return dict(get_config_overrides(release, sae_id))


def _factor(place: Path | SaeRelease, registry: tuple[str, str] | None) -> float | None:
    """The average-norm factor of a local folder, from the registry or from a checkpoint's scaler file."""
    if isinstance(place, SaeRelease):
        return None
    if registry is not None:
        from sae_lens.loading.pretrained_saes_directory import get_norm_scaling_factor

        factor = get_norm_scaling_factor(*registry)
        if factor is not None:
            return float(factor)
    scaler = place / "activation_scaler.json"
    return check_scaler(read_json(scaler), scaler) if kind_of(scaler) else None


def _parameters_hash(state: dict[str, Tensor]) -> str:
    """sha256 over the parameters' names, shapes and values: published SAEs come in several formats."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].contiguous()
        digest.update(json.dumps([name, list(value.shape)]).encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()
