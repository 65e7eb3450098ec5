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

``balance`` looks for the largest factor g ≤ 1 by which all terms of a mix can be scaled so that it stays fine: g on a
grid, and once more between the last fine and the first other one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from models.coherence import TextMeasure, mean_measure, within_bounds
from models.dictionary import Dictionary
from models.errors import SteeringError, Unsupported
from models.generate import TextBatch
from models.language_model import LanguageModel
from models.prefill import PromptMemory
from models.readings import Reading, read_texts
from models.sampling import Sampling
from models.steer_terms import NEUTRAL, Board, SteerTerm, VectorSubject
from models.text_rows import Request

#: At a fine strength at least this share of single texts keeps the bounds.
FINE_SHARE = 0.9
#: New tokens of a text: of half as many, one unlikely name puts a good text out of bounds.
NEW_TOKENS = 48
#: Texts of every prompt: the sweep takes the last strength that is fine, which with few texts is a lucky one.
SAMPLES = 4
#: Texts written at once.
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


class _Sweep:
    """Measures boards against the unsteered texts of a plan."""

    def __init__(
        self,
        model: LanguageModel,
        dictionaries: Mapping[str, Dictionary],
        plan: Plan,
        subject: SteerTerm | None,
        cancelled: Callable[[], bool],
    ) -> None:
        if not plan.prompts:
            raise SteeringError("A calibration needs at least one prompt.")
        self.model, self.dictionaries, self.plan, self.subject = model, dictionaries, plan, subject
        self.cancelled = cancelled
        self.memory = PromptMemory()
        texts = self._write([None])[0]
        self.readings = self._read(texts)
        self.baseline = mean_measure([reading.measure for reading in self.readings])

    def points(self, boards: Sequence[Board]) -> list[_Point]:
        """Every board's texts, judged."""
        found = self._write(list(boards))
        readings = self._read([text for texts in found for text in texts])
        n = len(self.readings)
        return [self._judge(readings[place * n : (place + 1) * n]) for place in range(len(boards))]

    def _judge(self, readings: Sequence[Reading]) -> _Point:
        pairs = list(zip(readings, self.readings, strict=True))
        share = sum(within_bounds(mine.measure, self.baseline) for mine, _ in pairs) / len(pairs)
        measure = mean_measure([reading.measure for reading in readings])
        effects = [mine.effect for mine, _ in pairs if mine.effect is not None]
        effect = sum(effects) / len(effects) if effects else None
        if effect is not None and self.subject is not None and isinstance(self.subject.subject, VectorSubject):
            own = [reading.effect for reading in self.readings if reading.effect is not None]
            effect -= sum(own) / len(own) if own else 0.0
        return _Point(measure, effect, share, within_bounds(measure, self.baseline) and share >= FINE_SHARE)

    def _write(self, boards: Sequence[Board | None]) -> list[list[tuple[tuple[int, ...], tuple[int, ...]]]]:
        """Per board the texts as (prompt, generated), prompt by prompt, sample by sample."""
        at_once = max(1, ROWS_AT_ONCE // (len(self.plan.prompts) * self.plan.samples))
        groups = [boards[first : first + at_once] for first in range(0, len(boards), at_once)]
        return [texts for group in groups for texts in self._write_at_once(group)]

    def _write_at_once(self, boards: Sequence[Board | None]) -> list[list[tuple[tuple[int, ...], tuple[int, ...]]]]:
        batch = TextBatch(self.model, self.dictionaries, self.memory)
        where: dict[int, tuple[int, int]] = {}
        jobs = [(prompt, sample) for prompt in self.plan.prompts for sample in range(self.plan.samples)]
        texts: list[list[list[int]]] = [[[] for _ in jobs] for _ in boards]
        for place, board in enumerate(boards):
            for n, (prompt, sample) in enumerate(jobs):
                sampling = replace(self.plan.sampling, seed=self.plan.sampling.seed + sample, alternatives=0)
                request = Request(prompt, board, sampling, baseline=board is None, reading=False)
                where[batch.add(request)] = (place, n)
        while batch.live:
            if self.cancelled():
                raise SteeringError("The calibration was cancelled.")
            for event in batch.step():
                place, n = where[event.request]
                texts[place][n].append(event.token_id)
        return [[(jobs[n][0], tuple(text)) for n, text in enumerate(row)] for row in texts]

    def _read(self, texts: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[Reading]:
        return read_texts(self.model, self.dictionaries, texts, self.subject)


@torch.inference_mode()
def calibrate(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    term: SteerTerm,
    plan: Plan,
    strengths: Sequence[float] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Calibration:
    """Sweep one term's strength. ``term.strength`` is not used.

    Raises:
        Unsupported: the mode has no strength.
        SteeringError: no prompts, or a term that cannot be done.
    """
    if term.mode not in GRIDS:
        raise Unsupported(f"Mode {term.mode!r} has no strength to calibrate; use one of {', '.join(GRIDS)}.")
    neutral = NEUTRAL.get(term.mode, 0.0)
    sweep = _Sweep(model, dictionaries, plan, term, cancelled)
    grid = sorted({*(GRIDS[term.mode] if strengths is None else strengths), neutral})

    def measured(values: Sequence[float]) -> dict[float, _Point]:
        boards = [Board((replace(term, strength=s),), plan.positions) for s in values]
        return dict(zip(values, sweep.points(boards), strict=True)) if values else {}

    points = measured(grid)
    finer = [s for ends in _gaps(points, neutral) for s in _between(*ends, _FINER)]
    points = dict(sorted((points | measured(finer)).items()))
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


@torch.inference_mode()
def balance(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    board: Board,
    plan: Plan,
    cancelled: Callable[[], bool] = lambda: False,
) -> Balance:
    """The largest common factor ≤ 1 that keeps a mix within the bounds; ablations stay as they are.

    Raises:
        SteeringError: no prompts, or a board that cannot be done.
    """
    sweep = _Sweep(model, dictionaries, replace(plan, positions=board.positions), None, cancelled)
    points: dict[float, _Point] = {}

    def look(factors: Sequence[float]) -> None:
        boards = [board.scaled(g) for g in factors]
        points.update(zip(factors, sweep.points(boards), strict=True))

    look([n / _FACTORS for n in range(_FACTORS + 1)])
    _, factor = safe_range({g: point.fine for g, point in points.items()}, 0.0)
    if factor < 1:
        look([factor + n / _FACTORS**2 for n in range(1, _FACTORS)])
        _, factor = safe_range({g: point.fine for g, point in points.items()}, 0.0)
    return Balance(factor, board.scaled(factor), sweep.baseline, points[factor].measure)


def _gaps(points: Mapping[float, _Point], neutral: float) -> list[tuple[float, float]]:
    """On each side of the safe range, its end and the first strength that is not fine."""
    low, high = safe_range({s: point.fine for s, point in points.items()}, neutral)
    below, above = [s for s in points if s < low], [s for s in points if s > high]
    return [*([(low, max(below))] if below else []), *([(high, min(above))] if above else [])]


def _between(start: float, end: float, n: int) -> list[float]:
    return [start + (end - start) * k / (n + 1) for k in range(1, n + 1)]
