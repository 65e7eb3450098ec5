"""The bodies of steering: texts, calibrations, balance, vectors, mixes, snippets. docs/api.md explains each.

Log-probs in nats, of the model as it stood there, before penalty and temperature. What is not known is null.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from app.web.request_types import LabelStatus, Word
from models.steering.coherence import VERDICTS
from models.steering.terms import MODES


@dataclass(frozen=True)
class TokenAlternative:
    """One of the likeliest tokens at a step."""

    token: str
    logprob: float


@dataclass(frozen=True)
class WrittenText:
    """A generated text; lists have one entry per token. ``finish``: eos or length. EOS is no part of ``text``."""

    text: str
    tokens: list[str]
    token_ids: list[int]
    logprobs: list[float]
    base_logprobs: list[float]
    alternatives: list[list[TokenAlternative]]
    finish: Annotated[str, Word(("eos", "length"))]


@dataclass(frozen=True)
class SteeredText(WrittenText):
    """The steered text. ``kl``: KL(steered ‖ unsteered) at each step."""

    kl: list[float]


@dataclass(frozen=True)
class CoherenceAnswer:
    """How far the steered text is from babbling. ``verdict``: coherent, strained, babbling, null if too short."""

    base_nll_baseline: float | None
    base_nll_steered: float | None
    distinct_2_baseline: float | None
    distinct_2_steered: float | None
    injected_norm_share: float | None
    nll_rise: float | None
    verdict: Annotated[str, Word(VERDICTS)] | None


@dataclass(frozen=True)
class GaugesAnswer:
    """Is the steered thing there, and is it still language?

    ``effect``: the mean of the terms' effects, turned round for those that are to remove something. ``fluency``: 0 to
    1, the share of the surprise that the order of the words takes away, over that of the unsteered text.
    """

    effect: float | None
    fluency: float | None
    verdict: Annotated[str, Word(VERDICTS)] | None


@dataclass(frozen=True)
class TermAnswer:
    """A slider as it was understood. ``share``: of the residual norm, of this term alone; null if not measured.

    ``effect``: how much more of the subject the unsteered model sees in the steered text, in multiples of its unit.
    """

    source: str | None
    index: int | None
    vector: int | None
    mode: Annotated[str, Word(MODES)]
    strength: float
    everywhere: bool
    label: str | None
    label_status: LabelStatus | None
    summary: str | None
    share: float | None
    effect: float | None = None


@dataclass(frozen=True)
class SteerAnswer:
    """Both texts. ``prompt_steered``: per prompt token, whether the terms apply there."""

    model: str
    prompt_tokens: list[str]
    prompt_token_ids: list[int]
    prompt_roles: list[str | None]
    prompt_steered: list[bool]
    baseline: WrittenText
    steered: SteeredText
    coherence: CoherenceAnswer
    gauges: GaugesAnswer
    terms: list[TermAnswer]
    baseline_was_remembered: bool
    notes: list[str]


@dataclass(frozen=True)
class TokenAnswer:
    """Event ``token``. ``kl`` is null for the baseline."""

    side: str
    step: int
    token: str
    token_id: int
    logprob: float
    base_logprob: float
    kl: float | None
    alternatives: list[TokenAlternative]


@dataclass(frozen=True)
class WaitingAnswer:
    """Event ``waiting``: so many requests are before this one; ``model`` is loading or ready."""

    position: int
    model: str


@dataclass(frozen=True)
class ProgressAnswer:
    """Event ``progress`` of a calibration: steps done of about so many."""

    done: int
    total: int


@dataclass(frozen=True)
class SnippetAnswer:
    """A Python program that writes the steered text greedily."""

    code: str


@dataclass(frozen=True)
class SampleAnswer:
    """What a prompt became without steering, and at the recommended strength, from the same seed."""

    prompt: str
    baseline: str
    steered: str


@dataclass(frozen=True)
class CalibrationAnswer:
    """A sweep of one slider; lists run along ``strengths``. ``unit``: what strength 1 is, in the activation's units.

    ``temperature``: of the texts that were judged; ``is_chat``: the prompts were messages of a chat. ``fluent_share``:
    of single texts that are coherent; ``unsteered_share``, ``unsteered_effect``: the same of unsteered ones. From the
    ends of the safe range to ``strained_low`` and ``strained_high`` half of the texts are lost. ``was_stored``:
    measured before, for the same unit. What an older version measured has none of these.
    """

    source: str | None
    index: int | None
    vector: int | None
    mode: Annotated[str, Word(MODES)]
    unit: float
    prompts: list[str]
    temperature: float
    strengths: list[float]
    effect: list[float | None]
    base_nll: list[float | None]
    distinct_2: list[float | None]
    safe_low: float
    safe_high: float
    recommended: float
    was_stored: bool
    created: datetime
    is_chat: bool = False
    fluent_share: list[float] | None = None
    unsteered_share: float | None = None
    unsteered_effect: float | None = None
    strained_low: float | None = None
    strained_high: float | None = None
    samples: list[SampleAnswer] = field(default_factory=list)


@dataclass(frozen=True)
class StrengthAnswer:
    """Where the board starts a slider. ``basis``: calibration, or norm where none is stored: then the rest is null."""

    start: float
    recommended: float | None
    safe_low: float | None
    safe_high: float | None
    basis: Annotated[str, Word(("calibration", "norm"))]


@dataclass(frozen=True)
class CalibrationsAnswer:
    """A part of the stored sweeps; ``total``: of all that match."""

    calibrations: list[CalibrationAnswer]
    total: int


@dataclass(frozen=True)
class PairAnswer:
    """Two terms, by their places, whose directions nearly coincide (cosine near 1) or oppose each other (near −1)."""

    first: int
    second: int
    cosine: float


@dataclass(frozen=True)
class BalanceAnswer:
    """The common factor and the scaled terms, with what the texts measured there."""

    factor: float
    terms: list[TermAnswer]
    base_nll_baseline: float | None
    base_nll: float | None
    distinct_2_baseline: float | None
    distinct_2: float | None
    fluent_share: float
    close_pairs: list[PairAnswer]
    prompts: list[str]
    notes: list[str]


@dataclass(frozen=True)
class MixAnswer:
    """A saved set of sliders with everything that restores the view. ``terms`` as ``POST /steer`` takes them.
    ``ready_made``: a demo's own, which cannot be deleted.

    ``problem``: why it cannot be played, where what is stored is beyond a limit of today.
    """

    id: int
    name: str
    model: str
    terms: list[dict[str, Any]]
    options: dict[str, Any]
    problem: str | None
    ready_made: bool
    created: datetime


@dataclass(frozen=True)
class MixesAnswer:
    """A part of the saved mixes, by name; ``total``: of all."""

    mixes: list[MixAnswer]
    total: int
