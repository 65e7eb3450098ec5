"""Contrast vectors: what two lists of prompts differ by at a hook.

v = mean of x over the positive prompts − mean of x over the negative ones, x the activation at the last token of a
prompt or its mean over the tokens (a leading BOS left out).

Whether v separates the two lists is told on prompts it has not seen: for every pair of a positive and a negative prompt
v is formed without both, and AUROC is the share of pairs in which the positive one lies further along it (ties count
half). With d = x₊ − x₋ the pair's score is d·(v without both), which needs inner products only.
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor

from models.building.logit_effects import LogitEffects, logit_effects
from models.errors import DimensionMismatch, SteeringError, Unsupported, WeightsInvalid, one_line
from models.records import FloatArray, Neighbour
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.microscope import PASS_TOKENS, padded, shared_passes
from models.running.pace import result_of
from models.running.top_rows import largest_per_row

PLACES = ("last", "mean")
#: Fewer prompts than this in either list get a warning.
FEW_PROMPTS = 10


@dataclass(frozen=True, eq=False)
class ContrastVector:
    """A vector with what is known about it.

    ``residual_share``: ‖v‖ / mean‖h‖ over the prompts' tokens. ``projections``: x·v̂ of every prompt, positive list
    first. ``auroc``: on prompts left out, in [0, 1], 0.5 is chance; ``None`` below two prompts in either list.
    """

    hook_name: str
    positions: str
    values: FloatArray
    norm: float
    mean_norm: float
    residual_share: float
    positive: tuple[float, ...]
    negative: tuple[float, ...]
    auroc: float | None
    warnings: tuple[str, ...]


def contrast_vector(
    model: LanguageModel,
    positive: Sequence[Sequence[int]],
    negative: Sequence[Sequence[int]],
    hook: str,
    positions: str = "last",
) -> ContrastVector:
    """``contrast_steps`` in one go."""
    return result_of(contrast_steps(model, positive, negative, hook, positions))


@torch.inference_mode()
def contrast_steps(
    model: LanguageModel,
    positive: Sequence[Sequence[int]],
    negative: Sequence[Sequence[int]],
    hook: str,
    positions: str = "last",
) -> Generator[None, None, ContrastVector]:
    """The vector of two lists of prompts (token ids, BOS included where wanted), in steps of one forward pass.

    Raises:
        SteeringError: unknown ``positions``, an empty list or prompt, or two lists that do not differ.
        HookMismatch, ContextMismatch: the hook or a prompt does not fit the model.
    """
    if positions not in PLACES:
        raise SteeringError(f"Positions {positions!r} are not known; use {' or '.join(PLACES)}.")
    if not positive or not negative:
        raise SteeringError("Both lists need at least one prompt.")
    x, norms = yield from _read(model, [*positive, *negative], hook, positions)
    ups, downs = x[: len(positive)], x[len(positive) :]
    v = ups.mean(0) - downs.mean(0)
    norm, mean_norm = float(v.norm()), sum(norms) / len(norms)
    if norm <= 1e-6 * mean_norm:
        raise SteeringError("The two lists have the same mean activation, so there is no direction between them.")
    projections = (x @ (v / norm)).tolist()
    yield
    auroc = left_out_auroc(ups.numpy(), downs.numpy())
    return ContrastVector(
        hook,
        positions,
        v.numpy().astype(np.float32),
        norm,
        mean_norm,
        norm / mean_norm,
        tuple(projections[: len(positive)]),
        tuple(projections[len(positive) :]),
        auroc,
        _warnings(len(positive), len(negative), auroc),
    )


def left_out_auroc(ups: NDArray[np.float32], downs: NDArray[np.float32]) -> float | None:
    """AUROC over pairs of rows, each scored along the difference of means without the pair; see the module's text."""
    n, m = len(ups), len(downs)
    if n < 2 or m < 2:
        return None
    a, b = ups.astype(np.float64), downs.astype(np.float64)
    # Means without row i: (n·mean − a_i) / (n − 1). The difference of means without i and j, times a_i − b_j.
    without_a, without_b = (a.sum(0) - a) / (n - 1), (b.sum(0) - b) / (m - 1)
    score = (a * without_a).sum(1)[:, None] - a @ without_b.T - (without_a @ b.T) + (b * without_b).sum(1)[None, :]
    return float(((score > 0) + 0.5 * (score == 0)).mean())


@torch.inference_mode()
def promoted_tokens(model: LanguageModel, values: FloatArray, hook: str, k: int = 10) -> LogitEffects | None:
    """The tokens that the vector raises and lowers directly; ``None`` where it has no direct path to the logits."""
    try:
        carry = model.residual_map(hook)
    except Unsupported:
        return None
    row = torch.tensor(values, dtype=torch.float32, device=model.device).unsqueeze(0)
    row = row if carry is None else row @ carry.float()
    vocab = min(len(model.tokenizer), model.facts.vocab_size)
    return logit_effects(row, model.final_norm_gain(), model.unembedding()[:, :vocab], k)


