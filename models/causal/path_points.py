"""Estimates of what removing a latent does, from gradients at a few points on the way to its removal.

One gradient at the prompt as it is (attribution patching) says nothing where the model is saturated: an attention head
that looks at one token with a probability of 1, a prediction that is certain, stay as they are for any small change and
give way to a large one. Integrated gradients (Sundararajan, Taly, Yan 2017; on latents: Marks et al. 2024,
arXiv 2403.19647) average the gradient over the way, which is exact for a path of one latent:

    m(h + c·d) − m(h) = ∫₀¹ G(h + t·c·d)·(c·d) dt

A path for every latent would cost more than removing it, so latents share one, and a gradient is taken halfway along:

1. one row per token, in which all latents of that token go together, h_p + t·Σ c·d. This leaves the other tokens as
   they are, and so meets what AtP* (Kramár et al. 2024, arXiv 2403.00745) repairs by computing each attention pattern
   anew: attention that lets go of this token, or turns to it.
2. one row in which the latents of all tokens go together, where a row per token would cost too much.

The estimate is the mean over the points. What is removed exactly is chosen by its best rank at any of them: each point
sees what the other does not, and their sizes cannot be compared. Points nearer to the end, where everything is gone,
find fewer of the strongest (docs/ablation.md).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.causal.attribution import Pairs, Prompt, added_together, pairs_pace
from models.running.metrics import Target

#: Where on the way the second gradient is taken; the first is at its beginning.
HALFWAY = 0.5
#: A pass forward and back takes as long as so many forward.
BACKWARD = 3


@dataclass(frozen=True, eq=False)
class Estimates:
    """Of each pair (n,): ``mean`` over the points in units of the metric; ``rank``, the best at any of them, from 0.

    ``sizes``: the length of what is added (n,), in units of the activation. ``rows``: forward and backward passes.
    """

    mean: NDArray[np.float64]
    rank: NDArray[np.int64]
    sizes: NDArray[np.float64]
    rows: int


def estimate_steps(prompt: Prompt, moved: Pairs, target: Target, budget: int) -> Generator[None, None, Estimates]:
    """Estimates for all pairs; a step is a pass forward and back, or some thousand pairs.

    Args:
        prompt: the prompt.
        moved: every pair with the change of its value in place of the value.
        target: what is measured.
        budget: forward rows that the points may cost; two gradients are taken in any case.
    """
    tokens = np.unique(moved.positions)
    together = yield from added_together(prompt, moved)
    gradients = [prompt.gradient(target)]
    yield
    rows = 1
    if BACKWARD * len(tokens) <= budget:
        gradients.append((yield from _by_token(prompt, tokens, HALFWAY * together, target)))
        rows += len(tokens)
    else:
        gradients.append(_at_once(prompt, HALFWAY * together, target))
        rows += 1
        yield
    return (yield from _estimates(prompt, moved, gradients, rows))


def _at_once(prompt: Prompt, added: Tensor, target: Target) -> Tensor:
    everywhere = torch.arange(prompt.n_tokens)
    return prompt.gradients_adding(1, torch.zeros_like(everywhere), everywhere, added, target)[0]


def _by_token(
    prompt: Prompt, tokens: NDArray[np.integer], added: Tensor, target: Target
) -> Generator[None, None, Tensor]:
    """The gradient at each token (pos, d_out) in the row in which that token is changed."""
    found = torch.zeros_like(prompt.state, dtype=torch.float32)
    done = 0
    while done < len(tokens):
        at_once = max(1, prompt.backward_pace.size // prompt.n_tokens)
        places = torch.from_numpy(tokens[done : done + at_once])
        done += at_once
        rows = torch.arange(len(places))
        gradients = prompt.gradients_adding(len(places), rows, places, added[places.to(added.device)], target)
        found[places.to(found.device)] = gradients[rows.to(gradients.device), places.to(gradients.device)]
        yield
    return found


def _estimates(
    prompt: Prompt, moved: Pairs, gradients: Sequence[Tensor], rows: int
) -> Generator[None, None, Estimates]:
    stacked = torch.stack(list(gradients)).to(prompt.dictionary.device)  # (points, pos, d_out)
    slopes, sizes = np.zeros((len(stacked), len(moved))), np.zeros(len(moved))
    pace = pairs_pace(prompt.dictionary)
    for piece in pace.pieces(len(moved)):
        with pace.timed(piece.stop - piece.start), torch.inference_mode():
            part = moved.take(np.arange(piece.start, piece.stop))
            writes = prompt.writes(part)
            along = stacked[:, torch.from_numpy(part.positions).to(stacked.device)]  # (points, n, d_out)
            slopes[:, piece] = (along * writes).sum(-1).double().cpu().numpy()
            sizes[piece] = writes.norm(dim=1).double().cpu().numpy()
        yield
    ranks = np.argsort(np.argsort(-np.abs(slopes), axis=1, kind="stable"), axis=1, kind="stable")
    return Estimates(slopes.mean(0), ranks.min(0), sizes, rows)
