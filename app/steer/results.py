"""What a steered text is told as: tokens while they are written, and both texts at the end."""

from dataclasses import dataclass, replace

from app.steer.close_pairs import ClosePair
from models.running.chat import PromptTokens
from models.steering.coherence import TextMeasure, drift, measure


@dataclass(frozen=True)
class WrittenToken:
    """Event: one token of one text. ``text`` leaves out a character that is not complete yet."""

    side: str
    step: int
    token_id: int
    text: str
    logprob: float
    base_logprob: float
    kl: float | None
    alternatives: tuple[tuple[str, float], ...]
    finish: str | None


@dataclass(frozen=True)
class Side:
    """A finished text."""

    tokens: tuple[WrittenToken, ...]
    texts: tuple[str, ...]  # display strings of the whole text, characters spread over several tokens put together
    order_share: float | None = None  # these two: see models.steering.coherence
    peak_share: float | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The token ids."""
        return tuple(token.token_id for token in self.tokens)

    @property
    def measure(self) -> TextMeasure:
        """What the verdict rests on."""
        base = [token.base_logprob for token in self.tokens]
        found = measure(self.ids, base)
        gap = drift([token.logprob for token in self.tokens], base)
        return replace(found, order_share=self.order_share, peak_share=self.peak_share, drift=gap)


@dataclass(frozen=True, eq=False)
class Written:
    """The result. ``shares``: per term alone, mean‖δ‖ / mean‖h‖ on prompt and steered text; ``injected``: of all.

    ``effects``: per term, what the unsteered model sees of it in the steered text above the unsteered one
    (``models.steering.readings``); ``None`` where there is no unit or no token.
    """

    prompt: "PromptTokens"
    steers: tuple[bool, ...]  # per prompt token, whether the board applies there
    baseline: Side
    steered: Side
    injected: float | None
    shares: tuple[float, ...]
    effects: tuple[float | None, ...]
    remembered: bool  # the baseline had been written before
    pairs: tuple[ClosePair, ...]
