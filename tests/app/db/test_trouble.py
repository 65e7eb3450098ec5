"""A full disk or a held database is one sentence, and nothing is left half done."""

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from app.db.queries.latents import latent_record
from app.db.queries.sources import all_sources, source_by_slug
from app.db.session import make_engine, make_session_maker, translated, upgrade
from app.db.tables.sources import LanguageModel, Source, Token
from app.db.writes.builds import fail_build
from app.db.writes.latents import write_latents
from app.db.writes.sources import register_source
from app.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseNotMigrated,
    DatabaseUnreachable,
    PeriscopeError,
)
from app.settings import Settings
from models.records import LatentRecord
from tests.app.db.support import built, fill, start
from tests.records import VOCABULARY, make_facts, make_record, make_records


@pytest.fixture
def sqlite_engine(sqlite_settings: Settings) -> Iterator[Engine]:
    engine = make_engine(sqlite_settings)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_session(sqlite_engine: Engine) -> Iterator[Session]:
    with make_session_maker(sqlite_engine)() as opened:
        yield opened


def limit_pages(session: Session, more: int) -> None:
    """Let the database grow by ``more`` pages of 4 KiB from now on: what a full disk does."""
    pages = session.execute(text("PRAGMA page_count")).scalar_one()
    session.execute(text(f"PRAGMA max_page_count = {pages + more}"))
    session.commit()


def test_a_full_disk_leaves_no_half_registered_source(sqlite_session: Session) -> None:
    limit_pages(sqlite_session, 8)
    with pytest.raises(DatabaseFull, match="space"):
        register_source(sqlite_session, "tiny", make_facts(), [f"token {i}" * 20 for i in range(5000)])
    for table in (Source, LanguageModel, Token):
        assert sqlite_session.scalar(select(func.count()).select_from(table)) == 0


def test_a_full_disk_during_a_build_keeps_the_old_one_served(sqlite_session: Session) -> None:
    source = built(sqlite_session)
    build_id = start(sqlite_session, source.id)
    limit_pages(sqlite_session, 30)
    with pytest.raises(DatabaseFull):
        fill(sqlite_session, build_id, make_records(64, seed=3))
    fail_build(sqlite_session, build_id, "There was no space left.")
    now = source_by_slug(sqlite_session, "tiny")
    assert now.build == source.build
    assert now.latest
    assert now.latest.status == "failed"
    assert latent_record(sqlite_session, now, 5).index == 5


def test_a_held_database_is_one_sentence(sqlite_settings: Settings, sqlite_engine: Engine) -> None:
    impatient = make_engine(sqlite_settings)
    event.listen(impatient, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    with sqlite_engine.connect() as holder, make_session_maker(impatient)() as session:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match="another process"):
            register_source(session, "tiny", make_facts(), VOCABULARY)
        assert all_sources(session) == ()
        holder.rollback()
        register_source(session, "tiny", make_facts(), VOCABULARY)
    impatient.dispose()


def test_a_database_without_tables_names_the_command(sqlite_settings: Settings) -> None:
    engine = make_engine(sqlite_settings)
    with make_session_maker(engine)() as session, pytest.raises(DatabaseNotMigrated, match="db upgrade"):
        all_sources(session)
    engine.dispose()


def test_a_failure_within_a_piece_takes_back_the_piece_only(session: Session) -> None:
    source = built(session)
    build_id = start(session, source.id)

    def records() -> Iterator[LatentRecord]:
        for index in range(300):
            yield make_record(index)
        yield make_record(0)  # twice the same latent: refused by the database

    with pytest.raises(Exception, match=r"(?i)unique"):
        write_latents(session, build_id, records(), VOCABULARY.__getitem__)
    kept = session.execute(text("SELECT count(*) FROM latent WHERE build_id = :b"), {"b": build_id}).scalar_one()
    assert kept == 256
    fail_build(session, build_id, "x")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.DiskFull("x"), DatabaseFull),
        (psycopg.errors.LockNotAvailable("x"), DatabaseBusy),
        (psycopg.errors.UndefinedTable("x"), DatabaseNotMigrated),
        (psycopg.errors.AdminShutdown("x"), DatabaseUnreachable),
        (psycopg.OperationalError("connection refused"), DatabaseUnreachable),
    ],
)
def test_errors_of_postgres_become_sentences(error: Exception, kind: type[PeriscopeError]) -> None:
    assert type(translated(error)) is kind


def test_other_errors_stay_what_they_are() -> None:
    assert translated(psycopg.errors.UniqueViolation("x")) is None
    assert translated(ValueError("x")) is None


def test_a_log_whose_index_cannot_grow_is_a_full_disk_and_no_damage() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    assert isinstance(translated(error), DatabaseFull)
    error.sqlite_errorname = "SQLITE_IOERR_READ"
    assert isinstance(translated(error), DatabaseDamaged)
