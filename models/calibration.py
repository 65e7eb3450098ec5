"""How far a slider may be moved: a sweep of strengths as rows of one batch, the safe range, and the balance of a mix.

1. Every prompt is continued without steering and at every strength of a grid, as rows of common batches, each sample
   with a seed of its own (the same for all strengths).
2. The unsteered model reads all texts in one pass: base_nll, distinct_2, and the effect: the mean over generated tokens
   of a_i on that reading over M_i, for a vector the mean of h·v̂ above the baseline's over ‖v‖.
3. A strength is *fine* when the mean over prompts keeps the bounds of ``models.coherence``, and so do at least
   ``FINE_SHARE`` of the texts each on its own: a range that holds on average only would not hold for the next text.
4. The safe range is the widest interval around the neutral strength whose measured strengths are all fine. The gaps
   between its ends and the first strengths that are not fine are measured again on a finer grid. If everything is
   fine, the range ends where the grid does. Recommended is the strength in it with the largest effect,
   above the neutral one unless the range ends there.

All of it goes on in steps (``models.pace``): a token of as many texts as can be written at once, or a pass over
finished ones; each yields how many tokens were written.

``balance`` looks for the largest factor g ≤ 1 by which all terms of a mix can be scaled so that it stays fine: g on a
grid, and once more between the last fine and the first other one.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from models.coherence import TextMeasure, mean_measure, within_bounds
from models.dictionary import Dictionary
from models.errors import SteeringError, Unsupported
from models.generate import TextBatch, writing_pace
from models.language_model import LanguageModel
from models.pace import result_of, telling
from models.prefill import PromptMemory
from models.readings import Reading, reading_steps
from models.sampling import Sampling
from models.steer_terms import NEUTRAL, Board, SteerTerm, VectorSubject
from models.text_rows import Request

#: At a fine strength at least this share of single texts keeps the bounds.
FINE_SHARE = 0.9
#: New tokens of a text: of half as many, one unlikely name puts a good text out of bounds.
NEW_TOKENS = 48
#: Texts of every prompt: the sweep takes the last strength that is fine, which with few texts is a lucky one.
SAMPLES = 4
#: Texts written at once at most.
ROWS_AT_ONCE = 128
#: New strengths in each gap between a fine and a bad one.
_FINER = 3
_FACTORS = 8

GRIDS: Mapping[str, tuple[float, ...]] = {
    "add": (-4, -3, -2, -1.5, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4),
    "clamp": (-4, -3, -2, -1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4),
    "scale": (-4, -2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, 6, 8),
    "project": (-4, -3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4),
}


@dataclass(frozen=True)
class Plan:
    """What texts to judge by."""

    prompts: tuple[tuple[int, ...], ...]
    sampling: Sampling = field(default_factory=lambda: Sampling(max_new_tokens=NEW_TOKENS, alternatives=0))
    samples: int = SAMPLES
    positions: str = "all"


@dataclass(frozen=True)
class Calibration:
    """The sweep, in order of strength: lists run along ``strengths``. ``effect`` is ``None`` where it is not defined.

    ``base_nll`` in nats, ``fine_share``: share of single texts within bounds. ``neutral``: where nothing is changed
    (for a clamp 0, which removes the latent).
    """

    strengths: tuple[float, ...]
    effect: tuple[float | None, ...]
    base_nll: tuple[float | None, ...]
    distinct_2: tuple[float | None, ...]
    fine_share: tuple[float, ...]
    baseline: TextMeasure
    neutral: float
    safe_low: float
    safe_high: float
    recommended: float


@dataclass(frozen=True)
class Balance:
    """The factor, the board scaled by it, and what the texts measured there."""

    factor: float
    board: Board
    baseline: TextMeasure
    measured: TextMeasure


@dataclass(frozen=True)
class _Point:
    measure: TextMeasure
    effect: float | None
    fine_share: float
    fine: bool


#: A text: its prompt and what was written after it.
_Text = tuple[tuple[int, ...], tuple[int, ...]]


class _Sweep:
    """Measures boards against the unsteered texts of a plan."""

    def __init__(
        self, model: LanguageModel, dictionaries: Mapping[str, Dictionary], plan: Plan, subject: SteerTerm | None
    ) -> None:
        if not plan.prompts:
            raise SteeringError("A calibration needs at least one prompt.")
        self.model, self.dictionaries, self.plan, self.subject = model, dictionaries, plan, subject
        self.memory = PromptMemory()
        self.readings: list[Reading] = []

    def begin(self) -> Generator[int, None, None]:
        """The unsteered texts."""
        texts = yield from self._write([None])
        self.readings = [found for found in (yield from self._read(texts)) if found is not None]
        self.baseline = mean_measure([reading.measure for reading in self.readings])

    def points(self, boards: Sequence[Board]) -> Generator[int, None, list[_Point]]:
        """Every board's texts, judged."""
        texts = yield from self._write(list(boards))
        readings = yield from self._read(texts)
        n = len(self.readings)
        return [self._judge(readings[place * n : (place + 1) * n]) for place in range(len(boards))]

    def _judge(self, found: Sequence[Reading | None]) -> _Point:
        readings = [reading for reading in found if reading is not None]
        if len(readings) < len(found):  # the model computed no numbers, so nothing is known but that it is not fine
            return _Point(TextMeasure(None, None), None, 0.0, False)
        pairs = list(zip(readings, self.readings, strict=True))
        share = sum(within_bounds(mine.measure, self.baseline) for mine, _ in pairs) / len(pairs)
        measure = mean_measure([reading.measure for reading in readings])
        effects = [mine.effect for mine, _ in pairs if mine.effect is not None]
        effect = sum(effects) / len(effects) if effects else None
        if effect is not None and self.subject is not None and isinstance(self.subject.subject, VectorSubject):
            own = [reading.effect for reading in self.readings if reading.effect is not None]
            effect -= sum(own) / len(own) if own else 0.0
        return _Point(measure, effect, share, within_bounds(measure, self.baseline) and share >= FINE_SHARE)

    def _write(self, boards: Sequence[Board | None]) -> Generator[int, None, list[_Text | None]]:
        """The texts of every board in turn, prompt by prompt, sample by sample; None where the model computed NaN."""
        prompts, samples = self.plan.prompts, range(self.plan.samples)
        asked = [(board, prompt, sample) for board in boards for prompt in prompts for sample in samples]
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
        for board, prompt, sample in asked:
            sampling = replace(self.plan.sampling, seed=self.plan.sampling.seed + sample, alternatives=0)
            texts[batch.add(Request(prompt, board, sampling, baseline=board is None, reading=False))] = []
        while batch.live:
            if batch.read_prompts():
                yield 0
            events = batch.write()
            for event in events:
                texts[event.request].append(event.token_id)
            yield len(events)
        for number, (board, _, _) in zip(texts, asked, strict=True):
            if board is None and number in batch.failed:
                raise batch.failed[number]
        return [
            None if number in batch.failed else (prompt, tuple(text))
            for (_, prompt, _), (number, text) in zip(asked, texts.items(), strict=True)
        ]

    def _read(self, texts: Sequence[_Text | None]) -> Generator[int, None, list[Reading | None]]:
        there = [text for text in texts if text is not None]
        found = iter((yield from telling(0, reading_steps(self.model, self.dictionaries, there, self.subject))))
        return [None if text is None else next(found) for text in texts]


