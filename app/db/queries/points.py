"""All latents of a build as dots: density against maximum activation."""

from sqlalchemy.orm import Session

from app.db.latent_table.latents import index_of
from app.db.queries.answers import LatentPoints, SourceInfo

#: Dots that a browser still draws at once; of a wider source every n-th latent is shown.
MAX_POINTS = 50_000


def point_step(source: SourceInfo, limit: int = MAX_POINTS) -> int:
    """Every how many latents one is a dot."""
    return max(1, -(-source.facts.d_sae // limit))


def latent_points(session: Session, source: SourceInfo, limit: int = MAX_POINTS) -> LatentPoints:
    """Density and maximum of all latents, or of every n-th so that at most ``limit`` come; dead ones are zero."""
    index = index_of(session, source)
    step = point_step(source, limit)
    return LatentPoints(step, *(index.order(session, name).values(step) for name in ("density", "max_activation")))
