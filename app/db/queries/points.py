"""All latents of a build as dots: density against maximum activation."""

import numpy as np
from sqlalchemy.orm import Session

from app.db.queries.answers import LatentPoints, SourceInfo
from app.db.queries.indexes.latents import index_of

#: Dots that a browser still draws at once; of a wider source every n-th latent is shown.
MAX_POINTS = 50_000


def point_step(source: SourceInfo, limit: int = MAX_POINTS) -> int:
    """Every how many latents one is a dot."""
    return max(1, -(-source.facts.d_sae // limit))


def latent_points(session: Session, source: SourceInfo, limit: int = MAX_POINTS) -> LatentPoints:
    """Density and maximum of all latents, or of every n-th so that at most ``limit`` come; dead ones are zero."""
    index = index_of(session, source)
    step = point_step(source, limit)
    columns = []
    for name in ("density", "max_activation"):
        order = index.order(session, name)
        values = order.column if len(order.known) else np.zeros(index.n)
        columns.append(np.nan_to_num(values[::step].astype(np.float64)))  # NaN: there is no such latent
    return LatentPoints(step, *columns)
