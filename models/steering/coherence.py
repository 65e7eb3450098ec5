"""Is a steered text still language? A few numbers and a word. No torch.

* ``base_nll`` = mean over the generated tokens of −ln p_base(token), in nats: how surprised the unsteered model is.
* ``distinct_2`` = distinct bigrams / bigrams of the generated tokens: a text that repeats itself is sure of itself, so
  surprise alone does not show it.
* ``order_share`` = 1 − base_nll / (the same of the text with its words in another order, mean over shuffles): the share
  of the surprise that the order of the words takes away. Nonsense is as surprising in any order: 0. It does not fall
  because the text changed its language, register or subject: the shuffled words have changed it too.
* ``peak_share`` = mean −ln p_base of the ``PEAK_PART`` of the tokens that surprise most, over the same of a token
  drawn evenly from the vocabulary: near 1 for what does not belong there at all. Some wrong words in a good text hardly
  change the order_share of the whole.
* ``drift`` = mean of ln p_steered − ln p_base over the tokens after the first ``SWITCH``, in nats: how much surer the
  steered model was of its words than the unsteered one that reads them. A change of language or style is taken up by
  the reader after a few words; what only the injection says is not.
* ``injected_norm_share`` = mean‖δ‖ / mean‖h‖ at the hook over the steered tokens.

*Fluency* is the smallest of three parts, each between 0 and 1: the text's order_share over ``FULL_ORDER`` times that of
the unsteered text; a line through the peak_share that is 1/2 at ``PEAK``; and 1 − drift / ``FULL_DRIFT``, for a text
that the steered model wrote. A text is *coherent* from a fluency of ``COHERENT`` on, *babbling* below ``BABBLING`` or
where distinct_2 is at most half of the baseline's, and *strained* in between or where distinct_2 is past half of the
way there. docs/steering.md has the figures behind the numbers.
"""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Fluency from which a text is coherent, and below which it babbles.
COHERENT, BABBLING = 0.5, 0.25
#: Of the unsteered text's order_share, what counts as full. People's own texts of kinds that a small model half knows
#: have a fifth of it, shuffled ones none.
FULL_ORDER = 0.4
#: Nats of drift that are no fluency at all, and the first tokens of a text that do not count.
FULL_DRIFT, SWITCH = 1.6, 8
#: The part of a text's tokens that the peak is the mean of, the peak_share that is half fluent, and the loss of fluency
#: for one of peak_share.
PEAK_PART, PEAK, PEAK_SLOPE = 0.15, 0.7, 2.5
#: Bounds of distinct_2 relative to the baseline: babbling, strained.
MIN_DISTINCT_SHARE = 0.5
STRAINED_DISTINCT_SHARE = (1 + MIN_DISTINCT_SHARE) / 2
#: Other orders of a text that are read beside it.
SHUFFLES = 2
#: A text of fewer words, such as one in a script without spaces, is shuffled token by token.
LEAST_WORDS = 8
#: Of fewer tokens the order says too little.
LEAST_TOKENS = 8
#: Nats of a shuffled text at least: a text that says one word for ever surprises nobody in any order.
LEAST_SURPRISE = 0.5

COHERENT_WORD, STRAINED_WORD, BABBLING_WORD = VERDICTS = ("coherent", "strained", "babbling")


@dataclass(frozen=True)
class TextMeasure:
    """One text, or the mean over several. ``None``: too short to say, or not measured."""

    base_nll: float | None
    distinct_2: float | None
    order_share: float | None = None
    peak_share: float | None = None
    drift: float | None = None


@dataclass(frozen=True)
class Coherence:
    """A steered text beside its baseline. ``verdict``: coherent, strained, babbling, or ``None`` where unknown."""

    base_nll_baseline: float | None
    base_nll_steered: float | None
    distinct_2_baseline: float | None
    distinct_2_steered: float | None
    injected_norm_share: float | None
    fluency: float | None
    verdict: str | None

    @property
    def nll_rise(self) -> float | None:
        """base_nll above the baseline's, in nats."""
        if self.base_nll_steered is None or self.base_nll_baseline is None:
            return None
        return self.base_nll_steered - self.base_nll_baseline


def base_nll(base_logprobs: Sequence[float]) -> float | None:
    """Mean of −ln p_base over the tokens, in nats; ``None`` without tokens."""
    return -sum(base_logprobs) / len(base_logprobs) if base_logprobs else None


def distinct_2(token_ids: Sequence[int]) -> float | None:
    """Distinct bigrams over bigrams; ``None`` for fewer than two tokens."""
    bigrams = list(pairwise(token_ids))
    return len(set(bigrams)) / len(bigrams) if bigrams else None


