"""What a cfg.json of an SAE can say, held against its weights before a library builds anything from it. No torch.

Checked are the names that decide on sizes, loops and places; SAELens's form since version 6 has some of them under
``metadata``, the form before beside the others.
"""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from models.errors import HookMismatch, Unsupported, WeightsInvalid
from models.loading.sae_kinds import KINDS, NORMALISATIONS, TRAINING_ONLY
from models.loading.weight_files import Tensor

#: Other normalisations of SAELens: two that are folded into the parameters, and one that is refused by its name.
_OTHERS = frozenset({"expected_average_only_in", "constant_scalar_rescale", "covariance_whitening"})
#: Parameters of a dictionary, by SAELens's names.
PARAMETERS = frozenset(
    {"W_enc", "W_dec", "W_skip", "b_enc", "b_dec", "b_mag", "b_gate", "r_mag", "threshold", "log_threshold"}
)
#: What every kind needs, kinds with an encoder of their own need, and some kinds need beside it.
_ALWAYS, _WITH_ENCODER = ("W_dec", "b_dec"), ("W_enc", "b_enc")
_BESIDE = {
    "jumprelu": ("threshold",),
    "jumprelu_transcoder": ("threshold",),
    "jumprelu_skip_transcoder": ("threshold", "W_skip"),
    "skip_transcoder": ("W_skip",),
}
_WITHOUT_ENCODER = frozenset({"matching_pursuit", "temporal"})
MAX_CONTEXT = 1 << 27
_DTYPE = re.compile(r"(torch\.)?(float16|float32|float64|bfloat16)")
_HOOK_LENGTH = 200  # characters; transformer_lens's own names have at most 40
_AGAIN = "correct it, or download or save it again"


def check_sae_config(cfg: Mapping[str, Any], path: Path, tensors: Mapping[str, Tensor], weights: Path) -> None:
    """Refuse what a cfg.json cannot say, and what its weights contradict.

    Args:
        cfg: the content of the file.
        path: the file, for sentences.
        tensors: those of the weights.
        weights: the file of the weights, for sentences.

    Raises:
        Unsupported: a kind or a normalisation that Periscope does not know.
        HookMismatch: the hook is no name.
        WeightsInvalid: everything else.
    """
    check = _Checker(cfg, path)
    for name in _needed(check.kind()):
        if name not in tensors:
            raise WeightsInvalid(
                f"{weights} has no tensor {name}, which an SAE of the architecture in {path} needs; download or save "
                "it again."
            )
    _check_sizes(check, tensors, weights)
    _check_places(check)
    check.require("normalize_activations", "a normalisation that SAELens knows", _is_normalisation)
    for key in ("apply_b_dec_to_input", "rescale_acts_by_decoder_norm", "prepend_bos", "tied_weights"):
        check.require(key, "true or false", lambda value: isinstance(value, bool))
    check.require(
        "dtype", "a number format of weights", lambda value: isinstance(value, str) and _DTYPE.fullmatch(value)
    )
    check.require("activation_normalization_factor", "a positive number", _is_positive)
    check.require("residual_threshold", "a positive number", lambda value: value == 0 or _is_positive(value))
    check.require("model_from_pretrained_kwargs", "an object", lambda value: isinstance(value, Mapping))
    _check_activation(check)
    check.require("reshape_activations", "none or hook_z", lambda value: value in ("none", "hook_z", "hook_head_index"))


def _needed(kind: str) -> tuple[str, ...]:
    """The parameters without which an SAE of the kind cannot be."""
    if kind in _WITHOUT_ENCODER:
        return _ALWAYS
    return (
        *_ALWAYS,
        *(("W_enc", "b_gate", "b_mag", "r_mag") if kind == "gated" else _WITH_ENCODER),
        *_BESIDE.get(kind, ()),
    )


class _Checker:
    """The members of a cfg.json and of its metadata, and what is said of a wrong one."""

    def __init__(self, cfg: Mapping[str, Any], path: Path) -> None:
        self.path = path
        metadata = cfg.get("metadata")
        if metadata is not None and not isinstance(metadata, Mapping):
            raise WeightsInvalid(f"metadata in {path} is {_shown(metadata)}, not an object; {_AGAIN}.")
        self.members = {**cfg, **(metadata or {})}

    def kind(self) -> str:
        """The architecture; Unsupported unless it is one that can be loaded."""
        found = self.members.get("architecture", "standard")
        if not isinstance(found, str) or found not in KINDS | TRAINING_ONLY:
            known = ", ".join(sorted(KINDS | TRAINING_ONLY))
            raise Unsupported(f"architecture in {self.path} is {_shown(found)}; Periscope knows {known}.")
        return found

    def require(self, key: str, what: str, is_good: Callable[[Any], object]) -> Any:
        """The value under the key, which is missing, null or good; raises WeightsInvalid."""
        value = self.members.get(key)
        if value is not None and not is_good(value):
            raise WeightsInvalid(f"{key} in {self.path} is {_shown(value)}, not {what}; {_AGAIN}.")
        return value

    def whole(self, key: str, largest: int, least: int = 1) -> int | None:
        """The whole number under the key; None where there is none."""
        what = f"a whole number from {least} to {largest:,}"
        found = self.require(key, what, lambda value: _is_whole(value) and least <= value <= largest)
        return None if found is None else int(found)


