"""How often and how strongly latents fire in a build, for what takes their place when they are removed."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import packing
from app.db.queries.answers import SourceInfo
from app.db.queries.texts import in_parts
from app.db.tables.builds import Latent, LatentDetail
from app.errors import NotBuilt
from models.records import FloatArray

LATENT = Latent.__table__
DETAIL = LatentDetail.__table__


@dataclass(frozen=True, eq=False)
class Activity:
    """``density``: share of active tokens; ``mean`` over all tokens, zeros included; ``sample``: of active tokens (n,),
    empty unless it was asked for.
    """

    density: float
    mean: float
    sample: FloatArray


def activities(
    session: Session, source: SourceInfo, indices: Collection[int], *, with_samples: bool = False
) -> dict[int, Activity]:
    """The activity of each of the latents. Raises NotBuilt."""
    if source.build is None:
        raise NotBuilt(source.slug)
    columns = [LATENT.c.latent_index, LATENT.c.density, LATENT.c.mean_activation]
    query = sa.select(*columns, DETAIL.c.sample if with_samples else sa.null())
    if with_samples:
        same = (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == LATENT.c.latent_index)
        query = query.join(DETAIL, same)
    found: dict[int, Activity] = {}
    for part in in_parts(indices):
        rows = session.execute(query.where(LATENT.c.build_id == source.build.id, LATENT.c.latent_index.in_(part)))
        for row in rows:
            values = packing.unpack_sample(row[3]).activations if row[3] else np.zeros(0, np.float32)
            found[row[0]] = Activity(row[1], row[1] * row[2], values)
    return found
