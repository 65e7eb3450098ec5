"""The nearest latents of a latent, as cards show them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.answers import Label, LatentName, NeighbourRow, SourceInfo
from app.db.queries.names import first_promoted
from app.db.queries.texts import EXPLANATION, LABEL_COLUMNS
from app.db.tables.builds import Latent
from app.errors import NotBuilt

LATENT = Latent.__table__

#: With the label that leads, where there is one. Put together once: that takes longer than the database needs to answer
#: it.
ROWS = (
    sa.select(LATENT.c.latent_index, LATENT.c.top_token, LATENT.c.max_activation, *LABEL_COLUMNS[1:])
    .outerjoin(
        EXPLANATION,
        (EXPLANATION.c.source_id == sa.bindparam("source_id"))
        & (EXPLANATION.c.weights_hash == sa.bindparam("weights_hash"))
        & (EXPLANATION.c.latent_index == LATENT.c.latent_index)
        & EXPLANATION.c.leads,
    )
    .where(
        LATENT.c.build_id == sa.bindparam("build_id"),
        LATENT.c.latent_index.in_(sa.bindparam("indices", expanding=True)),
    )
)


def neighbour_rows(session: Session, source: SourceInfo, indices: Sequence[int]) -> dict[int, NeighbourRow]:
    """The rows of these few latents, one query; an index that does not exist is left out."""
    if source.build is None:
        raise NotBuilt(source.slug)
    if not indices:
        return {}
    places = sorted(set(indices))
    wanted = {
        "build_id": source.build.id,
        "source_id": source.id,
        "weights_hash": source.facts.weights_hash,
        "indices": places,
    }
    promoted = first_promoted(session, source, places)
    found: dict[int, NeighbourRow] = {}
    for index, top_token, largest, text, kind, status, score in session.execute(ROWS, wanted):
        label = None if text is None else Label(text, kind, status, score)
        found[index] = NeighbourRow(index, LatentName(label, top_token, promoted.get(index)), top_token, largest)
    return found
