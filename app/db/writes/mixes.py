"""Save and delete mixes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.tables.steering import Mix
from app.db.writes.bulk import rolled_back_on_error
from app.db.writes.vectors import clean_name
from app.errors import Conflict, NotFound, shorten

#: More than anybody can look through; without a limit a program's mistake would fill the disk.
MAX_MIXES = 10_000


def save_mix(
    session: Session,
    language_model_id: int,
    name: str,
    terms: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    *,
    ready_made: bool = False,
) -> int:
    """Store a mix; gives its number. Raises Conflict if there are ``MAX_MIXES`` already."""
    row = {
        "language_model_id": language_model_id,
        "name": clean_name(name, "mix"),
        "terms": [dict(term) for term in terms],
        "options": dict(options),
        "created": datetime.now(UTC),
        "ready_made": ready_made,
    }
    with rolled_back_on_error(session):
        if session.execute(sa.select(sa.func.count()).select_from(Mix)).scalar_one() >= MAX_MIXES:
            raise Conflict(f"There are {MAX_MIXES:,} mixes, which is the most that are kept; delete some.")
        made: Any = session.execute(sa.insert(Mix).values(row))
        session.commit()
    return int(made.inserted_primary_key[0])


def delete_mix(session: Session, mix_id: int) -> None:
    """Delete a mix. Raises NotFound, and Conflict for a ready-made one."""
    with rolled_back_on_error(session):
        kept = session.execute(sa.select(Mix.name).where(Mix.id == _number(mix_id), Mix.ready_made)).scalar()
        if kept is not None:
            raise Conflict(f"The mix {shorten(kept, 60)!r} is ready-made and stays; only saved ones can be deleted.")
        changed: Any = session.execute(sa.delete(Mix).where(Mix.id == _number(mix_id)))
        session.commit()
    if changed.rowcount != 1:
        raise NotFound(f"There is no mix {shorten(str(mix_id))}.")


def _number(mix_id: int) -> int:
    """As the column can hold it; the number of no mix for others."""
    return mix_id if 0 <= mix_id < 2**31 else -1
