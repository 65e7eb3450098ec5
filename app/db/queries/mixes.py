"""Saved mixes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.tables import LanguageModel, Mix
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


def all_mixes(session: Session) -> tuple[MixInfo, ...]:
    """Every mix, by name."""
    return tuple(_mix(row) for row in session.execute(MIXES.order_by(MIX.c.name, MIX.c.id)).mappings())


def mix_by_id(session: Session, mix_id: int) -> MixInfo:
    """The mix; NotFound if there is none."""
    row = None
    if 0 <= mix_id < 2**31:
        row = session.execute(MIXES.where(MIX.c.id == mix_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no mix {shorten(str(mix_id))}; GET /api/v1/mixes lists what there is.")
    return _mix(row)


def _mix(row: sa.RowMapping) -> MixInfo:
    return MixInfo(
        id=row["id"],
        language_model_id=row["language_model_id"],
        model=row["model_name"],
        name=row["name"],
        terms=tuple(row["terms"]),
        options=row["options"],
        created=row["created"],
    )
