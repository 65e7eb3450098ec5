"""A database without tables is brought up to date by whatever opens it; any other one only on request."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.db.session import check_revision, make_engine, make_ready, upgrade
from app.errors import DatabaseNotMigrated, DatabaseTooNew
from app.settings import Settings
from tests.databases import fresh_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def untouched(request: pytest.FixtureRequest, sqlite_settings: Settings) -> Iterator[sa.Engine]:
    """A database in which nothing was ever made."""
    if request.param == "sqlite":
        engine = make_engine(sqlite_settings)
        yield engine
        engine.dispose()
        return
    with fresh_postgres(request.getfixturevalue("postgres_server")) as url:
        engine = make_engine(Settings(_env_file=None, database_url=url))
        yield engine
        engine.dispose()


def test_an_empty_one_gets_its_tables_and_stays_as_it_is_after(untouched: sa.Engine) -> None:
    for _ in range(2):
        make_ready(untouched)
        check_revision(untouched)


def test_one_with_tables_of_others_is_left_alone(untouched: sa.Engine) -> None:
    with untouched.begin() as connection:
        connection.execute(sa.text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(DatabaseNotMigrated, match="db upgrade"):
        make_ready(untouched)
    assert sa.inspect(untouched).get_table_names() == ["invoices"]


@pytest.mark.parametrize(("revision", "error"), [("0001", DatabaseNotMigrated), ("9999", DatabaseTooNew)])
def test_one_of_another_version_is_left_alone(untouched: sa.Engine, revision: str, error: type[Exception]) -> None:
    upgrade(untouched)
    with untouched.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :found"), {"found": revision})
    with pytest.raises(error):
        make_ready(untouched)
