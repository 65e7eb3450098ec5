"""Sliders of the steer board: what a term names -> the slider with label, modes, range and calibrated safe range."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy.orm import Session

from app.db import queries
from app.db.queries import LatentName, LatentRow, SourceInfo
from app.db.queries.calibrations import CalibrationInfo, Subject, calibrations_of
from app.db.queries.vectors import VectorInfo, vector_by_id
from app.errors import InvalidRequest, PeriscopeError, shorten
from app.services.engine_sources import Reader
from app.services.names import name_view, own_name
from app.services.steer_query import SliderQuery
from app.services.steer_terms import IN_MAXIMA
from app.services.tokens import chip, plain
from app.views import ModeChoice, SafeRange, SliderView
from app.views.names import NameView
from models.steer_terms import MAX_STRENGTH, MODES, NEUTRAL, VECTOR_MODES

MODE_NAMES = {
    "add": "add", "clamp": "clamp to", "scale": "scale by", "ablate": "ablate", "project": "project out",
}  # fmt: skip
#: What a strength counts.
UNITS = {"add": "× max", "clamp": "× max", "scale": "×", "ablate": "", "project": "×"}
#: Ends of the slider: those of the sweep that calibrates it.
RANGES = {"add": (-4, 4), "clamp": (-4, 4), "scale": (-4, 8), "ablate": (0, 1), "project": (-4, 4)}
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
    ranges = _ranges(session, Subject(source.id, index), query.term, unit or 1.0)
    name = queries.latent_name(session, source, index) if row is None else row.name
    return _restored(
        query, allowed, ranges, source.language_model_id,
        name=name_view(index, name),
        where=f"{source.slug} · {index}",
        href=f"/sources/{source.slug}/latents/{index}" if row else "",
        promoted=row.promoted[:PROMOTED] if row else (),
        note=note,
    )  # fmt: skip


def _vector(session: Session, query: SliderQuery, vector: VectorInfo) -> Restored:
    ranges = _ranges(session, Subject(vector_id=vector.id), query.term, vector.norm)
    return _restored(
        query, VECTOR_MODES, ranges, vector.language_model_id,
        name=own_name(vector.name), where=f"vector at {vector.hook_name}", href="", promoted=(), note="",
    )  # fmt: skip


def _first(safe: SafeRange, mode: str) -> float:
    """Where a new slider stands: at the recommended strength, or at the end of the range if that one does nothing."""
    recommended, end = float(safe.recommended), float(safe.high)
    neutral = NEUTRAL.get(mode)
    if recommended != neutral:
        return recommended
    return end if end != neutral else 1.0


def _restored(
    query: SliderQuery, allowed: Sequence[str], ranges: dict[str, SafeRange], model_id: int, *,
    name: NameView, where: str, href: str, promoted: Sequence[str], note: str,
) -> Restored:  # fmt: skip
    if query.mode and query.mode not in allowed:
        said = note or f"it takes {' or '.join(allowed)}, not {query.mode}."
        raise InvalidRequest(f"{name.text}: {said}")
    mode = query.mode or allowed[0]
    strength = query.strength
    if strength is None:
        strength = _first(ranges[mode], mode) if mode in ranges else 1.0
    low, high = RANGES[mode]
    reach = min(MAX_STRENGTH, math.ceil(abs(strength)))
    is_vector = query.vector is not None
    view = SliderView(
        uid=uuid4().hex[:8],
        term=query.term,
        label=name.text,
        name=name,
        where=where,
        href=href,
        promoted=tuple(chip(text) for text in promoted),
        modes=tuple(
            ModeChoice(name, MODE_NAMES[name], name == mode, *RANGES[name], "×" if is_vector else UNITS[name])
            for name in allowed
        ),
        strength=f"{strength:g}",
        unit="×" if is_vector else UNITS[mode],
        low=f"{min(low, -reach) if strength < 0 else low:g}",
        high=f"{max(high, reach) if strength > 0 else high:g}",
        is_on=query.is_on,
        can_everywhere=is_vector,
        is_everywhere=query.everywhere and mode == "project",
        safe=ranges.get(mode),
        ranges=tuple(ranges.values()),
        note=note,
    )
    played = SliderQuery(query.term, mode, strength, view.is_everywhere, query.is_on)
    return Restored(view, played, model_id)


def _ranges(session: Session, subject: Subject, term: str, unit: float) -> dict[str, SafeRange]:
    """Mode -> its calibration, unless the unit has changed with a new build."""
    found = calibrations_of(session, subject)
    return {item.mode: safe_range(item, term) for item in found if math.isclose(item.unit, unit, rel_tol=1e-5)}


def _row(session: Session, source: SourceInfo, index: int) -> LatentRow | None:
    return None if source.build is None else queries.latents_by_index(session, source, [index]).get(index)


def _name(row: LatentRow | None, index: int) -> str:
    """What a latent is called: its label, else what it does, else its number."""
    return name_view(index, LatentName() if row is None else row.name).text
