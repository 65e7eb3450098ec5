"""Which active latents a prediction rests on: removed one by one exactly, estimated for all by one backward pass.

1. Run the prompt once; read the latents a at the source's hook and the activation h that the source writes to.
2. Metric m: the log-prob of a target at the last position, or a logit difference (``models.metrics``).
3. One backward pass gives G = ∂m/∂h (pos, d). A latent's write is w = a_i·d_i, so removing it changes m by about
   −G·w: attribution patching (Nanda 2023; Syed, Rager, Conmy 2023, arXiv 2310.10348), for every (position, latent).
4. For the strongest by estimate, exactly: h − w at that position in a row of its own, and the rest of the model run on.
   Only the write is taken away, so what the SAE does not explain (its error term) stays.
5. Beside the total effect, the direct one: w carried straight to the logits with the final norm's scale frozen. Only
   a write at the last position has such a path. Where the two differ, later layers add to it or make up for it.

For a transcoder a is read at one site and w written at another. SAEs that normalise every token write w = a_i·s·d_i
with s the token's scale.

All of it goes on in steps (``models.pace``): a pass over the prompt, a pass with a few rows, some thousand estimates.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.active import active_steps
from models.dictionary import Dictionary
from models.direct import FINAL_NORM, DirectPath
from models.language_model import LanguageModel
from models.metrics import Metrics, Target, find_target, measure, metric
from models.pace import Pace, result_of, telling
from models.resume import Resumable, adding

#: Tokens of the rows of one forward pass at most, and rows of logits.
ROW_TOKENS, LOGIT_ROWS = 4096, 500
#: Rows of logits of the direct path at once, at most.
DIRECT_ROWS = 64


@dataclass(frozen=True, eq=False)
class Pairs:
    """Active (position, latent) pairs, arrays (n,), sorted by position, then latent."""

    positions: NDArray[np.int64]
    latents: NDArray[np.int64]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, places: NDArray[np.integer]) -> "Pairs":
        """Those at ``places``, in that order."""
        return Pairs(self.positions[places], self.latents[places], self.values[places])


@dataclass(frozen=True)
class LatentEffect:
    """What removing one latent at one position does: changes, in the units of each metric.

    ``estimate`` and ``exact`` are of the main metric; ``change`` has all of them; ``direct`` is the main metric's
    change through the direct path alone, ``None`` where that path is unknown.
    """

    position: int
    latent: int
    activation: float
    estimate: float
    exact: float
    change: Metrics
    direct: float | None


@dataclass(frozen=True)
class Ablation:
    """The strongest latents, by the size of their exact effect; ``n_active`` pairs were estimated.

    ``correlation`` of estimate and exact over those that have both; ``None`` for fewer than three.
    """

    target: Target
    baseline: Metrics
    n_active: int
    effects: tuple[LatentEffect, ...]
    correlation: float | None


class Prompt:
    """One prompt at one source: its latents, what they write, and runs with some of that changed."""

    def __init__(
        self, model: LanguageModel, dictionary: Dictionary, token_ids: Sequence[int], counts: Sequence[bool]
    ) -> None:
        """``steps`` in one go."""
        self._run(model, dictionary, token_ids, counts)
        self.pairs = result_of(self._find())

    @classmethod
    def steps(
        cls, model: LanguageModel, dictionary: Dictionary, token_ids: Sequence[int], counts: Sequence[bool]
    ) -> "Generator[None, None, Prompt]":
        """Run the prompt once, then encode. ``counts``: tokens whose latents are looked at.

        Raises:
            HookMismatch, ContextMismatch: as ``LanguageModel.run_to_hooks``.
        """
        prompt = cls.__new__(cls)
        prompt._run(model, dictionary, token_ids, counts)
        yield
        prompt.pairs = yield from prompt._find()
        return prompt

    def _run(
        self, model: LanguageModel, dictionary: Dictionary, token_ids: Sequence[int], counts: Sequence[bool]
    ) -> None:
        self.model, self.dictionary = model, dictionary
        self.hook = dictionary.hook_out
        ids = torch.tensor([list(token_ids)], dtype=torch.long)
        last_norm = [FINAL_NORM] if FINAL_NORM in model.hooks else []
        self.rest = Resumable(model, ids, self.hook, also=[dictionary.hook_name, self.hook, *last_norm])
        self.read = dictionary.read(self.rest.found[dictionary.hook_name])[0]
        self.state: Tensor = self.rest.found[self.hook][0]  # (pos, d_out)
        self.scale = dictionary.output_scale(self.read).float()  # (pos, 1)
        self.counts = np.asarray(counts, bool)
        self.logits = self.rest.logits  # (1, vocab)
        self.pace: Pace = model.paces(f"rows from {self.hook}", most=ROW_TOKENS)

    def _find(self) -> Generator[None, None, Pairs]:
        found = yield from active_steps(self.dictionary, self.read)
        order = np.lexsort((found.latents, found.rows))
        order = order[self.counts[found.rows[order]]]
        return Pairs(found.rows[order], found.latents[order], found.values[order])

    @property
    def n_tokens(self) -> int:
        """Tokens of the prompt."""
        return len(self.state)

    def run_adding(self, rows: int, places: Tensor, positions: Tensor, vectors: Tensor) -> Tensor:
        """Logits (rows, vocab) after the last token, ``vectors`` (n, d_out) added at (place, position)."""
        with torch.inference_mode():
            return self.rest.last_logits(rows, {self.hook: adding(places, positions, vectors)})

    def measure_adding(
        self, rows: int, places: Tensor, positions: Tensor, vectors: Tensor, target: Target
    ) -> list[Metrics]:
        """The numbers about the target in each row; a step."""
        with self.pace.timed(rows * self.n_tokens):
            logits = self.run_adding(rows, places, positions, vectors)
            self.model.require_finite(logits, "as logits when latents are changed")
            return measure(logits, target)

    def rows_at_once(self) -> int:
        """Rows of the next forward pass."""
        return max(1, min(LOGIT_ROWS, min(ROW_TOKENS, self.pace.size) // self.n_tokens))

    @torch.inference_mode()
    def writes(self, pairs: Pairs) -> Tensor:
        """What each pair writes, (n, d_out) in units of the activation."""
        device = self.dictionary.device
        latents = torch.from_numpy(pairs.latents).to(device)
        values = torch.from_numpy(pairs.values).to(device)
        scale = self.scale[torch.from_numpy(pairs.positions).to(device), 0]
        return (values * scale).unsqueeze(1) * self.dictionary.W_dec[latents].float()

    def gradient(self, target: Target) -> Tensor:
        """∂m/∂h at the written site, (pos, d_out), float32: one pass forward from there and one back."""
        leaf: list[Tensor] = []

        def mark(h: Tensor) -> Tensor:
            leaf.append(h.detach().clone().requires_grad_())
            return leaf[0]

        with torch.enable_grad():
            value = metric(self.rest.last_logits(1, {self.hook: mark}), target).sum()
            (gradient,) = torch.autograd.grad(value, leaf)
        self.model.require_finite(gradient, f"as gradient at {self.hook}")
        return gradient[0].float()


def ablate(
    prompt: Prompt, token: str | None, contrast: str | None, top_k: int
) -> Generator[tuple[int, int], None, Ablation]:
    """Estimates for all active pairs, exact effects for the ``top_k`` strongest; yields (rows done, rows in all).

    Raises:
        InputRefused: the target or the contrast is not one token.
        Unsupported: the site can only be read.
    """
    target = find_target(prompt.model, token, contrast, int(prompt.logits[0].argmax()))
    baseline = measure(prompt.logits, target)[0]
    pairs = prompt.pairs
    gradient = prompt.gradient(target)
    total = min(top_k, len(pairs))
    yield 0, total
    estimates = np.zeros(len(pairs))
    pace = pairs_pace(prompt.dictionary)
    for piece in pace.pieces(len(pairs)):
        with pace.timed(piece.stop - piece.start):
            estimates[piece] = estimate(prompt, pairs.take(np.arange(piece.start, piece.stop)), gradient)
        yield 0, total
    strongest = np.argsort(-np.abs(estimates), kind="stable")[:top_k]
    chosen, estimates = pairs.take(strongest), estimates[strongest]
    changes: list[Metrics] = []
    while len(changes) < total:
        part = chosen.take(np.arange(len(changes), min(total, len(changes) + prompt.rows_at_once())))
        changes += [found.minus(baseline) for found in remove_each(prompt, part, target)]
        yield len(changes), total
    direct = yield from telling((total, total), direct_steps(prompt, chosen, target, baseline))
    effects = [
        LatentEffect(
            position=int(chosen.positions[n]),
            latent=int(chosen.latents[n]),
            activation=float(chosen.values[n]),
            estimate=float(estimates[n]),
            exact=change.main(target),
            change=change,
            direct=direct[n],
        )
        for n, change in enumerate(changes)
    ]
    exact = np.array([effect.exact for effect in effects])
    effects.sort(key=lambda effect: -abs(effect.exact))
    return Ablation(target, baseline, len(pairs), tuple(effects), correlation(estimates, exact))


def pairs_pace(dictionary: Dictionary) -> Pace:
    """How many pairs are estimated in a step."""
    return dictionary.paces("pairs", first=1 << 10, least=1 << 8, most=1 << 16)


@torch.inference_mode()
def estimate(prompt: Prompt, pairs: Pairs, gradient: Tensor) -> NDArray[np.float64]:
    """−G·w for each pair (n,): the first-order change of the metric when the pair's write is removed."""
    dictionary = prompt.dictionary
    latents = torch.from_numpy(pairs.latents).to(dictionary.device)
    positions = torch.from_numpy(pairs.positions).to(dictionary.device)
    rows = gradient.to(dictionary.device)[positions]
    slopes = (rows * dictionary.W_dec[latents].float()).sum(1)
    written = torch.from_numpy(pairs.values).to(dictionary.device) * prompt.scale[positions, 0]
    result: NDArray[np.float64] = (-slopes * written).double().cpu().numpy()
    return result


