"""Where a slider starts: at the strength that was measured to work, else at a share of the residual norm."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.calibrations import CalibrationInfo, Subject, calibration_of
from app.db.queries.numbers import write_norm
from app.engine.sources import Reader
from app.errors import InvalidRequest, Unfit, UnknownLatent, shorten
from app.steer import schemas as answers
from models.steering.terms import MAX_STRENGTH, MODES, NEUTRAL

#: Of the residual norm, where nothing was measured: what was read of four latents of the chat model was language up to
#: here, and strained at twice as much.
START_SHARE = 0.2
#: Where a strength is no multiple of a maximum: taken out once, three times as active.
STARTS = {"scale": 3.0, "ablate": 1.0, "project": 1.0}
CALIBRATION, NORM = "calibration", "norm"


@dataclass(frozen=True)
class Unit:
    """What strength 1 is beside the activation itself. ``maximum``: M_i, or the norm of a vector.

    ``share``: how large adding it is beside mean‖h‖; ``None`` where one of the two is not known.
    """

    maximum: float | None
    share: float | None


def unit_of_latent(session: Session, source: SourceInfo, index: int) -> Unit:
    """Of a latent, from the build. No build or a latent that was never active: nothing is known."""
    if source.build is None:
        return Unit(None, None)
    numbers = write_norm(session, source.build.id, index)
    if numbers is None or not numbers.maximum:
        return Unit(None, None)
    mean_norm = source.build.quality.mean_residual_norm
    share = numbers.maximum * numbers.norm / mean_norm if mean_norm else None
    return Unit(numbers.maximum, share)


def start_of(unit: Unit, mode: str, found: CalibrationInfo | None) -> tuple[float, str]:
    """(where a new slider stands, what that rests on). ``found``: its current calibration."""
    if found is not None:
        neutral = NEUTRAL.get(mode, 0.0)
        known = next((s for s in (found.recommended, found.safe_high) if s != neutral), None)
        if known is not None:
            return known, CALIBRATION
    if mode in STARTS:
        return STARTS[mode], NORM
    if not unit.share:
        return 1.0, NORM
    return min(MAX_STRENGTH, float(f"{START_SHARE / unit.share:.2g}")), NORM


def strength(reader: Reader, slug: str, index: int, mode: str) -> answers.StrengthAnswer:
    """Where the board starts the slider of a latent.

    Raises UnknownSource, UnknownLatent, InvalidRequest for a mode that does not exist, and Unfit for a latent whose
    strengths have no unit.
    """
    if mode not in MODES:
        raise InvalidRequest(f"Mode {shorten(mode, 40)!r} is not known; use one of {', '.join(MODES)}.")
    source = reader.find_one(slug, index)
    if not 0 <= index < source.facts.d_sae:
        raise UnknownLatent(slug, index, source.facts.d_sae)
    with reader.sessions() as session:
        unit = unit_of_latent(session, source, index)
        found = calibration_of(session, Subject(source.id, index), mode) if unit.maximum else None
    if mode not in STARTS and unit.maximum is None:
        raise Unfit(
            f"Latent {index} of {slug} has no maximum, in which the strength of {mode} is measured: "
            + ("the source has no finished build." if source.build is None else "it was never active in the build.")
        )
    found = found if found is not None and found.is_current(unit.maximum or 1.0) else None
    start, basis = start_of(unit, mode, found)
    return answers.StrengthAnswer(
        start,
        found.recommended if found else None,
        found.safe_low if found else None,
        found.safe_high if found else None,
        basis,
    )
