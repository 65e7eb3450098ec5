"""The labels of a source in memory, for answers that need hundreds of them and are asked for many times a second."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.index_cache import cache_of
from app.db.queries.answers import SourceInfo
from app.db.queries.texts import labels
from app.db.tables import Explanation

EXPLANATION = Explanation.__table__
#: Sources with more labels than this are asked in the database each time.
FEW = 20_000
#: Bytes of a label in memory besides its text.
OVERHEAD = 150


@dataclass(frozen=True, eq=False)
class KeptLabels:
    """Latent -> label; None where there are too many to keep."""

    texts: dict[int, str] | None

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        return sum(len(text) + OVERHEAD for text in (self.texts or {}).values())


def known_labels(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, str]:
    """The labels of those of the latents that have one, as they were when ``source`` was read."""
    texts = cache_of(session).get(("few labels", source.labels_state), lambda: _read(session, source)).texts
    if texts is None:
        return labels(session, source, list(indices))
    return {index: texts[index] for index in indices if index in texts}


def _read(session: Session, source: SourceInfo) -> KeptLabels:
    query = sa.select(EXPLANATION.c.latent_index, EXPLANATION.c.text).where(
        EXPLANATION.c.source_id == source.id, EXPLANATION.c.weights_hash == source.facts.weights_hash
    )
    # Oldest first: the newest text of a latent is its label.
    rows = session.execute(query.order_by(EXPLANATION.c.id).limit(FEW + 1)).all()
    return KeptLabels(None if len(rows) > FEW else {row[0]: row[1] for row in rows})
