"""Save and delete vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.display import displayable
from app.db.packing import pack_floats
from app.db.tables.steering import Calibration, Vector
from app.db.writes.bulk import rolled_back_on_error
from app.errors import Conflict, InvalidRequest, NotFound, shorten
from models.records import FloatArray

MAX_NAME = 200
#: More than anybody can look through; without a limit a program's mistake would fill the disk.
MAX_VECTORS = 10_000
#: Characters of the prompts that are kept with a vector, together.
MAX_PROMPT_TEXT = 500_000


@dataclass(frozen=True, eq=False)
class NewVector:
    """A direction at a hook of a model, with the prompts that it came from."""

    language_model_id: int
    name: str
    hook_name: str
    positions: str
    positive: Sequence[str]
    negative: Sequence[str]
    values: FloatArray
    norm: float
    residual_share: float | None


def clean_name(name: str, what: str) -> str:
    """The name as it is stored. Raises InvalidRequest for one that is empty or too long."""
    clean = displayable(" ".join(name.split()))
    if not 1 <= len(clean) <= MAX_NAME:
        raise InvalidRequest(f"The name of a {what} has 1 to {MAX_NAME} characters, not {len(clean)}.")
    return clean


def save_vector(session: Session, new: NewVector) -> int:
    """Store a vector; gives its number. Raises Conflict if the model has one of this name, or ``MAX_VECTORS`` exist."""
    row = {
        "language_model_id": new.language_model_id,
        "name": clean_name(new.name, "vector"),
        "hook_name": new.hook_name,
        "positions": new.positions,
        "positive": [displayable(text) for text in new.positive],
        "negative": [displayable(text) for text in new.negative],
        "values": pack_floats(new.values),
        "norm": new.norm,
        "residual_share": new.residual_share,
        "created": datetime.now(UTC),
    }
    try:
        with rolled_back_on_error(session):
            if session.execute(sa.select(sa.func.count()).select_from(Vector)).scalar_one() >= MAX_VECTORS:
                raise Conflict(f"There are {MAX_VECTORS:,} vectors, which is the most that are kept; delete some.")
            made: Any = session.execute(sa.insert(Vector).values(row))
            session.commit()
    except IntegrityError:
        raise Conflict(
            f"The model has a vector {shorten(new.name)!r} already, or was removed; choose another name."
        ) from None
    return int(made.inserted_primary_key[0])


def delete_vector(session: Session, vector_id: int) -> None:
    """Delete a vector and its calibrations. Raises NotFound."""
    number = vector_id if 0 <= vector_id < 2**31 else -1
    with rolled_back_on_error(session):
        session.execute(sa.delete(Calibration).where(Calibration.vector_id == number))
        changed: Any = session.execute(sa.delete(Vector).where(Vector.id == number))
        session.commit()
    if changed.rowcount != 1:
        raise NotFound(f"There is no vector {shorten(str(vector_id))}.")
