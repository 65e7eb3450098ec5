"""How far a steered text is from babbling: three numbers and a word. No torch.

* ``base_nll`` = mean over the generated tokens of −ln p_base(token), in nats: how surprised the unsteered model is.
* ``distinct_2`` = distinct bigrams / bigrams of the generated tokens: a text that repeats itself is sure of itself, so
  surprise alone does not show it.
* ``injected_norm_share`` = mean‖δ‖ / mean‖h‖ at the hook over the steered tokens.

A text is within bounds while base_nll is at most 1 nat above the baseline's and distinct_2 above half of the
baseline's. *Babbling* is outside, *strained* is past half of the way there, *coherent* is the rest. A number that is
none (NaN, infinity) is never within bounds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Bounds of a coherent text relative to its baseline.
MAX_NLL_RISE = 1.0
MIN_DISTINCT_SHARE = 0.5
#: Where a text counts as strained: half of the way to each bound.
STRAINED_NLL_RISE = MAX_NLL_RISE / 2
STRAINED_DISTINCT_SHARE = (1 + MIN_DISTINCT_SHARE) / 2


@dataclass(frozen=True)
class TextMeasure:
    """One text, or the mean over several. ``None``: too short to say."""

    base_nll: float | None
    distinct_2: float | None


@dataclass(frozen=True)
class Coherence:
    """A steered text beside its baseline. ``verdict``: coherent, strained, babbling, or ``None`` where unknown."""

    base_nll_baseline: float | None
    base_nll_steered: float | None
    distinct_2_baseline: float | None
    distinct_2_steered: float | None
    injected_norm_share: float | None
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


def measure(token_ids: Sequence[int], base_logprobs: Sequence[float]) -> TextMeasure:
    """The measures of one generated text."""
    return TextMeasure(base_nll(base_logprobs), distinct_2(token_ids))


def mean_measure(measures: Sequence[TextMeasure]) -> TextMeasure:
    """The mean over texts, of those where each number is known."""
    nlls = [m.base_nll for m in measures if m.base_nll is not None]
    shares = [m.distinct_2 for m in measures if m.distinct_2 is not None]
    return TextMeasure(
        sum(nlls) / len(nlls) if nlls else None,
        sum(shares) / len(shares) if shares else None,
    )


def within_bounds(text: TextMeasure, baseline: TextMeasure) -> bool:
    """Whether a text stays coherent; what is too short to say does not count against it."""
    return _within(text, baseline, MAX_NLL_RISE, MIN_DISTINCT_SHARE)


def compare(text: TextMeasure, baseline: TextMeasure, injected_norm_share: float | None = None) -> Coherence:
    """The numbers side by side, and the word for them."""
    return Coherence(
        baseline.base_nll,
        text.base_nll,
        baseline.distinct_2,
        text.distinct_2,
        injected_norm_share,
        _verdict(text, baseline),
    )


def _verdict(text: TextMeasure, baseline: TextMeasure) -> str | None:
    if text.base_nll is None or baseline.base_nll is None:
        return None
    if not within_bounds(text, baseline):
        return "babbling"
    return "coherent" if _within(text, baseline, STRAINED_NLL_RISE, STRAINED_DISTINCT_SHARE) else "strained"


def _within(text: TextMeasure, baseline: TextMeasure, rise: float, share: float) -> bool:
    if not all(math.isfinite(nll) for nll in (text.base_nll, baseline.base_nll) if nll is not None):
        return False
    if text.base_nll is not None and baseline.base_nll is not None and text.base_nll > baseline.base_nll + rise:
        return False
    if text.distinct_2 is None or baseline.distinct_2 is None:
        return True
    return text.distinct_2 > share * baseline.distinct_2
