"""A unit that nobody waits for ends, frees its thread and its connection, and writes nothing; on both databases."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.db.queries.sources import all_sources
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.sources import register_source
from app.errors import DatabaseBusy
from app.settings import Settings
from app.web.lanes import Bounds, Lane
from tests.databases import fresh_postgres
from tests.records import VOCABULARY, make_facts

#: Never ends by itself, in the words of each database.
ENDLESS = {
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c WHERE n < 0",
    "postgresql": "SELECT pg_sleep(100)",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = make_engine(Settings(_env_file=None, data_dir=tmp_path), connections=3)
        upgrade(made)
        yield made
        made.dispose()
        return
    with fresh_postgres(request.getfixturevalue("postgres_server")) as url:
        made = make_engine(Settings(_env_file=None, database_url=url), connections=3)
        upgrade(made)
        yield made
        made.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_session_maker(engine)


@pytest.fixture
def lane() -> Iterator[Lane]:
    opened = Lane("reads", Bounds(threads=1, waiting=4, begin_within=0.2, end_within=0.4))
    yield opened
    opened.close()


def wait_until_idle(lane: Lane) -> float:
    began = time.monotonic()
    while lane._taken:
        assert time.monotonic() - began < 3, "the thread did not come back"
        time.sleep(0.01)
    return time.monotonic() - began


def test_a_question_without_end_is_ended_and_its_thread_is_free_again(
    engine: Engine, sessions: sessionmaker[Session], lane: Lane
) -> None:
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            with sessions() as session:
                session.execute(sa.text(ENDLESS[engine.dialect.name]))
        except BaseException as error:
            ended.append(error)
            raise

    with pytest.raises(DatabaseBusy):
        asyncio.run(lane.run(ask))
    wait_until_idle(lane)
    assert len(ended) == 1
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    with sessions() as session:  # what was cut off is not handed out again
        assert session.scalar(sa.text("SELECT 7")) == 7


def test_what_is_late_is_not_written(sessions: sessionmaker[Session], lane: Lane) -> None:
    gate = threading.Event()
    refused: list[BaseException] = []

    def add() -> None:
        with sessions() as session:
            gate.wait(3)
            try:
                register_source(session, "late", make_facts(), VOCABULARY)
            except BaseException as error:
                refused.append(error)
                raise

    with pytest.raises(DatabaseBusy):
        asyncio.run(lane.run(add))
    gate.set()
    wait_until_idle(lane)
    assert len(refused) == 1
    with sessions() as session:
        assert all_sources(session) == ()
        register_source(session, "in-time", make_facts(), VOCABULARY)
        assert [source.slug for source in all_sources(session)] == ["in-time"]


def test_a_connection_that_was_given_back_is_not_interrupted(sessions: sessionmaker[Session], lane: Lane) -> None:
    gate = threading.Event()

    def read_and_linger() -> None:
        with sessions() as session:
            session.execute(sa.text("SELECT 1"))
        gate.wait(3)

    with pytest.raises(DatabaseBusy):
        asyncio.run(lane.run(read_and_linger))
    with sessions() as session:
        assert session.scalar(sa.text("SELECT 7")) == 7
    gate.set()
    wait_until_idle(lane)


def test_a_server_waits_for_the_lock_of_another_process_for_seconds_only(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    engine = make_engine(settings, connections=2)
    upgrade(engine)
    other = sqlite3.connect(tmp_path / "periscope.db")
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with make_session_maker(engine)() as session:
        assert all_sources(session) == ()  # who reads does not wait at all
        with pytest.raises(DatabaseBusy, match="held by another process"):
            register_source(session, "waits", make_facts(), VOCABULARY)
    assert time.monotonic() - began < 4.4
    other.rollback()
    other.close()
    engine.dispose()


@pytest.mark.postgres
def test_postgresql_has_the_limits_of_a_server(postgres_server: str) -> None:
    with fresh_postgres(postgres_server) as url:
        for connections, expected in ((2, ("4s", "3s")), (0, ("0", "0"))):
            engine = make_engine(Settings(_env_file=None, database_url=url), connections=connections)
            with engine.connect() as connection:
                shown = [connection.scalar(sa.text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout")]
            assert tuple(shown) == expected
            engine.dispose()
