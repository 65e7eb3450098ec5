"""Store what a sweep measured."""

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.queries.calibrations import CalibrationInfo, of_subject
from app.db.tables.steering import Calibration
from app.db.writes.bulk import rolled_back_on_error
from app.errors import Conflict


def save_calibration(session: Session, found: CalibrationInfo) -> None:
    """Store a sweep in the place of the one before. Raises Conflict if its subject was removed meanwhile."""
    row = {
        "source_id": found.subject.source_id,
        "latent_index": found.subject.latent_index,
        "vector_id": found.subject.vector_id,
        "mode": found.mode,
        "unit": found.unit,
        "prompts": list(found.prompts),
        "temperature": found.temperature,
        "strengths": list(found.strengths),
        "effect": list(found.effect),
        "base_nll": list(found.base_nll),
        "distinct_2": list(found.distinct_2),
        "safe_low": found.safe_low,
        "safe_high": found.safe_high,
        "recommended": found.recommended,
        "created": found.created,
        "sweep": None if found.sweep is None else asdict(found.sweep),
    }
    old = sa.delete(Calibration).where(*of_subject(found.subject), Calibration.mode == found.mode)
    # Somebody else may have stored one between our delete and insert; the second time that one is deleted.
    for attempt in range(2):
        try:
            with rolled_back_on_error(session):
                session.execute(old.execution_options(synchronize_session=False))
                session.execute(sa.insert(Calibration).values(row))
                session.commit()
        except IntegrityError:
            if attempt:
                raise Conflict("What was calibrated has been removed meanwhile; nothing was stored.") from None
        else:
            return
