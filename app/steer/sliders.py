"""Sliders of the steer board: what a term names -> the slider with label, modes, range and calibrated safe range."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy.orm import Session

from app.db.latent_table.lists import latents_by_index
from app.db.queries.answers import LatentName, LatentRow, SourceInfo
from app.db.queries.calibrations import CalibrationInfo, Subject, calibrations_of
from app.db.queries.names import latent_name
from app.db.queries.vectors import VectorInfo, vector_by_id
from app.engine.sources import Reader
from app.errors import InvalidRequest, PeriscopeError, shorten
from app.steer.query import SliderQuery
from app.steer.strengths import Unit, start_of, unit_of_latent
from app.steer.terms import IN_MAXIMA
from app.steer.views import ModeChoice, SafeRange, SliderView
from app.text.name_views import NameView
from app.text.names import name_view, own_name
from app.text.tokens import chip, plain
from models.steering.terms import MAX_STRENGTH, MODES, NEUTRAL, VECTOR_MODES

MODE_NAMES = {
    "add": "add", "clamp": "clamp to", "scale": "scale by", "ablate": "ablate", "project": "project out",
}  # fmt: skip
#: What a strength counts.
UNITS = {"add": "× max", "clamp": "× max", "scale": "×", "ablate": "", "project": "×"}
#: Ends of a slider that is not calibrated and has no unit to be measured by.
RANGES = {"add": (-4.0, 4.0), "clamp": (-4.0, 4.0), "scale": (-4.0, 8.0), "ablate": (0.0, 1.0), "project": (-4.0, 4.0)}
#: How far a slider reaches: so many times its safe range; without one, so many times where it starts. Typing reaches
#: further.
REACH, REACH_OF_START = 2, 5
#: Stops of a slider.
STEPS = 200
PROMOTED = 3


@dataclass(frozen=True)
class Restored:
    """A slider as it is shown and as it is played, and the model that it belongs to."""

    view: SliderView
    query: SliderQuery
    language_model_id: int


def slider(reader: Reader, query: SliderQuery) -> Restored:
    """The slider. Raises UnknownSource, UnknownLatent, NotFound or InvalidRequest for one that cannot be."""
    with reader.sessions() as session:
        if query.vector is not None:
            return _vector(session, query, vector_by_id(session, query.vector))
        slug, index = query.latent
        return _latent(session, query, reader.find_one(slug, index), index)


def sliders(reader: Reader, asked: Sequence[SliderQuery]) -> tuple[list[Restored], list[str]]:
    """(the sliders that can be restored, all of one model; a sentence for each of the others)."""
    found: list[Restored] = []
    problems: list[str] = []
    for query in asked:
        try:
            made = slider(reader, query)
            if found and made.language_model_id != found[0].language_model_id:
                raise InvalidRequest("It belongs to another model; one model is steered at a time.")
            found.append(made)
        except PeriscopeError as error:
            problems.append(f"{shorten(query.term, 60)} could not be put on the board: {plain(str(error))}")
    return found, problems


def safe_range(calibration: CalibrationInfo, term: str) -> SafeRange:
    """A stored calibration as a slider paints it."""
    address = urlencode({"term": term, "mode": calibration.mode})
    return SafeRange(
        mode=calibration.mode,
        low=f"{calibration.safe_low:g}",
        high=f"{calibration.safe_high:g}",
        recommended=f"{calibration.recommended:g}",
        curve_href=f"/parts/steer/calibration?{address}",
        strained_low=f"{calibration.sweep.strained_low if calibration.sweep else calibration.safe_low:g}",
        strained_high=f"{calibration.sweep.strained_high if calibration.sweep else calibration.safe_high:g}",
    )


def subject_of(session: Session, reader: Reader, query: SliderQuery) -> tuple[Subject, float, str]:
    """(whose calibration it is, what strength 1 is now, its name)."""
    if query.vector is not None:
        vector = vector_by_id(session, query.vector)
        return Subject(vector_id=vector.id), vector.norm, plain(vector.name)
    slug, index = query.latent
    source = reader.find_one(slug, index)
    row = _row(session, source, index)
    return Subject(source.id, index), row.max_activation if row and row.n_active else 1.0, _name(row, index)


def _latent(session: Session, query: SliderQuery, source: SourceInfo, index: int) -> Restored:
    row = _row(session, source, index)
    unit = row.max_activation if row is not None and row.n_active else None
    note = ""
    if row is None:
        note = (
            f"{source.slug} has no finished build, so its maximum is not known: it can be scaled, ablated or projected."
        )
    elif unit is None:
        note = "It was never active in the build, so it has no maximum: scale, ablate or project it."
    allowed = MODES if unit is not None else tuple(mode for mode in MODES if mode not in IN_MAXIMA)
    kept = _calibrations(session, Subject(source.id, index), unit or 1.0)
    name = latent_name(session, source, index) if row is None else row.name
    return _restored(
        query, allowed, kept, unit_of_latent(session, source, index), source.language_model_id,
        name=name_view(index, name),
        where=f"{source.slug} · {index}",
        href=f"/sources/{source.slug}/latents/{index}" if row else "",
        promoted=row.promoted[:PROMOTED] if row else (),
        note=note,
    )  # fmt: skip


def _vector(session: Session, query: SliderQuery, vector: VectorInfo) -> Restored:
    kept = _calibrations(session, Subject(vector_id=vector.id), vector.norm)
    return _restored(
        query, VECTOR_MODES, kept, Unit(vector.norm, vector.residual_share), vector.language_model_id,
        name=own_name(vector.name), where=f"vector at {vector.hook_name}", href="", promoted=(), note="",
    )  # fmt: skip


def _reach(unit: Unit, mode: str, kept: CalibrationInfo | None) -> tuple[float, float]:
    """The ends of a slider: twice the safe range on either side of what changes nothing."""
    neutral = NEUTRAL.get(mode, 0.0)
    if kept is not None and kept.safe_low < kept.safe_high:
        low, high = (neutral + REACH * (end - neutral) for end in (kept.safe_low, kept.safe_high))
        return _nice(low, low=True), _nice(high, low=False)
    if mode in IN_MAXIMA and unit.share:
        start, _ = start_of(unit, mode, None)
        return _nice(-REACH_OF_START * start, low=True), _nice(REACH_OF_START * start, low=False)
    return RANGES[mode]


def _nice(end: float, *, low: bool) -> float:
    """An end of two digits, outwards, that typing reaches."""
    if not end:
        return 0.0
    step = 10 ** (math.floor(math.log10(abs(end))) - 1)
    rounded = (math.floor if low else math.ceil)(end / step - (-1e-9 if low else 1e-9)) * step
    return min(MAX_STRENGTH, max(-MAX_STRENGTH, float(f"{rounded:.4g}")))


def _restored(
    query: SliderQuery, allowed: Sequence[str], kept: dict[str, CalibrationInfo], counts: Unit, model_id: int, *,
    name: NameView, where: str, href: str, promoted: Sequence[str], note: str,
) -> Restored:  # fmt: skip
    if query.mode and query.mode not in allowed:
        said = note or f"it takes {' or '.join(allowed)}, not {query.mode}."
        raise InvalidRequest(f"{name.text}: {said}")
    mode = query.mode or allowed[0]
    strength = start_of(counts, mode, kept.get(mode))[0] if query.strength is None else query.strength
    is_vector = query.vector is not None
    choices = []
    for key in allowed:
        low, high = _reach(counts, key, kept.get(key))
        step = float(f"{(high - low) / STEPS:.1g}")
        unit = "×" if is_vector else UNITS[key]
        choices.append(ModeChoice(key, MODE_NAMES[key], key == mode, f"{low:g}", f"{high:g}", f"{step:g}", unit))
    chosen = next(choice for choice in choices if choice.is_chosen)
    ranges = {key: safe_range(found, query.term) for key, found in kept.items()}
    view = SliderView(
        uid=uuid4().hex[:8],
        term=query.term,
        label=name.text,
        name=name,
        where=where,
        href=href,
        promoted=tuple(chip(text) for text in promoted),
        modes=tuple(choices),
        strength=f"{strength:g}",
        unit=chosen.unit,
        low=f"{min(float(chosen.low), strength):g}",
        high=f"{max(float(chosen.high), strength):g}",
        step=chosen.step,
        is_on=query.is_on,
        can_everywhere=is_vector,
        is_everywhere=query.everywhere and mode == "project",
        safe=ranges.get(mode),
        ranges=tuple(ranges.values()),
        note=note,
    )
    played = SliderQuery(query.term, mode, strength, view.is_everywhere, query.is_on)
    return Restored(view, played, model_id)


def _calibrations(session: Session, subject: Subject, unit: float) -> dict[str, CalibrationInfo]:
    """Mode -> its calibration, unless the unit has changed with a new build, or the rule by which it was measured."""
    return {item.mode: item for item in calibrations_of(session, subject) if item.is_current(unit)}


def _row(session: Session, source: SourceInfo, index: int) -> LatentRow | None:
    return None if source.build is None else latents_by_index(session, source, [index]).get(index)


def _name(row: LatentRow | None, index: int) -> str:
    """What a latent is called: its label, else what it does, else its number."""
    return name_view(index, LatentName() if row is None else row.name).text
