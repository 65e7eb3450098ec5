"""How likely a model under a board finds the tokens of a text that it did not write.

Every prompt is run once, several in a pass, and each token's log-prob is read from the logits before it, of the model
as it stood there: with steering on the tokens before, where the board's positions hold the prompt. The first token has
none.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.running.microscope import PASS_TOKENS, padded, shared_passes
from models.running.prefill import prompt_board
from models.running.sampling import Chooser, Sampling
from models.steering.boards import Steering
from models.steering.terms import Board

#: Of one token: the likeliest ones at its place, with their log-probs in nats.
Likeliest = tuple[tuple[int, float], ...]


@dataclass(frozen=True, eq=False)
class PromptScores:
    """Of one prompt of n tokens: log-probs in nats of tokens 1 to n − 1, the likeliest tokens at their places, and the
    logits (vocab,) after the last one.
    """

    logprobs: tuple[float, ...]
    likeliest: tuple[Likeliest, ...]
    last: Tensor


@dataclass(frozen=True)
class Chosen:
    """One token that was chosen from logits."""

    token_id: int
    logprob: float
    likeliest: Likeliest


def score_steps(
    steering: Steering, prompts: Sequence[tuple[int, ...]], board: Board | None, n_likeliest: int
) -> Generator[None, None, list[PromptScores]]:
    """The scores of the prompts, a pass over some of them per step.

    Raises ContextMismatch for one that is too long, and as ``Steering.rows`` does.
    """
    pace = steering.model.paces("score prompts", most=PASS_TOKENS)
    found: dict[int, PromptScores] = {}
    for group in shared_passes([len(prompt) for prompt in prompts], lambda: pace.size):
        some = [prompts[place] for place in group]
        with pace.timed(len(some) * max(len(prompt) for prompt in some)):
            found |= dict(zip(group, _scored(steering, some, board, n_likeliest), strict=True))
        yield
    return [found[place] for place in range(len(prompts))]


@torch.inference_mode()
def choose(logits: Tensor, sampling: Sampling) -> Chosen:
    """The token that a text would begin with, for logits (vocab,)."""
    token = Chooser(sampling, logits.device).choose(logits)
    logprobs = torch.log_softmax(logits, dim=-1)
    top = logprobs.topk(min(sampling.alternatives, len(logprobs)))
    pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return Chosen(token, float(logprobs[token]), tuple(pairs))


@torch.inference_mode()
def _scored(
    steering: Steering, prompts: Sequence[tuple[int, ...]], board: Board | None, n_likeliest: int
) -> list[PromptScores]:
    model = steering.model
    ids = padded(prompts).to(model.device)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=model.device).unsqueeze(1)
    real = torch.arange(ids.shape[1], device=model.device).unsqueeze(0) < lengths
    steered = real.clone()
    if board is None or not board.steer_bos:
        for row, prompt in enumerate(prompts):
            steered[row, 0] = prompt[0] != model.bos_token_id
    edits = steering.rows([prompt_board(board)] * len(prompts))
    # The logits after a token are about the one that follows it; after the last, about none.
    following = torch.cat([ids[:, 1:], torch.zeros_like(ids[:, :1])], dim=1)[real]
    ends = set((lengths.flatten().cumsum(0) - 1).tolist())
    logprobs: list[float] = []
    likeliest: list[Likeliest] = []
    last: list[Tensor] = []
    for logits in model.steered_logits(ids, real, edits.attached(model, steered)):
        start = len(logprobs)
        found = torch.log_softmax(logits, dim=-1)
        target = following[start : start + len(found)].unsqueeze(1)
        logprobs += found.gather(1, target).squeeze(1).tolist()
        top = found.topk(min(n_likeliest, found.shape[1]), dim=-1)
        rows = zip(top.indices.tolist(), top.values.tolist(), strict=True)
        likeliest += [tuple(zip(tokens, values, strict=True)) for tokens, values in rows]
        last += [logits[place - start].clone() for place in range(start, start + len(logits)) if place in ends]
    scores, start = [], 0
    for prompt, after in zip(prompts, last, strict=True):
        end = start + len(prompt) - 1
        scores.append(PromptScores(tuple(logprobs[start:end]), tuple(likeliest[start:end]), after))
        start = end + 1
    return scores