def shuffled(token_ids: Sequence[int], strings: Sequence[str], seed: int) -> tuple[int, ...]:
    """The same tokens with the words in another order, a pure function of the arguments.

    ``strings``: what the tokens show; one that begins with white space begins a word.
    """
    words: list[list[int]] = []
    for token_id, text in zip(token_ids, strings, strict=True):
        if not words or text[:1].isspace():
            words.append([token_id])
        else:
            words[-1].append(token_id)
    if len(words) < LEAST_WORDS:
        words = [[token_id] for token_id in token_ids]
    random.Random(seed).shuffle(words)
    return tuple(token_id for word in words for token_id in word)


def without_end(token_ids: Sequence[int], stops: Collection[int]) -> tuple[int, ...]:
    """A text without the token that ended it."""
    return tuple(token_ids[:-1] if token_ids and token_ids[-1] in stops else token_ids)


def order_share(nll: float | None, shuffled_nlls: Sequence[float | None], n_tokens: int) -> float | None:
    """The share of the surprise that the order of the words takes away; ``None`` for a text that is too short."""
    known = [value for value in shuffled_nlls if value is not None]
    if nll is None or not known or n_tokens < LEAST_TOKENS:
        return None
    mixed = sum(known) / len(known)
    return (mixed - nll) / max(mixed, LEAST_SURPRISE)


def peak_nll(base_logprobs: Sequence[float]) -> float | None:
    """Mean of −ln p_base over the ``PEAK_PART`` of the tokens that surprise most, one at least; in nats."""
    if not base_logprobs:
        return None
    worst = sorted(base_logprobs)[: max(1, round(PEAK_PART * len(base_logprobs)))]
    return -sum(worst) / len(worst)


def drift(own_logprobs: Sequence[float], base_logprobs: Sequence[float]) -> float | None:
    """How much surer the writer was than the reader, nats per token; of a short text over all of it."""
    gaps = [own - base for own, base in zip(own_logprobs, base_logprobs, strict=True)]
    if not gaps:
        return None
    counted = gaps[SWITCH:] if len(gaps) >= 2 * SWITCH else gaps
    return sum(counted) / len(counted)


def measure(token_ids: Sequence[int], base_logprobs: Sequence[float]) -> TextMeasure:
    """The measures of one generated text that need no shuffling."""
    return TextMeasure(base_nll(base_logprobs), distinct_2(token_ids))


def mean_measure(measures: Sequence[TextMeasure]) -> TextMeasure:
    """The mean over texts, of those where each number is known."""
    return TextMeasure(
        mean_known([m.base_nll for m in measures]),
        mean_known([m.distinct_2 for m in measures]),
        mean_known([m.order_share for m in measures]),
        mean_known([m.peak_share for m in measures]),
        mean_known([m.drift for m in measures]),
    )


def mean_known(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are known, ``None`` if none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def fluency(text: TextMeasure, baseline: TextMeasure) -> float | None:
    """From 0 (nonsense) to 1; ``None`` where the text or its baseline is too short to say."""
    if text.order_share is None or baseline.order_share is None or baseline.order_share <= 0:
        return None
    order = text.order_share / (FULL_ORDER * baseline.order_share)
    peak = 1.0 if text.peak_share is None else 0.5 + PEAK_SLOPE * (PEAK - text.peak_share)
    drift = 1.0 if text.drift is None else 1 - text.drift / FULL_DRIFT
    return min(1.0, max(0.0, min(order, peak, drift)))


def verdict(text: TextMeasure, baseline: TextMeasure) -> str | None:
    """The word for a text; ``None`` where it or its baseline is too short to say. Numbers that are none (NaN, infinity)
    are babble.
    """
    if not all(math.isfinite(nll) for nll in (text.base_nll, baseline.base_nll) if nll is not None):
        return BABBLING_WORD
    found, variety = fluency(text, baseline), _variety(text, baseline)
    if variety <= MIN_DISTINCT_SHARE or (found is not None and found < BABBLING):
        return BABBLING_WORD
    if found is None:
        return None
    return COHERENT_WORD if found >= COHERENT and variety > STRAINED_DISTINCT_SHARE else STRAINED_WORD


def is_fluent(text: TextMeasure, baseline: TextMeasure) -> bool:
    """Whether a text stays coherent; what is too short to say does not count against it."""
    return verdict(text, baseline) in (None, COHERENT_WORD)


def compare(text: TextMeasure, baseline: TextMeasure, injected_norm_share: float | None = None) -> Coherence:
    """The numbers side by side, and the word for them."""
    return Coherence(
        baseline.base_nll,
        text.base_nll,
        baseline.distinct_2,
        text.distinct_2,
        injected_norm_share,
        fluency(text, baseline),
        verdict(text, baseline),
    )


def _variety(text: TextMeasure, baseline: TextMeasure) -> float:
    """distinct_2 over the baseline's; 1 where it is not known."""
    if text.distinct_2 is None or not baseline.distinct_2:
        return 1.0
    return text.distinct_2 / baseline.distinct_2