def _check_sizes(check: _Checker, tensors: Mapping[str, Tensor], weights: Path) -> None:
    """The widths are those of the weights, so that they are as bounded as the file."""
    decoder = tensors["W_dec"]
    if len(decoder.shape) != 2 or 0 in decoder.shape:
        raise WeightsInvalid(f"{weights} has a W_dec that is no matrix; download or save it again.")
    d_sae, d_out = decoder.shape
    encoder = tensors.get("W_enc")
    d_in = encoder.shape[0] if encoder is not None and encoder.shape else d_out
    for key, there in (("d_in", d_in), ("d_sae", d_sae)):
        if check.whole(key, 1 << 31) != there:
            said = _shown(check.members.get(key))
            raise WeightsInvalid(
                f"{key} in {check.path} is {said}, but W_dec in {weights} has the shape ({d_sae}, {d_out})"
                f"{f' and W_enc {encoder.shape}' if encoder is not None else ''}; {_AGAIN}."
            )
    if "transcoder" in check.members.get("architecture", "") and check.whole("d_out", 1 << 31) not in (None, d_out):
        raise WeightsInvalid(
            f"d_out in {check.path} is {_shown(check.members['d_out'])}, but W_dec in {weights} has the shape "
            f"({d_sae}, {d_out}); {_AGAIN}."
        )
    for key, largest in (
        ("k", d_sae),
        ("kval_topk", d_sae),
        ("max_iterations", max(d_in, d_sae)),
        ("n_heads", d_sae),
        ("bottleneck_factor", d_sae),
        ("n_attn_layers", len(tensors)),
    ):
        check.whole(key, largest)


def check_activation(cfg: Mapping[str, Any], path: Path) -> None:
    """Refuse an activation function that would be passed over; as check_sae_config does, of a cfg.json from the hub.

    Raises:
        Unsupported, WeightsInvalid: as said.
    """
    _check_activation(_Checker(cfg, path))


def _check_activation(check: _Checker) -> None:
    """The activation function that forms before version 6 name beside the architecture, and SAELens 6 passes over."""
    for key in ("activation_fn", "activation_fn_str"):
        name = check.members.get(key)
        if name not in (None, "relu", "topk"):
            raise Unsupported(
                f"{key} in {check.path} is {_shown(name)}; of SAELens's activation functions Periscope does relu and "
                "topk, and the latents would come out wrong with another, so it is not read."
            )
        settings = check.require("activation_fn_kwargs", "an object", lambda value: isinstance(value, Mapping)) or {}
        if name == "topk" and not _is_whole(settings.get("k", check.members.get("k"))):
            raise WeightsInvalid(f"activation_fn_kwargs in {check.path} gives no k, as a topk SAE needs; {_AGAIN}.")
        unknown = [key for key, value in settings.items() if key != "k" and value not in (None, False)]
        if unknown:
            raise Unsupported(
                f"activation_fn_kwargs in {check.path} sets {_shown(unknown[0])}, which Periscope does not do, so it "
                "is not read."
            )


def _check_places(check: _Checker) -> None:
    """Hook and context."""
    for key in ("hook_name", "hook_point", "hook_name_out", "hf_hook_name", "hf_hook_name_out"):
        name = check.members.get(key)
        if name is not None and not (isinstance(name, str) and len(name) <= _HOOK_LENGTH and name.isprintable()):
            raise HookMismatch(f"{key} in {check.path} is {_shown(name)}, not the name of a hook; {_AGAIN}.")
    check.whole("context_size", MAX_CONTEXT, least=2)
    positions = "a list of at most three numbers"
    check.require("seqpos_slice", positions, lambda value: isinstance(value, list) and len(str(value)) <= _HOOK_LENGTH)


def check_scaler(scaler: Mapping[str, Any], path: Path) -> float | None:
    """The factor in an activation_scaler.json; None if it has none.

    Raises:
        WeightsInvalid: it is no positive number.
    """
    value = scaler.get("scaling_factor")
    if value is not None and not _is_positive(value):
        raise WeightsInvalid(f"scaling_factor in {path} is {_shown(value)}, not a positive number; {_AGAIN}.")
    return None if value is None else float(value)


def _is_whole(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value == int(value)


def _is_positive(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 1e-30 < value < 1e30


def _is_normalisation(value: Any) -> bool:
    # The form before version 6 has true or false.
    return isinstance(value, bool) or (isinstance(value, str) and value in NORMALISATIONS | _OTHERS)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
