"""Output score: does a latent steer at all? One forward pass per latent, many latents as rows of one batch.

After Arad, Mueller and Belinkov 2025 (arXiv 2505.20063), who amplify a latent on a neutral prompt and combine the rank
and the probability of the tokens it promotes. The formula used here:

1. Add s·M_i·d_i (s = 1) at the source's output site, at every position of a neutral prompt but a leading BOS.
2. P_i: the tokens that the latent promotes by its direct logit effect (the build's ten). t* is the one of them that is
   most probable as the next token after the intervention, p' its probability, r its rank (1 = most probable).
3. score_i = (1 − ln r / ln V) · (p'(t*) − p(t*)), p without the intervention, V the size of the vocabulary.

So 1 means that one of the promoted tokens became certain, 0 that nothing happened, and a negative score that the best
of them lost. A latent that was never active has no M_i and no score.

Only the source's block and those above it run: below, every row is the same, so its residual is computed once and
handed on (checked against the whole model once; where that fails, the whole model runs, ``upper_only`` says which).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.corpus.training_store import wants_bos
from models.errors import SteeringError
from models.records import LatentsToScore
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.sampling import is_number
from models.sources import parse_hook
from models.steering.boards import RowEdits, Steering
from models.steering.terms import Board, LatentSubject, SteerTerm

#: A beginning that leaves open what comes next.
NEUTRAL_PROMPT = "In my experience,"
#: Latents in one forward pass. A pass over a source keeps to multiples of it, so that a run that was stopped and went
#: on has the same batches, and so the same scores to the last bit.
ROWS = 64


@dataclass(frozen=True, eq=False)
class OutputScores:
    """Per latent asked for: score, rank of its best promoted token and the probability that token gained.

    Arrays (n,); NaN and rank 0 for latents that were never active.
    """

    score: NDArray[np.float32]
    rank: NDArray[np.int64]
    gain: NDArray[np.float32]


class OutputScorer:
    """Scores any latents of one source, in any order: a build calls ``score`` range by range and keeps the results."""

    def __init__(
        self, model: LanguageModel, dictionary: Dictionary, prompt: Sequence[int] | None = None, strength: float = 1.0
    ) -> None:
        """``prompt``: token ids; by default ``NEUTRAL_PROMPT``, after a BOS where the source wants one.

        Raises:
            SteeringError: an empty prompt, or one of BOS alone.
            SourceError: the source cannot be steered by adding.
        """
        self.model, self.dictionary, self.strength = model, dictionary, strength
        self.prompt = list(prompt) if prompt is not None else neutral_prompt(model, dictionary)
        applies = [place > 0 or token != model.bos_token_id for place, token in enumerate(self.prompt)]
        if not any(applies):
            raise SteeringError("The neutral prompt has no token to steer; give a few words.")
        self._mask = torch.tensor([applies], device=model.device)
        self._steering = Steering(model, {"": dictionary})
        self._steering.check(Board((SteerTerm(LatentSubject("", 0, 1.0), "add", strength),)))
        self._layer = parse_hook(dictionary.hook_name).layer
        self._below = self._residual()
        self._base = self._logits(1, None)[0]
        model.require_finite(self._base, "as logits")
        self.upper_only = self._below is not None and self._skipping_is_exact()

    @torch.inference_mode()
    def score(self, indices: Sequence[int], maxima: Sequence[float], promoted: NDArray[np.int64]) -> OutputScores:
        """Score the latents ``indices`` (n,), with their maxima M_i (n,) and promoted token ids (n, k)."""
        n = len(indices)
        scores = OutputScores(np.full(n, np.nan, np.float32), np.zeros(n, np.int64), np.full(n, np.nan, np.float32))
        alive = [place for place in range(n) if maxima[place] > 0]
        for first in range(0, len(alive), ROWS):
            places = alive[first : first + ROWS]
            terms = [
                SteerTerm(LatentSubject("", int(indices[p]), float(maxima[p])), "add", self.strength) for p in places
            ]
            edits = self._steering.rows([Board((term,)) for term in terms])
            logits = self._logits(len(places), edits)
            tokens = torch.from_numpy(promoted[places]).to(logits.device)
            score, rank, gain = combine(logits, self._base, tokens)
            # Logits that are no numbers rank a token nowhere: such a latent has no score.
            score = torch.where(is_number(logits), score, torch.nan)
            scores.score[places] = score.cpu().numpy()
            scores.rank[places] = rank.cpu().numpy()
            scores.gain[places] = gain.cpu().numpy()
        return scores

    def in_batches(self, latents: LatentsToScore, done: int = 0) -> Iterator[NDArray[np.float32]]:
        """Scores of the latents after the first ``done``, a batch at a time."""
        for first in range(done, len(latents), ROWS):
            part = slice(first, first + ROWS)
            found = self.score(latents.indices[part].tolist(), latents.maxima[part].tolist(), latents.promoted[part])
            yield found.score

    def _residual(self) -> Tensor | None:
        """What enters the source's block, (1, pos, d_model); ``None`` where blocks cannot be left out."""
        hook, before = f"blocks.{self._layer}.hook_resid_pre", f"blocks.{self._layer - 1}.hook_resid_post"
        if self._layer == 0 or hook not in self.model.hooks or before not in self.model.hooks:
            return None
        plain: list[bool] = []  # whether a block returns the residual alone, so that something else can stand in
        block = self.model.model.get_submodule(self.model.tap(before).module)
        with self.model.lock, ExitStack() as stack:
            handle = block.register_forward_hook(lambda m, i, output: plain.append(isinstance(output, Tensor)))
            stack.callback(handle.remove)
            residual = self.model.run_to_hooks(torch.tensor([self.prompt]), [hook])[hook]
        return residual if plain == [True] else None

    @torch.inference_mode()
    def _logits(self, n_rows: int, edits: RowEdits | None) -> Tensor:
        """Next-token logits (rows, vocab) in float32 of the neutral prompt in every row."""
        ids = torch.tensor([self.prompt] * n_rows, device=self.model.device)
        with self.model.lock, ExitStack() as stack:
            if self._below is not None:
                stack.enter_context(blocks_skipped(self.model, self._layer, self._below.expand(n_rows, -1, -1)))
            if edits is not None:
                stack.enter_context(edits.attached(self.model, self._mask.expand(n_rows, -1)))
            logits: Tensor = self.model.model(ids, use_cache=False, logits_to_keep=1).logits
        return logits[:, -1].float()

    def _skipping_is_exact(self) -> bool:
        below, self._below = self._below, None
        whole = self._logits(1, None)[0]
        if torch.allclose(whole, self._base, atol=1e-3, rtol=1e-3):
            self._below = below
            return True
        self._base = whole
        return False


