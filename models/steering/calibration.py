"""How far a slider may be moved: a sweep of strengths as rows of common batches, the safe range, the balance of a mix.

1. Every prompt is continued without steering and at a few strengths, each sample with a seed of its own (the same for
   all strengths).
2. The unsteered model reads all texts: base_nll, distinct_2, order_share, and the effect: the mean over generated
   tokens of a_i on that reading over M_i, for a vector the mean of h·v̂ above the unsteered texts' over ‖v‖.
3. Each text is judged alone by ``models.steering.coherence``, against the mean of the unsteered texts; the unsteered
   texts are judged the same way, so what they lose by chance is known and not held against the strength.
4. On each side of the neutral strength: four distances, each twice the one before, up to a change as large as most of
   the activation itself; further ones while nothing is lost, nearer ones while everything is; then the end that
   ``models.steering.safe_fit`` finds, with every sample, and one a little nearer. The end is fitted to all texts.
5. Recommended is the measured strength in the safe range with the largest effect, above the neutral one unless the
   range ends there.

All of it goes on in steps (``models.running.pace``): a token of as many texts as can be written at once, or a pass over
finished ones; each yields how many tokens were written.

``balance`` looks in the same way for the largest factor g ≤ 1 by which all terms of a mix can be scaled.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from models.errors import SteeringError, Unsupported
from models.running.dictionary import Dictionary
from models.running.generate import TextBatch, writing_pace
from models.running.language_model import LanguageModel
from models.running.pace import result_of, telling
from models.running.prefill import PromptMemory
from models.running.sampling import Sampling
from models.running.text_rows import Request
from models.steering.boards import Steering
from models.steering.coherence import TextMeasure, is_fluent, mean_known, mean_measure, without_end
from models.steering.readings import Reading, reading_steps
from models.steering.safe_fit import KEPT, Fit, Judged, fit
from models.steering.terms import MAX_STRENGTH, NEUTRAL, Board, SteerTerm, VectorSubject

#: New tokens of a text: of fewer, the order of the words says too little.
NEW_TOKENS = 32
#: Texts of every prompt at the strengths that decide, and without steering.
SAMPLES = 2
#: Texts written at once at most.
ROWS_AT_ONCE = 128
#: Other orders of every text that are read; a strength is judged by many texts, so one is enough.
SHUFFLES = 1

#: Distances of ``add`` and ``clamp``, as shares of the residual norm, and of the other modes.
SHARES = (0.1, 0.2, 0.4, 0.8)
DISTANCES = (0.5, 1.0, 2.0, 4.0)
MODES = ("add", "clamp", "scale", "project")
#: How often twice the largest distance, or half of the smallest, is looked at.
_FURTHER = 2
#: Factors of a mix, by which a balance begins.
FACTORS = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Plan:
    """What texts to judge by."""

    prompts: tuple[tuple[int, ...], ...]
    sampling: Sampling = field(default_factory=lambda: Sampling(max_new_tokens=NEW_TOKENS, alternatives=0))
    samples: int = SAMPLES
    positions: str = "all"


@dataclass(frozen=True)
class SampleText:
    """What one prompt became: token ids of the prompt, and of the text without and with steering."""

    prompt: tuple[int, ...]
    baseline: tuple[int, ...]
    steered: tuple[int, ...]


@dataclass(frozen=True)
class Calibration:
    """The sweep, in order of strength: lists run along ``strengths``. ``effect`` is ``None`` where it is not defined.

    ``base_nll`` in nats, ``fluent_share``: share of single texts that are coherent, ``unsteered_share`` the same of
    unsteered ones. ``neutral``: where nothing is changed (for a clamp 0, which removes the latent). Between the safe
    range and ``strained_low``, ``strained_high`` half of the texts are lost. ``samples``: at the recommended strength.
    """

    strengths: tuple[float, ...]
    effect: tuple[float | None, ...]
    base_nll: tuple[float | None, ...]
    distinct_2: tuple[float | None, ...]
    fluent_share: tuple[float, ...]
    baseline: TextMeasure
    unsteered_share: float
    unsteered_effect: float | None
    neutral: float
    safe_low: float
    safe_high: float
    strained_low: float
    strained_high: float
    recommended: float
    samples: tuple[SampleText, ...] = ()


@dataclass(frozen=True)
class Balance:
    """The factor, the board scaled by it, and what the texts measured there."""

    factor: float
    board: Board
    baseline: TextMeasure
    measured: TextMeasure
    fluent_share: float


#: A text: its prompt, what was written after it, and the log-probs that its writer gave it.
_Text = tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]


@dataclass
class _Point:
    """The texts of one board; ``None`` where the model computed no numbers."""

    texts: list[_Text | None] = field(default_factory=list)
    readings: list[Reading | None] = field(default_factory=list)

    @property
    def written(self) -> list[_Text]:
        """The texts that there are."""
        return [text for text in self.texts if text is not None]

    @property
    def _known(self) -> list[Reading]:
        return [reading for reading in self.readings if reading is not None]

    @property
    def measure(self) -> TextMeasure:
        return mean_measure([reading.measure for reading in self._known])

    @property
    def effect(self) -> float | None:
        return mean_known([reading.effect for reading in self._known])

    def judged(self, baseline: TextMeasure) -> Judged:
        """What the model computed no numbers for is not fluent."""
        return Judged(sum(is_fluent(reading.measure, baseline) for reading in self._known), len(self.readings))


class _Sweep:
    """Measures boards against the unsteered texts of a plan."""

    def __init__(
        self, model: LanguageModel, dictionaries: Mapping[str, Dictionary], plan: Plan, subject: SteerTerm | None
    ) -> None:
        if not plan.prompts:
            raise SteeringError("A calibration needs at least one prompt.")
        self.model, self.dictionaries, self.plan = model, dictionaries, plan
        self.terms: tuple[SteerTerm, ...] = () if subject is None else (subject,)
        self.memory = PromptMemory()
        self.unsteered = _Point()

    def begin(self) -> Generator[int, None, None]:
        """The unsteered texts."""
        (self.unsteered,) = yield from self.points([None], range(self.plan.samples))
        self.baseline = self.unsteered.measure
        self.chance = self.unsteered.judged(self.baseline)

    def points(self, boards: Sequence[Board | None], samples: Sequence[int]) -> Generator[int, None, list[_Point]]:
        """The texts of every board, prompt by prompt, with these samples."""
        texts = yield from self._write(boards, samples)
        # The token that ends a text has its place: in another order it would end it in the middle.
        there = [text for text in texts if text is not None]
        whole = [(prompt, without_end(text, self.model.stop_token_ids)) for prompt, text, _ in there]
        own = [logprobs[: len(text)] for (_, text), (_, _, logprobs) in zip(whole, there, strict=True)]
        reading = reading_steps(self.model, self.dictionaries, whole, self.terms, SHUFFLES, own)
        found = iter((yield from telling(0, reading)))
        readings = [None if text is None else next(found) for text in texts]
        n = len(self.plan.prompts) * len(samples)
        cuts = [slice(place * n, (place + 1) * n) for place in range(len(boards))]
        return [_Point(texts[cut], readings[cut]) for cut in cuts]

    def _write(
        self, boards: Sequence[Board | None], samples: Sequence[int]
    ) -> Generator[int, None, list[_Text | None]]:
        """None where the steered model computed no numbers; raises for the unsteered one."""
        asked = [(board, prompt, sample) for board in boards for prompt in self.plan.prompts for sample in samples]
        texts: list[_Text | None] = []
        while len(texts) < len(asked):
            at_once = min(ROWS_AT_ONCE, writing_pace(self.model).size)
            texts += yield from self._write_at_once(asked[len(texts) : len(texts) + at_once])
        return texts

    def _write_at_once(
        self, asked: Sequence[tuple[Board | None, tuple[int, ...], int]]
    ) -> Generator[int, None, list[_Text | None]]:
        batch = TextBatch(self.model, self.dictionaries, self.memory)
        texts: dict[int, list[int]] = {}
        logprobs: dict[int, list[float]] = {}
        for board, prompt, sample in asked:
            sampling = replace(self.plan.sampling, seed=self.plan.sampling.seed + sample, alternatives=0)
            number = batch.add(Request(prompt, board, sampling, baseline=board is None, reading=False))
            texts[number], logprobs[number] = [], []
        while batch.live:
            if batch.read_prompts():
                yield 0
            events = batch.write()
            for event in events:
                texts[event.request].append(event.token_id)
                logprobs[event.request].append(event.logprob)
            yield len(events)
        for number, (board, _, _) in zip(texts, asked, strict=True):
            if board is None and number in batch.failed:
                raise batch.failed[number]
        return [
            None if number in batch.failed else (prompt, tuple(texts[number]), tuple(logprobs[number]))
            for (_, prompt, _), number in zip(asked, texts, strict=True)
        ]


class _Line:
    """Boards along one number ``s``; what was measured there, and where texts stop to be fluent on either side."""

    def __init__(self, sweep: _Sweep, board: Callable[[float], Board], neutral: float) -> None:
        self.sweep, self.board, self.neutral = sweep, board, neutral
        self.points: dict[float, _Point] = {}

    def look(self, strengths: Sequence[float], samples: Sequence[int]) -> Generator[int, None, None]:
        """Measure these, as far as they were not yet."""
        new = [s for s in dict.fromkeys(strengths) if s not in self.points]
        if not new:
            return
        found = yield from self.sweep.points([self.board(s) for s in new], samples)
        self.points |= dict(zip(new, found, strict=True))

    def side(self, sign: int) -> dict[float, Judged]:
        """Distance -> what was judged, on one side."""
        return {
            abs(s - self.neutral): point.judged(self.sweep.baseline)
            for s, point in sorted(self.points.items())
            if (s - self.neutral) * sign > 0
        }

    def fitted(self, sign: int) -> Fit:
        """One side, fitted to all its texts."""
        return fit(self.side(sign), self.sweep.chance)


def calibrate(model: LanguageModel, dictionaries: Mapping[str, Dictionary], term: SteerTerm, plan: Plan) -> Calibration:
    """``calibration_steps`` in one go."""
    return result_of(calibration_steps(model, dictionaries, term, plan))


@torch.inference_mode()
def calibration_steps(
    model: LanguageModel, dictionaries: Mapping[str, Dictionary], term: SteerTerm, plan: Plan
) -> Generator[int, None, Calibration]:
    """Sweep one term's strength; yields the tokens written in each step. ``term.strength`` is not used.

    Raises:
        Unsupported: the mode has no strength.
        SteeringError: no prompts, or a term that cannot be done.
    """
    if term.mode not in MODES:
        raise Unsupported(f"Mode {term.mode!r} has no strength to calibrate; use one of {', '.join(MODES)}.")
    neutral = NEUTRAL.get(term.mode, 0.0)
    sweep = _Sweep(model, dictionaries, plan, term)
    yield from sweep.begin()
    unit, distances = 1.0, DISTANCES
    if term.mode in ("add", "clamp"):
        unit = yield from _unit(sweep, dictionaries, term)
        distances = SHARES
    line = _Line(sweep, lambda s: Board((replace(term, strength=s),), plan.positions), neutral)
    if term.mode not in NEUTRAL:
        yield from line.look([neutral], range(plan.samples))  # it removes the latent, which is something
    else:
        line.points[neutral] = sweep.unsteered
    yield from _measure(line, [unit * distance for distance in distances], MAX_STRENGTH)
    return _calibration(line)


def _unit(sweep: _Sweep, dictionaries: Mapping[str, Dictionary], term: SteerTerm) -> Generator[int, None, float]:
    """The strength of ``add`` that changes the unsteered texts by their own norm."""
    added = Board((replace(term, mode="add", strength=1.0),))
    prompt, text, _ = sweep.unsteered.written[0]
    found: list[float] = yield from telling(0, Steering(sweep.model, dictionaries).share_steps(added, (*prompt, *text)))
    share = found[0]
    if not share > 0:
        raise SteeringError(f"Adding {term.name} changes nothing, so there is no strength to look for.")
    return 1 / share


def _measure(line: _Line, distances: Sequence[float], most: float) -> Generator[int, None, None]:
    first, every = range(1), range(line.sweep.plan.samples)

    def strengths(sign: int, wanted: Sequence[float]) -> list[float]:
        return [_rounded(min(most, max(-most, line.neutral + sign * x))) for x in wanted if x > 0]

    yield from line.look([s for sign in (1, -1) for s in strengths(sign, distances)], first)
    for _ in range(_FURTHER):
        more: list[float] = []
        for sign in (1, -1):
            side, found = line.side(sign), line.fitted(sign)
            if found.half is None:
                more += strengths(sign, [2 * max(side)])
            elif found.end < min(side):
                more += strengths(sign, [min(side) / 2])
        if not more:
            break
        yield from line.look(more, first)
    yield from line.look([s for sign in (1, -1) for s in strengths(sign, [line.fitted(sign).end])], every)
    yield from line.look([s for sign in (1, -1) for s in strengths(sign, [0.8 * line.fitted(sign).end])], first)


def _rounded(strength: float) -> float:
    """Three digits: what a person reads and types."""
    return float(f"{strength:.3g}")


def _calibration(line: _Line) -> Calibration:
    sweep, neutral = line.sweep, line.neutral
    points = dict(sorted(line.points.items()))
    up, down = line.fitted(1), line.fitted(-1)
    low, high = _rounded(neutral - down.end), _rounded(neutral + up.end)
    effects = {s: point.effect for s, point in points.items()}
    own = sweep.unsteered.effect
    if own is not None and isinstance(sweep.terms[0].subject, VectorSubject):
        effects = {s: None if effect is None else effect - own for s, effect in effects.items()}
    inside = [s for s in points if low <= s <= high]
    # Where nothing has an effect the largest is noise: what turns the subject up is looked at first.
    upwards = [s for s in inside if s >= neutral] if high > neutral else inside
    recommended = max(upwards, key=lambda s: (effects[s] or 0.0, -abs(s - neutral)), default=neutral)
    return Calibration(
        strengths=tuple(points),
        effect=tuple(effects.values()),
        base_nll=tuple(point.measure.base_nll for point in points.values()),
        distinct_2=tuple(point.measure.distinct_2 for point in points.values()),
        fluent_share=tuple(_share(point.judged(sweep.baseline)) for point in points.values()),
        baseline=sweep.baseline,
        unsteered_share=_share(sweep.unsteered.judged(sweep.baseline)),
        unsteered_effect=own,
        neutral=neutral,
        safe_low=low,
        safe_high=high,
        strained_low=low if down.half is None else _rounded(neutral - max(down.half, down.end)),
        strained_high=high if up.half is None else _rounded(neutral + max(up.half, up.end)),
        recommended=recommended,
        samples=_samples(sweep, points[recommended]) if recommended != neutral else (),
    )


def _samples(sweep: _Sweep, point: _Point) -> tuple[SampleText, ...]:
    """A text of each prompt beside the unsteered one of the same seed; none where there are no numbers."""

    def first(of: _Point, n: int) -> tuple[int, ...]:
        text = of.texts[len(of.texts) // len(sweep.plan.prompts) * n]
        return () if text is None else text[1]

    return tuple(
        SampleText(prompt, first(sweep.unsteered, n), first(point, n)) for n, prompt in enumerate(sweep.plan.prompts)
    )


def _share(judged: Judged) -> float:
    return judged.fluent / judged.n


def balance(model: LanguageModel, dictionaries: Mapping[str, Dictionary], board: Board, plan: Plan) -> Balance:
    """``balance_steps`` in one go."""
    return result_of(balance_steps(model, dictionaries, board, plan))


@torch.inference_mode()
def balance_steps(
    model: LanguageModel, dictionaries: Mapping[str, Dictionary], board: Board, plan: Plan
) -> Generator[int, None, Balance]:
    """The largest common factor ≤ 1 at which a mix stays in its safe range; ablations stay as they are. Yields the
    tokens written in each step.

    Raises:
        SteeringError: no prompts, or a board that cannot be done.
    """
    sweep = _Sweep(model, dictionaries, replace(plan, positions=board.positions), None)
    yield from sweep.begin()
    line = _Line(sweep, board.scaled, 0.0)
    every = range(plan.samples)
    yield from line.look([1.0], every)
    if _share(line.side(1)[1.0]) < KEPT * _share(sweep.chance):
        yield from line.look(FACTORS, every)
        yield from line.look([_factor(line.fitted(1).end)], every)
    factor = _factor(line.fitted(1).end) if len(line.points) > 1 else 1.0
    if factor not in line.points:
        yield from line.look([factor], every)
    point = line.points[factor]
    return Balance(factor, board.scaled(factor), sweep.baseline, point.measure, _share(point.judged(sweep.baseline)))


def _factor(end: float) -> float:
    """Steps of 1/64, downwards."""
    return math.floor(64 * min(1.0, end)) / 64