def remove_each(prompt: Prompt, pairs: Pairs, target: Target) -> list[Metrics]:
    """The numbers about the target with each pair's write removed in a row of its own."""
    n = len(pairs)
    positions = torch.from_numpy(pairs.positions)
    return prompt.measure_adding(n, torch.arange(n), positions, -prompt.writes(pairs), target)


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Pearson's, ``None`` for fewer than three pairs or where one side is constant."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def direct_steps(
    prompt: Prompt, pairs: Pairs, target: Target, baseline: Metrics
) -> Generator[None, None, list[float | None]]:
    """The main metric's change by the direct path alone for each pair; None for all where there is no such path."""
    path = DirectPath.of(prompt.model, prompt.rest.found.get(FINAL_NORM), prompt.hook)
    if path is None:
        return [None] * len(pairs)
    found: list[float | None] = [0.0] * len(pairs)
    at_end = np.flatnonzero(pairs.positions == prompt.n_tokens - 1)
    # Several at once: the output layer is read from memory once instead of once per pair.
    pace = prompt.model.paces("direct", first=8, least=4, most=DIRECT_ROWS)
    for piece in pace.pieces(len(at_end)):
        places = at_end[piece]
        with pace.timed(len(places)):
            measured = measure(path.logits(-prompt.writes(pairs.take(places))), target)
        for place, metrics in zip(places.tolist(), measured, strict=True):
            found[place] = metrics.minus(baseline).main(target)
        yield
    return found
