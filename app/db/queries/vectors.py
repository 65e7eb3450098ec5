"""Saved vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.packing import unpack_floats
from app.db.tables.sources import LanguageModel
from app.db.tables.steering import Vector
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


@dataclass(frozen=True)
class VectorFacts:
    """What a list shows of a vector: all but its values and prompts, which may be long."""

    id: int
    model: str
    name: str
    hook_name: str
    positions: str
    norm: float
    residual_share: float | None
    n_positive: int
    n_negative: int
    created: datetime


FACTS = sa.select(
    VECTOR.c.id, MODEL.c.name.label("model"), VECTOR.c.name, VECTOR.c.hook_name, VECTOR.c.positions, VECTOR.c.norm,
    VECTOR.c.residual_share, sa.func.json_array_length(VECTOR.c.positive).label("n_positive"),
    sa.func.json_array_length(VECTOR.c.negative).label("n_negative"), VECTOR.c.created,
).join(MODEL, MODEL.c.id == VECTOR.c.language_model_id)  # fmt: skip
#: Orders of a list.
BY_NAME = (MODEL.c.name, VECTOR.c.name, VECTOR.c.id)
NEWEST_FIRST = (VECTOR.c.id.desc(),)


def some_vectors(
    session: Session, limit: int, offset: int = 0, order: Sequence[sa.ColumnElement[Any]] = BY_NAME
) -> tuple[VectorFacts, ...]:
    """So many vectors, after the first ``offset``."""
    query = FACTS.order_by(*order).limit(limit).offset(offset)
    return tuple(VectorFacts(**row) for row in session.execute(query).mappings())


def vector_facts(session: Session, vector_id: int) -> tuple[VectorFacts, ...]:
    """Those of one vector; nothing if there is none."""
    found = session.execute(FACTS.where(VECTOR.c.id == vector_id)).mappings()
    return tuple(VectorFacts(**row) for row in found)


def vectors_of(session: Session, language_model_id: int) -> tuple[tuple[int, str, str], ...]:
    """(id, name, hook) of every vector of a model, by name; there are never more than can be saved."""
    query = sa.select(VECTOR.c.id, VECTOR.c.name, VECTOR.c.hook_name)
    query = query.where(VECTOR.c.language_model_id == language_model_id).order_by(VECTOR.c.name, VECTOR.c.id)
    return tuple((row[0], row[1], row[2]) for row in session.execute(query))


def count_vectors(session: Session) -> int:
    """How many there are."""
    return session.execute(sa.select(sa.func.count()).select_from(VECTOR)).scalar_one()


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
