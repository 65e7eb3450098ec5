"""Saved mixes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.tables.sources import LanguageModel
from app.db.tables.steering import Mix
from app.errors import NotFound, shorten

MIX = Mix.__table__
MODEL = LanguageModel.__table__
MIXES = sa.select(MIX, MODEL.c.name.label("model_name")).join(MODEL, MODEL.c.id == MIX.c.language_model_id)


@dataclass(frozen=True)
class MixInfo:
    """A saved set of sliders; ``terms`` and ``options`` as the API takes them."""

    id: int
    language_model_id: int
    model: str
    name: str
    terms: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]
    created: datetime
    ready_made: bool = False


@dataclass(frozen=True)
class MixName:
    """What a list of mixes shows of one."""

    id: int
    name: str
    model: str
    created: datetime
    ready_made: bool


def some_mixes(session: Session, limit: int, offset: int = 0) -> tuple[MixInfo, ...]:
    """So many mixes by name, after the first ``offset``."""
    query = MIXES.order_by(MIX.c.name, MIX.c.id).limit(limit).offset(offset)
    return tuple(_mix(row) for row in session.execute(query).mappings())


def ready_mixes(session: Session, language_model_id: int, limit: int) -> tuple[MixInfo, ...]:
    """The first ready-made mixes of a model, in the order in which they were made."""
    query = MIXES.where(MIX.c.language_model_id == language_model_id, MIX.c.ready_made).order_by(MIX.c.id).limit(limit)
    return tuple(_mix(row) for row in session.execute(query).mappings())


def mix_names(session: Session, limit: int, offset: int = 0, first: str = "") -> tuple[MixName, ...]:
    """The names alone, which are read without sliders and texts; those of the model ``first`` before all others."""
    columns = (MIX.c.id, MIX.c.name, MODEL.c.name.label("model"), MIX.c.created, MIX.c.ready_made)
    query = sa.select(*columns).join(MODEL, MODEL.c.id == MIX.c.language_model_id)
    query = query.order_by(sa.case((MODEL.c.name == first, 0), else_=1), MIX.c.ready_made.desc(), MIX.c.name, MIX.c.id)
    return tuple(MixName(*row) for row in session.execute(query.limit(limit).offset(offset)))


def count_mixes(session: Session, language_model_id: int | None = None) -> int:
    """How many there are, of one model or of all."""
    counted = sa.select(sa.func.count()).select_from(MIX)
    if language_model_id is not None:
        counted = counted.where(MIX.c.language_model_id == language_model_id)
    return session.execute(counted).scalar_one()


def mix_by_id(session: Session, mix_id: int) -> MixInfo:
    """The mix; NotFound if there is none."""
    row = None
    if 0 <= mix_id < 2**31:
        row = session.execute(MIXES.where(MIX.c.id == mix_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no mix {shorten(str(mix_id))}; GET /api/v1/mixes lists what there is.")
    return _mix(row)


def mix_names_of(session: Session, language_model_id: int) -> tuple[MixName, ...]:
    """The names of all mixes of a model, by name; of several with one name the newest is the last."""
    columns = (MIX.c.id, MIX.c.name, MODEL.c.name.label("model"), MIX.c.created, MIX.c.ready_made)
    query = sa.select(*columns).join(MODEL, MODEL.c.id == MIX.c.language_model_id)
    query = query.where(MIX.c.language_model_id == language_model_id).order_by(MIX.c.name, MIX.c.id)
    return tuple(MixName(*row) for row in session.execute(query))


def mix_by_name(session: Session, language_model_id: int, name: str) -> MixInfo | None:
    """The newest mix of a model that has this name, if there is one."""
    query = MIXES.where(MIX.c.language_model_id == language_model_id, MIX.c.name == name).order_by(MIX.c.id.desc())
    row = session.execute(query.limit(1)).mappings().first()
    return None if row is None else _mix(row)


def _mix(row: sa.RowMapping) -> MixInfo:
    return MixInfo(
        id=row["id"],
        language_model_id=row["language_model_id"],
        model=row["model_name"],
        name=row["name"],
        terms=tuple(row["terms"]) if isinstance(row["terms"], list) else (row["terms"],),
        options=row["options"],
        created=row["created"],
        ready_made=row["ready_made"],
    )
