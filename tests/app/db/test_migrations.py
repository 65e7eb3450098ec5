"""The migrations make exactly the tables that the code declares, once, on both databases."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from alembic import command
from app.db import session as sessions
from app.db.session import check_revision, make_engine, upgrade
from app.db.tables.base import Base
from app.errors import DatabaseDamaged, DatabaseNotMigrated, DatabaseReadOnly, DatabaseTooNew, DatabaseUnreachable
from app.settings import Settings


def test_the_revision_that_a_server_looks_for_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(sessions.migrations()).get_current_head() == sessions.REVISION


def test_migrations_make_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_foreign_key_of_the_tables_is_in_the_database(engine: Engine) -> None:
    inspector = inspect(engine)
    for table in Base.metadata.tables.values():
        declared = {(key.parent.name, key.target_fullname) for key in table.foreign_keys}
        found = {
            (key["constrained_columns"][0], f"{key['referred_table']}.{key['referred_columns'][0]}")
            for key in inspector.get_foreign_keys(table.name)
        }
        assert found == declared, table.name


def test_clustered_tables_have_no_rowid_in_sqlite(sqlite_settings: Settings) -> None:
    engine = make_engine(sqlite_settings)
    upgrade(engine)
    with engine.connect() as connection:
        tables = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())
    clustered = {name for name, sql in tables.items() if "WITHOUT ROWID" in sql}
    assert clustered == {"token", "latent", "example", "latents_of_token", "search_word", "search_posting"}
    engine.dispose()


def test_upgrade_can_run_again(engine: Engine) -> None:
    upgrade(engine)
    check_revision(engine)


def test_labels_of_the_corpus_can_be_taken_back_and_prompts_stay(tmp_path: Path) -> None:
    engine = make_engine(Settings(_env_file=None, data_dir=tmp_path))
    upgrade(engine)
    fill = text("INSERT INTO prompt (build_id, prompt_index, token_ids, documents) VALUES (1, 0, x'0102', '[]')")
    config = sessions.migrations()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.execute(fill)
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        connection.commit()
    assert "documents" not in {column["name"] for column in inspect(engine).get_columns("prompt")}
    upgrade(engine)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT token_ids, documents FROM prompt")).one()
    assert tuple(row) == (b"\x01\x02", None)
    engine.dispose()


def test_an_empty_database_names_the_command(sqlite_settings: Settings) -> None:
    engine = make_engine(sqlite_settings)
    with pytest.raises(DatabaseNotMigrated, match="periscope db upgrade"):
        check_revision(engine)
    engine.dispose()


def test_a_database_from_a_later_version_is_refused(engine: Engine) -> None:
    head = ScriptDirectory.from_config(sessions.migrations()).get_current_head()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(DatabaseTooNew, match="later version"):
            check_revision(engine)
        with pytest.raises(DatabaseTooNew):
            upgrade(engine)
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})


def test_a_migration_that_fails_leaves_nothing_in_sqlite(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(sqlite_settings)

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(engine)
    assert inspect(engine).get_table_names() == []
    upgrade(engine)
    check_revision(engine)
    engine.dispose()


def test_migrations_do_not_depend_on_the_working_directory(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = make_engine(sqlite_settings)
    upgrade(engine)
    check_revision(engine)
    engine.dispose()


def test_missing_migrations_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sessions, "MIGRATIONS", tmp_path)
    with pytest.raises(DatabaseNotMigrated, match="install Periscope again"):
        sessions.migrations()


def test_a_file_that_is_no_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "periscope.db").write_bytes(b"not a database at all, " * 100)
    engine = make_engine(Settings(_env_file=None, data_dir=tmp_path))
    with pytest.raises(DatabaseDamaged, match="no SQLite database"):
        check_revision(engine)
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnreachable, match="cannot be made"):
        make_engine(Settings(_env_file=None, data_dir=tmp_path / "file" / "data"))


def test_a_postgres_that_does_not_answer_is_refused_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://someone:hunter22@127.0.0.1:9/periscope"
    engine = make_engine(Settings(_env_file=None, database_url=url))
    with pytest.raises(DatabaseUnreachable) as caught:
        check_revision(engine)
    assert "hunter22" not in str(caught.value)
    engine.dispose()


def test_a_database_that_cannot_be_written_is_refused_in_a_sentence(sqlite_settings: Settings) -> None:
    engine = make_engine(sqlite_settings)
    upgrade(engine)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
        with pytest.raises(DatabaseReadOnly, match="cannot be written"):
            connection.execute(text("DELETE FROM mix"))
    engine.dispose()


def test_sqlite_opens_with_a_write_ahead_log_and_foreign_keys(sqlite_settings: Settings) -> None:
    engine = make_engine(sqlite_settings)
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000, "synchronous": 2}
    engine.dispose()
    assert sqlite3.sqlite_version_info >= (3, 35)