def calibrate(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    term: SteerTerm,
    plan: Plan,
    strengths: Sequence[float] | None = None,
) -> Calibration:
    """``calibration_steps`` in one go."""
    return result_of(calibration_steps(model, dictionaries, term, plan, strengths))


@torch.inference_mode()
def calibration_steps(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    term: SteerTerm,
    plan: Plan,
    strengths: Sequence[float] | None = None,
) -> Generator[int, None, Calibration]:
    """Sweep one term's strength; yields the tokens written in each step. ``term.strength`` is not used.

    Raises:
        Unsupported: the mode has no strength.
        SteeringError: no prompts, or a term that cannot be done.
    """
    if term.mode not in GRIDS:
        raise Unsupported(f"Mode {term.mode!r} has no strength to calibrate; use one of {', '.join(GRIDS)}.")
    neutral = NEUTRAL.get(term.mode, 0.0)
    sweep = _Sweep(model, dictionaries, plan, term)
    yield from sweep.begin()
    grid = sorted({*(GRIDS[term.mode] if strengths is None else strengths), neutral})

    def measured(values: Sequence[float]) -> Generator[int, None, dict[float, _Point]]:
        boards = [Board((replace(term, strength=s),), plan.positions) for s in values]
        found = yield from sweep.points(boards)
        return dict(zip(values, found, strict=True))

    points = yield from measured(grid)
    finer = [s for ends in _gaps(points, neutral) for s in _between(*ends, _FINER)]
    points = dict(sorted((points | (yield from measured(finer))).items()))
    low, high = safe_range({s: point.fine for s, point in points.items()}, neutral)
    inside = [s for s in points if low <= s <= high]
    # Where nothing has an effect the largest is noise: what turns the subject up is looked at first.
    upwards = [s for s in inside if s >= neutral] if high > neutral else inside
    recommended = max(upwards, key=lambda s: (points[s].effect or 0.0, -abs(s - neutral)), default=neutral)
    return Calibration(
        tuple(points),
        tuple(point.effect for point in points.values()),
        tuple(point.measure.base_nll for point in points.values()),
        tuple(point.measure.distinct_2 for point in points.values()),
        tuple(point.fine_share for point in points.values()),
        sweep.baseline,
        neutral,
        low,
        high,
        recommended,
    )


