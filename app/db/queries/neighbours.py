"""The nearest latents of a latent, as cards show them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.answers import NeighbourRow, SourceInfo
from app.db.queries.names import latent_names
from app.db.tables import Latent
from app.errors import NotBuilt

LATENT = Latent.__table__

#: Put together once: that takes longer than the database needs to answer it.
ROWS = sa.select(LATENT.c.latent_index, LATENT.c.top_token, LATENT.c.max_activation).where(
    LATENT.c.build_id == sa.bindparam("build_id"), LATENT.c.latent_index.in_(sa.bindparam("indices", expanding=True))
)


def neighbour_rows(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, NeighbourRow]:
    """The rows of these few latents, one query; an index that does not exist is left out."""
    if source.build is None:
        raise NotBuilt(source.slug)
    if not indices:
        return {}
    wanted = sorted(set(indices))
    named = latent_names(session, source, wanted)
    rows = session.execute(ROWS, {"build_id": source.build.id, "indices": wanted})
    return {index: NeighbourRow(index, named[index], top, largest) for index, top, largest in rows}
