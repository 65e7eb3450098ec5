"""Both texts of a steering answer for a reader without scripts; frontend/static/js/steer/ shows the same."""

import math
from collections.abc import Sequence

from app.db.display import whole_characters
from app.steer import schemas as answers
from app.steer.views import Gauge, WrittenToken, WrittenView
from app.text.formats import number, percent
from app.text.tokens import STEPS, pieces, plain
from models.steering.coherence import BABBLING, COHERENT, MIN_DISTINCT_SHARE, STRAINED_DISTINCT_SHARE

#: Below it a token is not shaded: rounding alone makes as much.
LEAST_KL = 0.01
#: A share of the residual norm from which a text is under strain, and one from which it mostly breaks; a rule of thumb.
SHARES, MOST_SHARE = (0.4, 1.0), 1.5
#: Effects that hardly show, that show, and the end of the gauge: in multiples of what strength 1 stands for.
EFFECTS, MOST_EFFECT = (0.01, 0.05), 0.3


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
        verdict=found.gauges.verdict or "too short to say",
        surprise=surprise(found.coherence),
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


def gauges(found: answers.SteerAnswer | None = None) -> tuple[Gauge, ...]:
    """Effect and fluency, and what stands beside them; empty ones before anything was written."""
    effect = fluent = distinct = injected = None
    effect_text = fluent_text = variety_text = injected_text = "–"
    if found is not None:
        effect, fluent = found.gauges.effect, found.gauges.fluency
        effect_text = "–" if effect is None else f"{percent(effect, 2)} of strength 1"
        if fluent is not None:
            fluent_text = f"{percent(fluent)} of the unsteered text's order"
        coherence = found.coherence
        if coherence.distinct_2_steered is not None:
            before = coherence.distinct_2_baseline
            distinct = coherence.distinct_2_steered / before if before else 1.0
            variety_text = f"{percent(coherence.distinct_2_steered)}, unsteered {percent(before)}"
        if coherence.injected_norm_share is not None:
            injected = coherence.injected_norm_share
            injected_text = f"{percent(injected, 2)} of the residual norm"
    return (
        Gauge("effect", "Effect", "how much more of what is steered the unsteered model sees in the text",
              min(MOST_EFFECT, max(0.0, effect or 0.0)), effect_text, *EFFECTS, MOST_EFFECT, MOST_EFFECT),
        Gauge("fluency", "Fluency", "how much the order of the words helps the unsteered model to foresee them",
              fluent or 0.0, fluent_text, BABBLING, COHERENT, 1, 1),
        Gauge("variety", "Variety", "pairs of neighbouring tokens that are distinct",
              min(1.0, distinct or 0.0), variety_text, MIN_DISTINCT_SHARE, STRAINED_DISTINCT_SHARE, 1, 1),
        Gauge("injected", "Injected", "how large the change is beside the activation itself",
              min(MOST_SHARE, injected or 0.0), injected_text, *SHARES, MOST_SHARE, 0),
    )  # fmt: skip


def surprise(found: answers.CoherenceAnswer) -> str:
    """How surprised the unsteered model is by a token, as a sentence; empty for a text that is too short."""
    if found.base_nll_steered is None:
        return ""
    return (
        f"Surprise {number(found.base_nll_steered)} nats a token, unsteered {number(found.base_nll_baseline)}: a new "
        "language or style surprises too, so it is no part of the verdict."
    )


def _tokens(
    texts: Sequence[str], steps: Sequence[int], said: Sequence[str], steered: Sequence[bool]
) -> tuple[WrittenToken, ...]:
    shown = whole_characters(texts)
    return tuple(
        WrittenToken(pieces(text), step, what, applies)
        for text, step, what, applies in zip(shown, steps, said, steered, strict=True)
    )