def nearest_latents(dictionary: Dictionary, values: FloatArray, k: int = 10) -> list[Neighbour]:
    """``nearest_steps`` in one go."""
    return result_of(nearest_steps(dictionary, values, k))


@torch.inference_mode()
def nearest_steps(dictionary: Dictionary, values: FloatArray, k: int = 10) -> Generator[None, None, list[Neighbour]]:
    """The latents whose decoder rows have the largest cosine with the vector, largest first; in steps.

    Raises:
        DimensionMismatch: the vector belongs to another width.
    """
    if len(values) != dictionary.d_out:
        raise DimensionMismatch(f"The vector has {len(values)} values, the SAE's decoder rows have {dictionary.d_out}.")
    v = torch.tensor(values, dtype=torch.float32, device=dictionary.device)
    pace = dictionary.paces("compare", first=1 << 12, least=1 << 10, most=1 << 16)
    parts: list[Tensor] = []
    for piece in pace.pieces(dictionary.d_sae):
        with pace.timed(piece.stop - piece.start):
            rows = dictionary.W_dec[piece].float()
            parts.append((rows @ v) / (rows.norm(dim=-1) * v.norm()).clamp(min=torch.finfo(torch.float32).tiny))
        yield
    indices, found = largest_per_row(torch.cat(parts).unsqueeze(0), min(k, dictionary.d_sae))
    pairs = zip(indices[0].tolist(), found[0].tolist(), strict=True)
    return [Neighbour(index, max(-1.0, min(1.0, cosine))) for index, cosine in pairs]


def cosine(a: FloatArray, b: FloatArray) -> float:
    """Cosine of two vectors of one hook; near 1 they coincide, near −1 they oppose each other."""
    product = float(np.dot(a.astype(np.float64), b.astype(np.float64)))
    return product / max(float(np.linalg.norm(a)) * float(np.linalg.norm(b)), 1e-30)


def save_vector(vector: ContrastVector, path: Path) -> None:
    """Write a safetensors file: tensor ``vector`` (width,), everything else as JSON in its metadata."""
    facts = {name: value for name, value in asdict(vector).items() if name != "values"}
    save_file({"vector": np.ascontiguousarray(vector.values)}, path, metadata={"periscope": json.dumps(facts)})


def load_vector(path: Path) -> ContrastVector:
    """Read what ``save_vector`` wrote.

    Raises:
        WeightsInvalid: not such a file, or it holds values that are not finite.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads((file.metadata() or {}).get("periscope", "null"))
            values = file.get_tensor("vector")
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise WeightsInvalid(f"{path} is not a saved vector ({one_line(error)}).") from error
    if not isinstance(facts, dict) or values.ndim != 1 or not bool(np.isfinite(values).all()):
        raise WeightsInvalid(f"{path} is not a saved vector: it needs one row of finite numbers and its description.")
    for name in ("positive", "negative", "warnings"):
        facts[name] = tuple(facts.get(name) or ())
    try:
        return ContrastVector(values=values, **facts)
    except TypeError as error:
        raise WeightsInvalid(f"{path} lacks a part of a saved vector's description ({one_line(error)}).") from error


def _read(
    model: LanguageModel, prompts: Sequence[Sequence[int]], hook: str, positions: str
) -> Generator[None, None, tuple[Tensor, list[float]]]:
    """x per prompt (n, width) in float32 on the CPU, and ‖h‖ of every token that counts."""
    starts = [1 if prompt and prompt[0] == model.bos_token_id else 0 for prompt in prompts]
    if any(len(prompt) <= start for prompt, start in zip(prompts, starts, strict=True)):
        raise SteeringError("A prompt has no tokens; every line of both lists needs some text.")
    pace = model.paces(f"read {hook}", most=PASS_TOKENS)
    rows: dict[int, Tensor] = {}
    norms: dict[int, list[float]] = {}
    for group in shared_passes([len(prompt) for prompt in prompts], lambda: pace.size):
        ids = padded([prompts[place] for place in group])
        with pace.timed(ids.numel()):
            found = model.run_to_hooks(ids, [hook])[hook]
            for place, state in zip(group, found, strict=True):
                tokens = state[starts[place] : len(prompts[place])].float().cpu()
                norms[place] = tokens.norm(dim=-1).tolist()
                rows[place] = tokens[-1] if positions == "last" else tokens.mean(0)
        yield
    places = range(len(prompts))
    return torch.stack([rows[place] for place in places]), [norm for place in places for norm in norms[place]]


def _warnings(n_positive: int, n_negative: int, auroc: float | None) -> tuple[str, ...]:
    found = []
    if min(n_positive, n_negative) < FEW_PROMPTS:
        found.append(
            f"There are only {n_positive} positive and {n_negative} negative prompts: below {FEW_PROMPTS} in each list "
            "the vector may be about their wording."
        )
    if auroc is not None and auroc < 0.7:
        found.append(f"On prompts left out, the vector separates the two lists in only {auroc:.0%} of the pairs.")
    return tuple(found)
