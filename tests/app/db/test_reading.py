"""What is packed is read piece by piece, and is the same whatever the size of a piece."""

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.latent_table import columns, reading
from app.db.tables.builds import LatentsOfToken
from tests.app.db.support import begin, built, fill, statements
from tests.records import make_records


def stored(session: Session, build_id: int) -> dict[int, list[int]]:
    """The lists as they stand in the database."""
    table = LatentsOfToken.__table__
    rows = session.execute(table.select().where(table.c.build_id == build_id))
    return {row.token_id: np.frombuffer(row.latents, "<i4").tolist() for row in rows}


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
def test_lists_come_whole_and_in_order_in_pieces_of_any_size(
    session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(reading, "LISTS_STEP", step)
    monkeypatch.setattr(reading, "ROWS_STEP", 5)
    source = built(session, d_sae=300)
    assert source.build
    expected = stored(session, source.build.id)
    assert max(map(len, expected.values())) > 7  # longer than a piece
    for chosen in (None, sorted(expected)[1::3], [], [2**20]):
        sizes = reading.list_sizes(session, source.build.id, chosen)
        tokens = sorted(expected) if chosen is None else [token for token in chosen if token in expected]
        assert sizes.tolist() == [[token, len(expected[token])] for token in tokens]
        found: dict[int, list[int]] = {token: [] for token in tokens}
        with statements(engine) as sent:
            for part in reading.read_lists(session, source.build.id, sizes):
                assert part.lengths.sum() == len(part.latents) <= step
                for token, latents in zip(part.tokens, np.split(part.latents, part.lengths.cumsum()), strict=False):
                    found[int(token)] += latents.tolist()
        assert found == {token: expected[token] for token in tokens}
        assert len(sent) < 2 + 3 * int(sizes[:, 1].sum()) / step  # short lists come together


@pytest.mark.parametrize("part", [1, 10, 64, 100])
def test_columns_come_whole_in_parts_of_any_size(session: Session, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(columns, "PART", part)
    records = make_records(64, dead=(3,))
    _, build_id = begin(session, d_sae=64)
    fill(session, build_id, records)
    columns.write_columns(session, build_id)
    densities = reading.read_column(session, build_id, "density", 64)
    assert densities.tolist() == [record.density for record in records]
    with pytest.raises(LookupError):
        reading.read_column(session, build_id, "output_score", 64)
