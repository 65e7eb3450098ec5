"""The stored calibration of one slider as a curve."""

from app.db.queries.calibrations import calibration_of
from app.engine.sources import Reader
from app.errors import NotFound
from app.steer.figures import calibration_figure
from app.steer.query import SliderQuery
from app.steer.sliders import UNITS, subject_of
from app.steer.views import CurveView
from app.text.formats import moment, number


def curve(reader: Reader, query: SliderQuery) -> CurveView:
    """The curve. Raises NotFound where nothing is stored, UnknownSource or UnknownLatent."""
    mode = query.mode or "add"
    with reader.sessions() as session:
        subject, _, name = subject_of(session, reader, query)
        found = calibration_of(session, subject, mode)
    if found is None:
        raise NotFound(f"{name} is not calibrated for {mode} yet.")
    unit = "×" if query.vector is not None else UNITS[mode]
    low, high = number(found.safe_low), number(found.safe_high)
    said = f"Coherent from {low} to {high} {unit}; the effect is largest at {number(found.recommended)}."
    if found.safe_low == found.safe_high:
        said = f"No strength but {low} stays coherent: this direction breaks the text as soon as it is used."
    return CurveView(
        figure=calibration_figure(
            found.strengths, found.effect, found.base_nll, (found.safe_low, found.safe_high), unit
        ),
        said=said,
        measured=moment(found.created),
        temperature=f"{found.temperature:g}",
    )
