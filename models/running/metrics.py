"""What a change is measured by: the next token that is meant, and numbers about it.

log-prob = log softmax(logits)[target] in nats. Logit difference = logit of the target minus that of the contrast
token. Both add up over small changes. Probability and rank (1 is the most likely token) are sharper to look at, but
can hide parts that add up: a latent that lowers a log-prob by 3 nats moves a probability of 0.001 by less than 0.001.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.errors import InputMismatch, InputRefused
from models.running.token_text import numbered

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel

#: Text that no token reaches over the end of.
_BEFORE = "\n"
LOG_PROB, LOGIT_DIFFERENCE = "log_prob", "logit_difference"


@dataclass(frozen=True)
class Target:
    """The next token that is meant, and the one it is held against, if any."""

    token_id: int
    contrast_id: int | None = None

    @property
    def metric(self) -> str:
        """What changes are measured by: the logit difference where there is a contrast, else the log-prob."""
        return LOG_PROB if self.contrast_id is None else LOGIT_DIFFERENCE


@dataclass(frozen=True)
class Metrics:
    """Numbers about the target, or the change of each."""

    log_prob: float  # nats
    probability: float
    rank: float  # 1 is the most likely token
    logit_difference: float | None

    def main(self, target: Target) -> float:
        """The number that ``target`` is measured by."""
        value = self.log_prob if target.metric == LOG_PROB else self.logit_difference
        return float("nan") if value is None else value

    def minus(self, other: "Metrics") -> "Metrics":
        """The change from ``other`` to this."""
        difference = None
        if self.logit_difference is not None and other.logit_difference is not None:
            difference = self.logit_difference - other.logit_difference
        return Metrics(
            self.log_prob - other.log_prob, self.probability - other.probability, self.rank - other.rank, difference
        )


def mean_of(runs: Sequence[Metrics]) -> Metrics:
    """The mean of every number over runs."""
    n = len(runs)
    differences = [run.logit_difference for run in runs if run.logit_difference is not None]
    return Metrics(
        sum(run.log_prob for run in runs) / n,
        sum(run.probability for run in runs) / n,
        sum(run.rank for run in runs) / n,
        sum(differences) / n if differences else None,
    )


def metric(logits: Tensor, target: Target) -> Tensor:
    """The target's number for each row of ``logits`` (n, vocab); differentiable."""
    if target.contrast_id is None:
        return logits.log_softmax(-1)[:, target.token_id]
    return logits[:, target.token_id] - logits[:, target.contrast_id]


@torch.inference_mode()
def measure(logits: Tensor, target: Target) -> list[Metrics]:
    """All numbers for each row of ``logits`` (n, vocab)."""
    log_probs = logits.log_softmax(-1)[:, target.token_id]
    own = logits[:, target.token_id]
    ranks = 1 + (logits > own.unsqueeze(1)).sum(1)
    differences: Sequence[float | None] = [None] * len(logits)
    if target.contrast_id is not None:
        differences = (own - logits[:, target.contrast_id]).tolist()
    rows = zip(log_probs.tolist(), log_probs.exp().tolist(), ranks.tolist(), differences, strict=True)
    return [Metrics(log_prob, probability, rank, difference) for log_prob, probability, rank, difference in rows]


def find_target(model: "LanguageModel", token: str | None, contrast: str | None, likely: int) -> Target:
    """The tokens that two strings name; without ``token``, the model's own next token ``likely``.

    Raises:
        InputMismatch: a string that is not one token; says what it splits into. Or two equal tokens.
    """
    target = likely if token is None else one_token(model, token, "The target")
    against = None if contrast is None else one_token(model, contrast, "The contrast token")
    if target == against:
        raise InputMismatch("The target and the contrast token are the same; choose another contrast token.")
    return Target(target, against)


def one_token(model: "LanguageModel", text: str, name: str) -> int:
    """The id of the token that a string is where a text goes on; the name of a special token counts as one.

    A space in front belongs to the token, in byte-level and SentencePiece vocabularies alike. Whatever ``name_of``
    calls a token is understood.
    """
    if not text:
        raise InputRefused(f"{name} is empty; give one token, or leave it out.")
    found = model.token_named(text)
    if found is not None:
        return found
    ids = continuing(model, text)
    if len(ids) == 1:
        return ids[0]
    pieces = ", ".join(repr(piece) for piece in model.token_strings(ids[:8]))
    more = f" and {len(ids) - 8} more" if len(ids) > 8 else ""
    spaced = " " + text
    is_one = model.token_named(spaced) is not None or len(continuing(model, spaced)) == 1
    hint = f"; with a space before it, {spaced!r} is one" if is_one else ""
    raise InputMismatch(f"{name} {text[:40]!r} is not one token: it splits into {pieces}{more}{hint}.")


def name_of(model: "LanguageModel", token_id: int) -> str:
    """What a token is called so that ``one_token`` finds it: its text, or its number where that is not enough."""
    text = model.token_strings([token_id])[0]
    return text if text and model.token_named(text) == token_id else numbered(token_id)


def continuing(model: "LanguageModel", text: str) -> list[int]:
    """The ids of a text in the middle of another: a SentencePiece tokenizer puts a space before a text's beginning."""
    before = model.tokenize(_BEFORE)
    ids = model.tokenize(_BEFORE + text)
    return ids[len(before) :] if ids[: len(before)] == before else model.tokenize(text)
