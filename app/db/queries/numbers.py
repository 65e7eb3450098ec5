"""What the build knows about latents that something else found: density and maximum, for many at once."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.texts import in_parts
from app.db.tables.builds import Latent, LatentDetail

LATENT = Latent.__table__

#: Put together once: that takes longer than the database needs to answer it.
NUMBERS = sa.select(LATENT.c.latent_index, LATENT.c.density, LATENT.c.max_activation).where(
    LATENT.c.build_id == sa.bindparam("build_id"), LATENT.c.latent_index.in_(sa.bindparam("indices", expanding=True))
)


@dataclass(frozen=True)
class LatentNumbers:
    """Share of the corpus's tokens on which a latent is active, and its largest activation there."""

    density: float
    max_activation: float


@dataclass(frozen=True)
class WriteNorm:
    """Its largest activation, and the length of what one unit of it writes (1 in builds that did not record it)."""

    maximum: float
    norm: float


def write_norm(session: Session, build_id: int, index: int) -> WriteNorm | None:
    """What a latent writes; ``None`` for one that the build has not."""
    detail = LatentDetail.__table__.c
    query = (
        sa.select(LATENT.c.max_activation, detail.decoder_norm)
        .join(LatentDetail, (detail.build_id == LATENT.c.build_id) & (detail.latent_index == LATENT.c.latent_index))
        .where(LATENT.c.build_id == build_id, LATENT.c.latent_index == index)
    )
    row = session.execute(query).first()
    return None if row is None else WriteNorm(row[0], 1.0 if row[1] is None else row[1])


def latent_numbers(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, LatentNumbers]:
    """The numbers of those latents; empty for a source without a build."""
    found: dict[int, LatentNumbers] = {}
    if source.build is None:
        return found
    for part in in_parts(indices):
        rows = session.execute(NUMBERS, {"build_id": source.build.id, "indices": part})
        found.update((row[0], LatentNumbers(row[1], row[2])) for row in rows)
    return found
