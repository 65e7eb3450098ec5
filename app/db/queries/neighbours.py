"""The nearest latents of a latent, as cards show them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.answers import NeighbourRow, SourceInfo
from app.db.tables import Explanation, Latent
from app.errors import NotBuilt

LATENT = Latent.__table__
EXPLANATION = Explanation.__table__

#: The newest text for the weights that the source has is the label. Put together once: that takes longer than the
#: database needs to answer it.
LABEL = (
    sa.select(EXPLANATION.c.text)
    .where(
        EXPLANATION.c.source_id == sa.bindparam("source_id"),
        EXPLANATION.c.latent_index == LATENT.c.latent_index,
        EXPLANATION.c.weights_hash == sa.bindparam("weights_hash"),
    )
    .order_by(EXPLANATION.c.id.desc())
    .limit(1)
    .correlate(LATENT)
    .scalar_subquery()
)
ROWS = sa.select(LATENT.c.latent_index, LABEL, LATENT.c.top_token, LATENT.c.max_activation).where(
    LATENT.c.build_id == sa.bindparam("build_id"), LATENT.c.latent_index.in_(sa.bindparam("indices", expanding=True))
)


def neighbour_rows(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, NeighbourRow]:
    """The rows of these few latents, one query; an index that does not exist is left out."""
    if source.build is None:
        raise NotBuilt(source.slug)
    if not indices:
        return {}
    wanted = {
        "build_id": source.build.id,
        "source_id": source.id,
        "weights_hash": source.facts.weights_hash,
        "indices": sorted(set(indices)),
    }
    return {row[0]: NeighbourRow(*row) for row in session.execute(ROWS, wanted)}