def combine(logits: Tensor, base: Tensor, promoted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Score, rank and gain (rows,) from logits (rows, vocab), base logits (vocab,) and promoted ids (rows, k)."""
    p = torch.softmax(logits, -1)
    best = promoted.gather(1, p.gather(1, promoted).argmax(1, keepdim=True))
    rank = (logits > logits.gather(1, best)).sum(1) + 1
    gain = p.gather(1, best).squeeze(1) - torch.softmax(base, -1)[best.squeeze(1)]
    weight = 1 - rank.float().log() / np.log(logits.shape[1])
    return weight * gain, rank, gain


def neutral_prompt(model: LanguageModel, dictionary: Dictionary, text: str = NEUTRAL_PROMPT) -> list[int]:
    """Token ids of a neutral beginning, after a BOS where the source was trained with one."""
    bos = model.bos_token_id if wants_bos(model, dictionary.facts) else None
    return [*([] if bos is None else [bos]), *model.tokenize(text)]


@contextmanager
def blocks_skipped(model: LanguageModel, layer: int, residual: Tensor) -> Iterator[None]:
    """Within the block, the blocks below ``layer`` do nothing and ``residual`` (rows, pos, d_model) enters it.

    For forward passes without a cache; the caller holds the lock.
    """

    def passed(*args: Any, **kwargs: Any) -> Any:
        return args[0] if args else kwargs["hidden_states"]

    def entered(*args: Any, **kwargs: Any) -> Any:
        return residual

    with ExitStack() as stack:
        for n in range(layer):
            path = model.tap(f"blocks.{n}.hook_resid_post").module
            stack.enter_context(_replaced(model.model.get_submodule(path), entered if n == layer - 1 else passed))
        yield


@contextmanager
def _replaced(module: Any, forward: Callable[..., Any]) -> Iterator[None]:
    own = module.__dict__.get("forward")
    module.forward = forward
    try:
        yield
    finally:
        if own is None:
            del module.forward
        else:
            module.forward = own
