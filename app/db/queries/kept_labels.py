"""The labels of a source in memory, for answers that need hundreds of them and are asked for many times a second."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.index_cache import cache_of
from app.db.queries.answers import Label, SourceInfo
from app.db.queries.texts import ALL_LABELS, leading_labels
from models.statistics.label_tests import FAILED

#: Sources with more labels than this are asked in the database each time.
FEW = 20_000
#: Bytes of a label in memory besides its text.
OVERHEAD = 300


@dataclass(frozen=True, eq=False)
class KeptLabels:
    """Latent -> label; None where there are too many to keep."""

    found: dict[int, Label] | None

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        return sum(len(label.text) + OVERHEAD for label in (self.found or {}).values())


def known_labels(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, str]:
    """The labels of those of the latents that have one that did not fail, as they were when ``source`` was read."""
    found = known_leading_labels(session, source, indices)
    return {index: label.text for index, label in found.items() if label.status != FAILED}


def known_leading_labels(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, Label]:
    """The leading labels of those of the latents that have one, as they were when ``source`` was read."""
    known = cache_of(session).get(("few labels", source.labels_state), lambda: _read(session, source)).found
    if known is None:
        return leading_labels(session, source, list(indices))
    return {index: known[index] for index in indices if index in known}


def _read(session: Session, source: SourceInfo) -> KeptLabels:
    wanted = {"source_id": source.id, "weights_hash": source.facts.weights_hash}
    rows = session.execute(ALL_LABELS.limit(FEW + 1), wanted).all()
    return KeptLabels(None if len(rows) > FEW else {row[0]: Label(*row[1:]) for row in rows})
