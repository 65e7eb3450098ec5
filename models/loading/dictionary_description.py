"""What a configuration says of an SAE, as facts: from SAELens's form of version 6, which every reader gives."""

import re
from typing import Any

from models.corpus.training_store import training_store
from models.errors import HookMismatch, Unsupported, WeightsInvalid
from models.loading.dictionary_facts import DictionaryFacts
from models.loading.formats import saelens
from models.loading.formats.reading import Reading
from models.loading.sae_kinds import TWO_SIDED_KINDS
from models.running.pursuit import PursuitRule
from models.running.temporal import TemporalRule
from models.sources import parse_hook

#: Sites where a model with centred writing weights differs from the raw one by the mean over the width.
CENTRED_SITES = frozenset({"resid_pre", "resid_mid", "resid_post", "mlp_out", "attn_out", "embed"})

_NORM_OUTPUT = re.compile(
    r"\.(\d+)\.(pre_feedforward_layernorm|post_attention_layernorm|ln_2)\.output$|\.(\d+)\.mlp\.input$"
)


def describe(
    cfg: dict[str, Any],
    location: str,
    hook: str | None,
    digest: str,
    factor: float | None,
    found: Reading | None = None,
) -> DictionaryFacts:
    """The facts in a SAELens configuration of version 6; ``found`` is what was read of files in whatever layout.

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
    notes = list(found.notes) if found is not None else []
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
        published_context=metadata.get("published_context"),
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
        layout=saelens.NAME if found is None else found.layout,
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
