"""Any safetensors, .npz or .pt file with W_enc, b_enc, W_dec, b_dec, and threshold where the kind has one.

Matrices may lie either way; b_enc and b_dec tell which. The kind is --kind, or what the parameters show. What they
cannot show, whether b_dec is subtracted from what is read, is --subtract-b-dec or --keep-b-dec; without either it is
subtracted but for JumpReLU SAEs, as their authors do, and the source says so.
"""

from typing import TYPE_CHECKING

from models.errors import Unsupported, WeightsInvalid
from models.loading.formats.reading import Layout, Reading, configuration, whole
from models.loading.formats.tensor_files import AGAIN, TensorFile, open_tensors
from models.loading.sae_kinds import KIND_NAMES
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME = "plain tensors"
_GATED = ("b_gate", "b_mag", "r_mag")
_READ = frozenset({"W_enc", "b_enc", "W_dec", "b_dec", "threshold", "W_skip", *_GATED})
_K = "k"  # a number that SAEBench's own SAEs have among their tensors


def _read(sae: LocalSae) -> Reading:
    file = open_tensors(sae.path)
    kind, notes = _kind(sae, file)
    bias = "b_gate" if kind == "gated" else "b_enc"
    (d_sae,), (d_out,) = file.shape(bias, 1), file.shape("b_dec", 1)
    turned_enc = _is_turned(file, "W_enc", d_sae, 1)
    turned_dec = _is_turned(file, "W_dec", d_sae, 0)
    d_in = file.shapes["W_enc"][1 if turned_enc else 0]
    if file.shapes["W_dec"][0 if turned_dec else 1] != d_out:
        raise WeightsInvalid(f"{sae.path} has a W_dec of the shape {file.shapes['W_dec']} and {d_out:,} of b_dec.")
    is_transcoder = "transcoder" in kind
    if not is_transcoder and d_in != d_out:
        raise Unsupported(f"{sae.path} reads {d_in:,} values and writes {d_out:,}: say --kind transcoder if it is one.")
    if is_transcoder and sae.b_dec == "subtract":
        raise Unsupported(f"A transcoder does not subtract b_dec from what it reads; leave it out for {sae.path}.")
    by_habit = kind != "jumprelu" or sae.kind == "batchtopk"
    subtract = not is_transcoder and (by_habit if sae.b_dec is None else sae.b_dec == "subtract")
    if not is_transcoder and sae.b_dec is None:
        notes.append(
            f"Its file does not say whether b_dec is subtracted from what is read; it is {'' if subtract else 'not '}"
            f"({'--keep-b-dec' if subtract else '--subtract-b-dec'} otherwise)."
        )
    k = whole(_k(sae, file), sae.path, "k", d_sae) if kind == "topk" else None

    def take() -> "dict[str, Tensor]":
        import torch

        names = _READ - {"threshold"} if kind == "topk" else _READ
        state = {name: file.load(name) for name in file.shapes if name in names}
        state["W_enc"] = state["W_enc"].T.contiguous() if turned_enc else state["W_enc"]
        state["W_dec"] = state["W_dec"].T.contiguous() if turned_dec else state["W_dec"]
        if "threshold" in state and state["threshold"].numel() == 1:
            state["threshold"] = torch.full((d_sae,), float(state["threshold"]))
        return state

    cfg = configuration(kind, d_in, d_sae, d_out=d_out, subtract_b_dec=subtract, k=k)
    return Reading(_NAME, cfg, (sae.path,), take, tuple(notes))


def _kind(sae: LocalSae, file: TensorFile) -> tuple[str, list[str]]:
    """SAELens's kind, and a note where it was guessed."""
    names = set(file.shapes)
    ignored = sorted(names - _READ - {_K})
    if ignored:
        raise Unsupported(
            f"{sae.path} holds {ignored[0][:80]!r} beside W_enc, b_enc, W_dec, b_dec and threshold, and Periscope does "
            "not know what it means; save the file without it if it plays no part in encoding."
        )
    k = _k(sae, file)
    if k is not None and "threshold" in names:
        if sae.kind not in ("topk", "batchtopk"):
            raise Unsupported(
                f"{sae.path} has k and a threshold: a top-k SAE, or a BatchTopK SAE that is used by its threshold; say "
                "--kind topk or --kind batchtopk."
            )
        return KIND_NAMES[sae.kind], []
    shown = "gated" if set(_GATED) <= names else "jumprelu" if "threshold" in names else None
    if "W_skip" in names:
        shown = "jumprelu_skip_transcoder" if "threshold" in names else "skip_transcoder"
    kind = KIND_NAMES[sae.kind] if sae.kind is not None else shown or ("topk" if k is not None else "standard")
    for name, owners in (("threshold", "jumprelu"), ("W_skip", "skip"), ("b_gate", "gated")):
        if (name in names) != (owners in kind):
            has = "has no" if owners in kind else "has a"
            raise Unsupported(f"{sae.path} {has} {name}, which does not go with the kind {kind}; say --kind.")
    if (kind == "topk") != (k is not None):
        raise Unsupported(
            f"--k says how many latents of {sae.path} are active at once: a top-k SAE needs it, no other kind has it."
        )
    is_guess = sae.kind is None and shown is None and kind == "standard"
    return kind, ["Its file does not say its activation function; ReLU is taken (--kind, --k otherwise)."] * is_guess


def _k(sae: LocalSae, file: TensorFile) -> int | None:
    """Latents active at once: of the file, or as it was said; refused where they differ."""
    there = file.load(_K).item() if file.shapes.get(_K) == () else file.others.get(_K)
    if there is not None and sae.k is not None and there != sae.k:
        raise Unsupported(f"--k {sae.k} contradicts {sae.path}, which says {str(there)[:20]}; leave it out.")
    return sae.k if there is None else whole(there, sae.path, "k", 1 << 31)


def _is_turned(file: TensorFile, name: str, d_sae: int, axis: int) -> bool:
    """Whether a matrix lies the other way than SAELens has it, with d_sae on ``axis``."""
    shape = file.shape(name, 2)
    if shape[axis] == d_sae:
        return False
    if shape[1 - axis] != d_sae:
        raise WeightsInvalid(f"{file.path} has {d_sae:,} latents by its biases and {shape} in {name}; {AGAIN}.")
    return True


def _fits(file: TensorFile) -> bool:
    return {"W_enc", "W_dec", "b_dec"} <= set(file.shapes) and bool({"b_enc", "b_gate"} & set(file.shapes))


LAYOUT = Layout(_NAME, "`*.safetensors`, `*.npz`, `*.pt`", _read, file=_fits)
