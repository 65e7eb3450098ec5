"""The columns of a finished build side by side, so that the table of latents is sorted, filtered and searched in
memory (``queries.indexes``) without reading the latents one by one.
"""

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.latent_table import reading
from app.db.latent_table.postings import Lists
from app.db.latent_table.reading import NUMBER, ROWS_STEP, TOKEN
from app.db.tables.builds import Build, BuildColumn, LatentsOfToken
from app.db.tables.sources import Source
from app.db.writes.bulk import insert_rows

#: Numbers in one row: 128 kB of float64.
PART = 2**14
NUMBER_COLUMNS = ("density", "max_activation", "mean_activation")


def write_columns(session: Session, build_id: int) -> None:
    """Pack the columns of a build whose latents are all written; no commit. Ones that exist are left."""
    d_sae = session.scalars(
        sa.select(Source.d_sae).join(Build, Build.source_id == Source.id).where(Build.id == build_id)
    ).one()
    known = sa.select(BuildColumn.name).where(BuildColumn.build_id == build_id).limit(1)
    if session.scalar(known) is not None:
        return
    for name in NUMBER_COLUMNS:
        _write_column(session, build_id, name, reading.read_numbers(session, build_id, name, d_sae).astype(NUMBER))
    top, promoted = reading.read_tokens(session, build_id, d_sae)
    _write_column(session, build_id, "top_token", top)
    _write_column(session, build_id, "promoted", reading.first_promoted(promoted))
    for rows in _lists(build_id, reading.lists_of(promoted)):
        insert_rows(session, LatentsOfToken, ("build_id", "token_id", "latents"), rows)


def _write_column(session: Session, build_id: int, name: str, values: NDArray[np.generic]) -> None:
    assert values.dtype in (NUMBER, TOKEN)  # noqa: S101 (what reading takes them for)
    parts = [
        (build_id, name, number, values[first : first + PART].tobytes())
        for number, first in enumerate(range(0, len(values), PART))
    ]
    insert_rows(session, BuildColumn, ("build_id", "name", "part", "data"), parts)


def _lists(build_id: int, lists: Lists) -> Iterator[list[tuple[int, int, bytes]]]:
    latents = lists.latents.astype("<i4")
    ends = lists.lengths.cumsum()
    rows = list(zip(lists.tokens.tolist(), (ends - lists.lengths).tolist(), ends.tolist(), strict=True))
    for step in range(0, len(rows), ROWS_STEP):
        yield [(build_id, token, latents[first:end].tobytes()) for token, first, end in rows[step : step + ROWS_STEP]]