def safe_range(fine: Mapping[float, bool], neutral: float) -> tuple[float, float]:
    """The widest interval around ``neutral`` in which every measured strength is fine; empty: (neutral, neutral)."""
    low = high = neutral
    for s in sorted(s for s in fine if s >= neutral):
        if not fine[s]:
            break
        high = s
    for s in sorted((s for s in fine if s <= neutral), reverse=True):
        if not fine[s]:
            break
        low = s
    return low, high


def balance(model: LanguageModel, dictionaries: Mapping[str, Dictionary], board: Board, plan: Plan) -> Balance:
    """``balance_steps`` in one go."""
    return result_of(balance_steps(model, dictionaries, board, plan))


@torch.inference_mode()
def balance_steps(
    model: LanguageModel, dictionaries: Mapping[str, Dictionary], board: Board, plan: Plan
) -> Generator[int, None, Balance]:
    """The largest common factor ≤ 1 that keeps a mix within the bounds; ablations stay as they are. Yields the tokens
    written in each step.

    Raises:
        SteeringError: no prompts, or a board that cannot be done.
    """
    sweep = _Sweep(model, dictionaries, replace(plan, positions=board.positions), None)
    yield from sweep.begin()
    points: dict[float, _Point] = {}

    def look(factors: Sequence[float]) -> Generator[int, None, float]:
        found = yield from sweep.points([board.scaled(g) for g in factors])
        points.update(zip(factors, found, strict=True))
        return safe_range({g: point.fine for g, point in points.items()}, 0.0)[1]

    factor = yield from look([n / _FACTORS for n in range(_FACTORS + 1)])
    if factor < 1:
        factor = yield from look([factor + n / _FACTORS**2 for n in range(1, _FACTORS)])
    return Balance(factor, board.scaled(factor), sweep.baseline, points[factor].measure)


def _gaps(points: Mapping[float, _Point], neutral: float) -> list[tuple[float, float]]:
    """On each side of the safe range, its end and the first strength that is not fine."""
    low, high = safe_range({s: point.fine for s, point in points.items()}, neutral)
    below, above = [s for s in points if s < low], [s for s in points if s > high]
    return [*([(low, max(below))] if below else []), *([(high, min(above))] if above else [])]


def _between(start: float, end: float, n: int) -> list[float]:
    return [start + (end - start) * k / (n + 1) for k in range(1, n + 1)]
