"""Stored calibrations."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.tables.steering import Calibration

CALIBRATION = Calibration.__table__


@dataclass(frozen=True)
class Subject:
    """Whose strength it is: a latent of a source, or a vector; the ids of the database."""

    source_id: int | None = None
    latent_index: int | None = None
    vector_id: int | None = None


@dataclass(frozen=True)
class SweepInfo:
    """What a sweep judges by; see ``models.steering.calibration.Calibration``. ``samples``: prompt, unsteered text,
    steered.
    """

    is_chat: bool
    fluent_share: tuple[float, ...]
    unsteered_share: float
    unsteered_effect: float | None
    strained_low: float
    strained_high: float
    samples: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class CalibrationInfo:
    """A sweep as it was measured; lists run along ``strengths``. ``unit``: what strength 1 was.

    ``sweep`` is ``None`` for one that was measured by the rule before this one; its range is not used any more.
    """

    subject: Subject
    mode: str
    unit: float
    prompts: tuple[str, ...]
    temperature: float
    strengths: tuple[float, ...]
    effect: tuple[float | None, ...]
    base_nll: tuple[float | None, ...]
    distinct_2: tuple[float | None, ...]
    safe_low: float
    safe_high: float
    recommended: float
    created: datetime
    sweep: SweepInfo | None = None

    def is_current(self, unit: float) -> bool:
        """Whether it was measured by today's rule and in the present unit (a new build may have another maximum)."""
        return self.sweep is not None and math.isclose(self.unit, unit, rel_tol=1e-5)


def calibration_of(session: Session, subject: Subject, mode: str) -> CalibrationInfo | None:
    """The calibration of one slider, if there is one."""
    row = session.execute(sa.select(CALIBRATION).where(*of_subject(subject), CALIBRATION.c.mode == mode)).mappings()
    found = row.first()
    return None if found is None else _calibration(found)


def calibrations_of(session: Session, subject: Subject) -> tuple[CalibrationInfo, ...]:
    """The calibrations of a latent, of a vector, or of all latents of a source (no ``latent_index``), by mode."""
    query = sa.select(CALIBRATION).where(*of_subject(subject))
    query = query.order_by(CALIBRATION.c.latent_index, CALIBRATION.c.mode)
    return tuple(_calibration(row) for row in session.execute(query).mappings())


def count_calibrations(session: Session, subject: Subject) -> int:
    """How many there are."""
    found = sa.select(sa.func.count()).select_from(CALIBRATION).where(*narrowed(subject))
    return session.execute(found).scalar_one()


def some_calibrations(session: Session, subject: Subject, limit: int, offset: int) -> tuple[CalibrationInfo, ...]:
    """A part of those that the subject allows, where what it leaves open may be anything: by source, latent, vector
    and mode.
    """
    columns = CALIBRATION.c
    order = (columns.source_id, columns.latent_index, columns.vector_id, columns.mode)
    query = sa.select(CALIBRATION).where(*narrowed(subject)).order_by(*order).limit(limit).offset(offset)
    return tuple(_calibration(row) for row in session.execute(query).mappings())


def narrowed(subject: Subject) -> list[Any]:
    """The conditions of what the subject says; all hold at once."""
    columns = {"source_id": subject.source_id, "latent_index": subject.latent_index, "vector_id": subject.vector_id}
    return [CALIBRATION.c[name] == value for name, value in columns.items() if value is not None]


def of_subject(subject: Subject) -> list[Any]:
    """The conditions that choose a subject's rows."""
    if subject.vector_id is not None:
        return [CALIBRATION.c.vector_id == subject.vector_id]
    found = [CALIBRATION.c.source_id == subject.source_id]
    return found if subject.latent_index is None else [*found, CALIBRATION.c.latent_index == subject.latent_index]


def _calibration(row: sa.RowMapping) -> CalibrationInfo:
    return CalibrationInfo(
        subject=Subject(row["source_id"], row["latent_index"], row["vector_id"]),
        mode=row["mode"],
        unit=row["unit"],
        prompts=tuple(row["prompts"]),
        temperature=row["temperature"],
        strengths=tuple(row["strengths"]),
        effect=tuple(row["effect"]),
        base_nll=tuple(row["base_nll"]),
        distinct_2=tuple(row["distinct_2"]),
        safe_low=row["safe_low"],
        safe_high=row["safe_high"],
        recommended=row["recommended"],
        created=row["created"],
        sweep=_sweep(row["sweep"]),
    )


def _sweep(kept: dict[str, Any] | None) -> SweepInfo | None:
    if kept is None:
        return None
    return SweepInfo(
        is_chat=kept["is_chat"],
        fluent_share=tuple(kept["fluent_share"]),
        unsteered_share=kept["unsteered_share"],
        unsteered_effect=kept["unsteered_effect"],
        strained_low=kept["strained_low"],
        strained_high=kept["strained_high"],
        samples=tuple((prompt, before, after) for prompt, before, after in kept["samples"]),
    )
