"""A connection that the server closed while it rested is replaced; what only reads asks nothing but its questions."""

import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import resting
from app.db.queries.sources import all_sources
from app.db.session import make_engine, make_reading_sessions, make_session_maker, upgrade
from app.db.writes.sources import register_source
from app.settings import Settings
from tests.databases import fresh_postgres
from tests.records import VOCABULARY, make_facts

pytestmark = pytest.mark.postgres
END_OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def settings(postgres_server: str) -> Iterator[Settings]:
    with fresh_postgres(postgres_server) as url:
        yield Settings(_env_file=None, database_url=url)


@pytest.fixture
def postgres(settings: Settings) -> Iterator[Engine]:
    engine = make_engine(settings)
    upgrade(engine)
    yield engine
    engine.dispose()


def backend(session: Session) -> int:
    """The number of the server's process for this connection."""
    return int(session.scalar(sa.text("SELECT pg_backend_pid()")) or 0)


@pytest.mark.parametrize("reads", [False, True])
def test_connections_that_were_ended_at_rest_are_replaced(settings: Settings, postgres: Engine, reads: bool) -> None:
    sessions = make_session_maker(postgres)
    pages = make_reading_sessions(sessions) if reads else sessions
    with pages() as one, pages() as other:
        ended = {backend(one), backend(other)}
    administrator = make_engine(settings)
    with administrator.connect() as connection:
        assert connection.execute(END_OTHERS).scalars().all() == [True, True]
    administrator.dispose()
    for _ in range(3):
        with pages() as one, pages() as other:
            now = {backend(one), backend(other)}
            assert len(now) == 2
            assert not now & ended


def test_a_connection_is_kept_and_asked_only_after_a_long_rest(
    postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    is_alive = True

    def ping(_connection: object) -> bool:
        asked.append(time.monotonic())
        return is_alive

    monkeypatch.setattr(postgres.dialect, "do_ping", ping)
    sessions = make_session_maker(postgres)
    used = []
    for ask_after in (resting.ASK_AFTER, resting.ASK_AFTER, 0, 0):
        monkeypatch.setattr(resting, "ASK_AFTER", ask_after)
        with sessions() as session:
            used.append(backend(session))
    assert len(set(used)) == 1
    assert len(asked) == 2
    is_alive = False
    with sessions() as session:
        assert backend(session) not in used


@pytest.mark.parametrize("ask_after", [0, 60])
def test_a_connection_that_is_closed_on_this_side_is_replaced(
    postgres: Engine, monkeypatch: pytest.MonkeyPatch, ask_after: int
) -> None:
    monkeypatch.setattr(resting, "ASK_AFTER", ask_after)
    sessions = make_session_maker(postgres)
    with sessions() as session:
        number = backend(session)
        raw = session.connection().connection.driver_connection
    assert raw
    raw.close()
    with sessions() as session:
        assert backend(session) != number


def test_what_only_reads_opens_no_transaction_and_leaves_none_to_others(postgres: Engine) -> None:
    sessions = make_session_maker(postgres)
    reading = make_reading_sessions(sessions)

    def state(session: Session) -> TransactionStatus:
        return session.connection().connection.driver_connection.info.transaction_status  # type: ignore[union-attr]

    with reading() as session:
        assert all_sources(session) == ()
        assert state(session) == TransactionStatus.IDLE
        number = backend(session)
    with sessions() as session:
        assert backend(session) == number  # the same connection
        assert state(session) == TransactionStatus.INTRANS
        session.execute(sa.text("CREATE TABLE half_done (x int)"))
    with sessions() as session:
        assert session.scalar(sa.text("SELECT to_regclass('half_done')")) is None
        register_source(session, "tiny", make_facts(), VOCABULARY)
    with reading() as session:
        assert [source.slug for source in all_sources(session)] == ["tiny"]


def test_both_kinds_of_sessions_share_what_is_kept_in_memory(postgres: Engine) -> None:
    sessions = make_session_maker(postgres)
    reading = make_reading_sessions(sessions)
    with sessions() as one, reading() as other:
        assert one.info == other.info
        assert all(one.info[name] is other.info[name] for name in one.info)
