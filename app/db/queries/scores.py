"""Latents of a build that were active and have no output score yet."""

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import packing
from app.db.tables.builds import Latent, LatentDetail
from models.records import LatentsToScore

LATENT = Latent.__table__
DETAIL = LatentDetail.__table__


def count_unscored(session: Session, build_id: int) -> int:
    """How many there are."""
    query = sa.select(sa.func.count()).select_from(LATENT).where(*_unscored(build_id))
    return int(session.scalar(query) or 0)


def unscored_latents(session: Session, build_id: int, after: int, limit: int) -> LatentsToScore:
    """The first ``limit`` of them whose index is above ``after``."""
    same = (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == LATENT.c.latent_index)
    query = (
        sa.select(LATENT.c.latent_index, LATENT.c.max_activation, DETAIL.c.promoted)
        .join(DETAIL, same)
        .where(*_unscored(build_id), LATENT.c.latent_index > after)
        .order_by(LATENT.c.latent_index)
        .limit(limit)
    )
    rows = session.execute(query).all()
    tokens = [[item.token_id for item in packing.unpack_token_values(row.promoted)] for row in rows]
    return LatentsToScore(
        np.array([row.latent_index for row in rows], np.int64),
        np.array([row.max_activation for row in rows], np.float64),
        np.array(tokens, np.int64),
    )


def _unscored(build_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return LATENT.c.build_id == build_id, LATENT.c.output_score.is_(None), LATENT.c.max_activation > 0
