"""Saved vectors."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.packing import unpack_floats
from app.db.tables import LanguageModel, Vector
from app.errors import NotFound, shorten
from models.records import FloatArray

VECTOR = Vector.__table__
MODEL = LanguageModel.__table__
VECTORS = sa.select(VECTOR, MODEL.c.name.label("model_name")).join(MODEL, MODEL.c.id == VECTOR.c.language_model_id)


@dataclass(frozen=True, eq=False)
class VectorInfo:
    """A direction at a hook of a model; ``values`` (width,) in units of the activation there."""

    id: int
    language_model_id: int
    model: str
    name: str
    hook_name: str
    positions: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    values: FloatArray
    norm: float
    residual_share: float | None
    created: datetime


def all_vectors(session: Session, language_model_id: int | None = None) -> tuple[VectorInfo, ...]:
    """Every vector, or those of one model, by model and name."""
    query = VECTORS.order_by(MODEL.c.name, VECTOR.c.name, VECTOR.c.id)
    if language_model_id is not None:
        query = query.where(VECTOR.c.language_model_id == language_model_id)
    return tuple(_vector(row) for row in session.execute(query).mappings())


def vector_by_id(session: Session, vector_id: int) -> VectorInfo:
    """The vector; NotFound if there is none."""
    row = None
    if 0 <= vector_id < 2**31:
        row = session.execute(VECTORS.where(VECTOR.c.id == vector_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no vector {shorten(str(vector_id))}; GET /api/v1/vectors lists what there is.")
    return _vector(row)


def _vector(row: sa.RowMapping) -> VectorInfo:
    return VectorInfo(
        id=row["id"],
        language_model_id=row["language_model_id"],
        model=row["model_name"],
        name=row["name"],
        hook_name=row["hook_name"],
        positions=row["positions"],
        positive=tuple(row["positive"]),
        negative=tuple(row["negative"]),
        values=unpack_floats(row["values"]),
        norm=row["norm"],
        residual_share=row["residual_share"],
        created=row["created"],
    )
