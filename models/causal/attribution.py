"""One prompt at one source: its active latents, what they write, and runs and gradients with some of that changed.

1. Run the prompt once; read the latents a at the source's hook and the activation h that the source writes to.
2. Metric m: the log-prob of a target at the last position, or a logit difference (``models.running.metrics``).
3. A latent's write is w = a_i·d_i. Changing the latent's value by c adds c·d_i to h at its position, in a row of its
   own, and the rest of the model is run on. Only the write changes: what the SAE does not explain (its error term)
   stays.
4. Beside the total effect, the direct one: the change carried straight to the logits with the final norm's scale
   frozen. Only a write at the last position has such a path. Where the two differ, later layers add to it or make up
   for it.

For a transcoder a is read at one site and w written at another. SAEs that normalise every token write w = a_i·s·d_i
with s the token's scale.

All of it goes on in steps (``models.running.pace``): a pass over the prompt, a pass with a few rows, some thousand
pairs.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.building.direct import FINAL_NORM, DirectPath
from models.running.active import active_steps
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.metrics import Metrics, Target, measure, metric
from models.running.pace import Pace, result_of
from models.running.resume import Resumable, adding

#: Tokens of the rows of one forward pass at most, of one that is gone back through, and rows of logits.
ROW_TOKENS, BACKWARD_TOKENS, LOGIT_ROWS = 4096, 1024, 500
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
        self.backward_pace: Pace = model.paces(f"gradients from {self.hook}", most=BACKWARD_TOKENS)

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

    def run_cost(self) -> float:
        """Multiplications of one row from the layer of the hook up."""
        facts = self.model.facts
        head = facts.vocab_size * facts.d_model
        layers = max(self.model.paces.per_token - head, facts.d_model)
        return self.n_tokens * layers * self.rest.share_of_layers + head

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
        nothing = torch.zeros(0, dtype=torch.long)
        return self.gradients_adding(1, nothing, nothing, self.state[:0].float(), target)[0]

    def gradients_adding(self, rows: int, places: Tensor, positions: Tensor, vectors: Tensor, target: Target) -> Tensor:
        """∂m/∂h (rows, pos, d_out), float32, in rows that have ``vectors`` (n, d_out) added at (place, position); a
        step.
        """
        leaf: list[Tensor] = []
        add = adding(places, positions, vectors)

        def mark(h: Tensor) -> Tensor:
            leaf.append(add(h.detach()).requires_grad_())
            return leaf[0]

        with self.backward_pace.timed(rows * self.n_tokens), torch.enable_grad():
            value = metric(self.rest.last_logits(rows, {self.hook: mark}), target).sum()
            (gradient,) = torch.autograd.grad(value, leaf)
        self.model.require_finite(gradient, f"as gradient at {self.hook}")
        return gradient.float()


def added_together(prompt: Prompt, changed: Pairs) -> Generator[None, None, Tensor]:
    """What pairs add at each position together, (pos, d_out); ``changed``: the change of each value in its place."""
    found = torch.zeros_like(prompt.state, dtype=torch.float32, device=prompt.dictionary.device)
    pace = pairs_pace(prompt.dictionary)
    for piece in pace.pieces(len(changed)):
        with pace.timed(piece.stop - piece.start), torch.inference_mode():
            part = changed.take(np.arange(piece.start, piece.stop))
            positions = torch.from_numpy(part.positions).to(found.device)
            found.index_put_((positions,), prompt.writes(part), accumulate=True)
        yield
    return found


def pairs_pace(dictionary: Dictionary) -> Pace:
    """How many pairs are estimated in a step."""
    return dictionary.paces("pairs", first=1 << 10, least=1 << 8, most=1 << 16)


def direct_steps(
    prompt: Prompt, changed: Pairs, target: Target, baseline: Metrics
) -> Generator[None, None, list[float | None]]:
    """The main metric's change by the direct path alone for each pair; None for all where there is no such path.

    ``changed``: with the change of each value in place of the value.
    """
    path = DirectPath.of(prompt.model, prompt.rest.found.get(FINAL_NORM), prompt.hook)
    if path is None:
        return [None] * len(changed)
    found: list[float | None] = [0.0] * len(changed)
    at_end = np.flatnonzero(changed.positions == prompt.n_tokens - 1)
    # Several at once: the output layer is read from memory once instead of once per pair.
    pace = prompt.model.paces("direct", first=8, least=4, most=DIRECT_ROWS)
    for piece in pace.pieces(len(at_end)):
        places = at_end[piece]
        with pace.timed(len(places)):
            measured = measure(path.logits(prompt.writes(changed.take(places))), target)
        for place, metrics in zip(places.tolist(), measured, strict=True):
            found[place] = metrics.minus(baseline).main(target)
        yield
    return found
