"""Both texts of a steering answer for a reader without scripts; frontend/static/js/steer/ shows the same."""

import math
from collections.abc import Sequence

from app import answers_steer as answers
from app.db.display import whole_characters
from app.formats import number, percent
from app.services.tokens import STEPS, pieces, plain
from app.views import Gauge, WrittenToken, WrittenView
from models.coherence import MAX_NLL_RISE, MIN_DISTINCT_SHARE, STRAINED_DISTINCT_SHARE, STRAINED_NLL_RISE

#: Below it a token is not shaded: rounding alone makes as much.
LEAST_KL = 0.01
#: A share of the residual norm from which a text is under strain, and one from which it mostly breaks; a rule of thumb.
SHARES, MOST_SHARE = (0.4, 1.0), 1.5


def kl_step(kl: float) -> int:
    """The shade 1 to ``STEPS`` of a KL in nats, 1 − e^−KL of the way; 0 for none."""
    return 0 if kl < LEAST_KL else max(1, round(STEPS * (1 - math.exp(-kl))))


def written_view(found: answers.SteerAnswer, positions: str, last_message: str) -> WrittenView:
    """The texts and the notes; ``last_message`` of a chat, empty for a plain prompt."""
    applies = positions != "prompt" and bool(found.terms)
    steered = [
        f"KL {number(kl)} · log-prob {number(logprob)}, unsteered {number(base)}"
        for kl, logprob, base in zip(found.steered.kl, found.steered.logprobs, found.steered.base_logprobs, strict=True)
    ]
    baseline = [f"log-prob {number(value)}" for value in found.baseline.logprobs]
    n_prompt = len(found.prompt_tokens)
    return WrittenView(
        prompt=_tokens(found.prompt_tokens, [0] * n_prompt, [""] * n_prompt, found.prompt_steered),
        baseline=_tokens(found.baseline.tokens, [0] * len(baseline), baseline, [False] * len(baseline)),
        steered=_tokens(
            found.steered.tokens, [kl_step(kl) for kl in found.steered.kl], steered, [applies] * len(steered)
        ),
        answer=turn_of(found, last_message),
        verdict=found.coherence.verdict or "too short to say",
        notes=tuple(plain(note) for note in found.notes),
    )


def turn_of(found: answers.SteerAnswer, last_message: str) -> str:
    """The steered answer of a chat, up to the token that ends a turn: the one that the template put after a message."""
    end = "".join(found.prompt_tokens).rfind(last_message) + len(last_message)
    for token in found.prompt_tokens:
        end -= len(token)
        if end < 0:
            tokens = found.steered.tokens
            return "".join(tokens[: tokens.index(token)]) if token.strip() and token in tokens else found.steered.text
    return found.steered.text


def gauges(found: answers.CoherenceAnswer | None = None) -> tuple[Gauge, ...]:
    """The three measures of coherence, each with its bounds; empty ones before anything was written."""
    rise = distinct = injected = None
    surprise_text = variety_text = injected_text = "–"
    if found is not None and found.nll_rise is not None:
        rise = max(0.0, found.nll_rise)
        surprise_text = f"{number(found.base_nll_steered)} nats, unsteered {number(found.base_nll_baseline)}"
    if found is not None and found.distinct_2_steered is not None:
        distinct = found.distinct_2_steered / found.distinct_2_baseline if found.distinct_2_baseline else 1.0
        variety_text = f"{percent(found.distinct_2_steered)}, unsteered {percent(found.distinct_2_baseline)}"
    if found is not None and found.injected_norm_share is not None:
        injected = found.injected_norm_share
        injected_text = f"{percent(injected, 2)} of the residual norm"
    return (
        Gauge("surprise", "Surprise", "how unlikely the unsteered model finds a token of the text, on average",
              rise or 0.0, surprise_text, STRAINED_NLL_RISE, MAX_NLL_RISE, 2 * MAX_NLL_RISE, 0),
        Gauge("variety", "Variety", "pairs of neighbouring tokens that are distinct",
              min(1.0, distinct or 0.0), variety_text, MIN_DISTINCT_SHARE, STRAINED_DISTINCT_SHARE, 1, 1),
        Gauge("injected", "Injected", "how large the change is beside the activation itself",
              min(MOST_SHARE, injected or 0.0), injected_text, *SHARES, MOST_SHARE, 0),
    )  # fmt: skip


def _tokens(
    texts: Sequence[str], steps: Sequence[int], said: Sequence[str], steered: Sequence[bool]
) -> tuple[WrittenToken, ...]:
    shown = whole_characters(texts)
    return tuple(
        WrittenToken(pieces(text), step, what, applies)
        for text, step, what, applies in zip(shown, steps, said, steered, strict=True)
    )
