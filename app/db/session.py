"""Engines and sessions, database errors in plain sentences, and the state of the migrations.

Nothing is opened at import: who needs a database makes an engine from the settings and hands it on.
"""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.orm import Session, sessionmaker

from app import hints
from app.db.index_cache import INFO, SOURCES, IndexCache
from app.db.resting import watch_resting
from app.db.unit import refuse_late_commits, watch_connections
from app.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseNotMigrated,
    DatabaseReadOnly,
    DatabaseTooNew,
    DatabaseUnreachable,
    shorten,
)
from app.places import MIGRATIONS
from app.private_files import keep_private, make_private_file, make_private_folder
from app.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest migration. Alembic is asked only when the database has another one: it takes 20 MB, and a server that
#: runs needs nothing else of it.
REVISION = "0008"
#: How long a writer waits for another one, in seconds: a command, and a server, whose clients wait meanwhile.
WAIT_FOR_LOCK, SERVER_WAITS_FOR_LOCK = 30, 3
#: What a server grants one statement of PostgreSQL, and a new connection, in seconds.
STATEMENT_SECONDS, CONNECT_SECONDS = 4, 3
#: When a connection to a PostgreSQL server that went away without a word counts as lost: libpq's parameters.
KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
#: What SQLite says of a file whose bytes are not what it wrote.
DAMAGE = ("malformed", "disk I/O error", "Could not decode to UTF-8")
#: What SQLite calls a full disk when it opens a database: its index of the log cannot grow.
NO_SPACE = ("SQLITE_IOERR_SHMSIZE",)
#: Memory of each connection for pages of the file, in KiB; the system keeps them as well, once for all connections.
SQLITE_CACHE = 512
#: Connections kept open for requests.
POOL_SIZE = 10


def database_url(settings: Settings) -> URL:
    """The address of the database with the driver named; never print it with its password."""
    url = make_url(settings.database_url)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def make_engine(settings: Settings, *, connections: int = 0, is_durable: bool = True) -> Engine:
    """A new engine; for SQLite the folder is made and write-ahead logging is switched on.

    ``connections``: how many a server's units of work hold at once. With it, locks, statements and new connections have
    the time limits of a server; without, those of a command, which may wait.

    ``is_durable``: what is committed survives a power cut, as what people write must. A build can be made again and
    commits thousands of times, so its own engine does without: on SQLite the last commits may then be lost, never the
    database. It is a matter of the engine, so that no connection of a pool ever keeps the other one's setting.
    PostgreSQL is always durable.
    """
    url = database_url(settings)
    keep_private(settings.data_dir, database_file(url))
    is_server = connections > 0
    size = connections or POOL_SIZE
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, size, SERVER_WAITS_FOR_LOCK if is_server else WAIT_FOR_LOCK, is_durable)
    arguments = KEEPALIVE | {"connect_timeout": CONNECT_SECONDS if is_server else 10}
    engine = sa.create_engine(url, pool_size=size, connect_args=arguments)
    watch_connections(engine)
    if is_server:
        sa.event.listen(engine, "connect", _limit_postgres)
    watch_resting(engine)
    sa.event.listen(engine, "handle_error", _translate)
    return engine


def database_file(url: URL) -> Path | None:
    """The file of an SQLite database on disk; None for any other."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
        return None
    return Path(url.database)


def make_session_maker(engine: Engine) -> sessionmaker[Session]:
    """Sessions on the engine; what they loaded stays readable after a commit. They share one cache of indexes."""
    sessions = sessionmaker(engine, expire_on_commit=False, info={INFO: IndexCache(), SOURCES: {}})
    refuse_late_commits(sessions)
    return sessions


def make_reading_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Sessions for what only reads, on the same engine and with the same cache.

    On PostgreSQL each statement stands for itself: a transaction would ask the server twice more, for BEGIN and for
    ROLLBACK, and show nothing else, since each statement sees what is committed when it begins either way.
    """
    engine: Engine = sessions.kw["bind"]
    if engine.dialect.name == "sqlite":
        return sessions
    return sessionmaker(**{**sessions.kw, "bind": engine.execution_options(isolation_level="AUTOCOMMIT")})


def _limit_postgres(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
        cursor.execute(f"SET lock_timeout = '{SERVER_WAITS_FOR_LOCK}s'")
    connection.commit()


def _sqlite_engine(url: URL, size: int, wait: int, is_durable: bool) -> Engine:
    if (file := database_file(url)) is not None:
        try:
            make_private_folder(file.parent)
        except OSError as error:
            raise DatabaseUnreachable(
                f"The folder {file.parent} for the database cannot be made: {error.strerror}."
            ) from None
        # What SQLite puts beside it has the same rights.
        make_private_file(file)
    # Opening a connection costs more than most questions, so as many are kept as are asked at once.
    engine = sa.create_engine(url, pool_size=size, connect_args={"timeout": wait})
    watch_connections(engine)
    level = "FULL" if is_durable else "NORMAL"
    sa.event.listen(engine, "connect", lambda connection, _record: _prepare_sqlite(connection, level))
    sa.event.listen(engine, "handle_error", _translate)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, synchronous: str) -> None:
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{SQLITE_CACHE}")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.DatabaseError as error:
        # A read-only file system cannot switch the journal; reading works all the same.
        if "readonly" not in str(error):
            raise translated(error) or error from None


def _translate(context: ExceptionContext) -> None:
    error = translated(context.original_exception)
    if error is not None:
        raise error from context.original_exception


def translated(error: BaseException) -> DatabaseError | None:
    """The plain sentence for an error of a driver that a user can do something about; None for all others."""
    state = getattr(error, "sqlstate", None)
    text = str(error)
    if state == "53100" or "database or disk is full" in text or getattr(error, "sqlite_errorname", "") in NO_SPACE:
        return DatabaseFull("There is no space left for the database; free some disk space and try again.")
    if state in ("XX001", "XX002"):
        return DatabaseDamaged("The database says that its data is damaged; restore it from a backup.")
    if state == "57014":
        return DatabaseBusy("The database needs too long for this now; try again later.")
    if state in ("55P03", "40P01") or "database is locked" in text or "database table is locked" in text:
        return DatabaseBusy("The database is held by another process; wait for its work to end and try again.")
    if state == "42P01" or "no such table" in text or state == "42703" or "no such column" in text:
        return DatabaseNotMigrated(f"The database lacks a table of this version; run `{hints.command('db upgrade')}`.")
    if state in ("25006", "42501") or "readonly database" in text:
        return DatabaseReadOnly("The database cannot be written to; check the permissions of its file, folder or user.")
    if "file is not a database" in text or any(words in text for words in DAMAGE):
        return DatabaseDamaged("The database file is damaged or is no SQLite database; restore it or move it away.")
    if "unable to open database file" in text:
        return DatabaseUnreachable("The database file cannot be opened; check PERISCOPE_DATABASE_URL and the folder.")
    if _connection_failed(error, state):
        reason = shorten(text.strip().splitlines()[0] if text.strip() else "no reason given", 200)
        return DatabaseUnreachable(f"The database does not answer; check PERISCOPE_DATABASE_URL ({reason}).")
    return None


def _connection_failed(error: BaseException, state: str | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return False
    is_operational = type(error).__name__ in ("OperationalError", "ConnectionTimeout", "AdminShutdown")
    return is_operational and (state is None or state[:2] in ("08", "28", "3D", "57"))


def migrations() -> "Config":
    """The configuration of alembic for the migrations of this version, wherever the process started."""
    folder = MIGRATIONS
    if not (folder / "env.py").is_file():
        raise DatabaseNotMigrated(f"The migrations are missing: {folder}; install Periscope again.")
    from alembic.config import Config

    config = Config()
    # ConfigParser reads % as the start of a name.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def check_revision(engine: Engine) -> None:
    """Raise DatabaseNotMigrated or DatabaseTooNew unless the database is at this version's revision."""
    found = _revision_of(engine)
    if found == REVISION:
        return
    if found is None:
        raise DatabaseNotMigrated(f"The database is empty; run `{hints.command('db upgrade')}`.")
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        ScriptDirectory.from_config(migrations()).get_revision(found)
    except CommandError:
        raise DatabaseTooNew(
            f"The database was written by a later version of Periscope (revision {shorten(found)}); "
            "install that version, or point PERISCOPE_DATABASE_URL to another database."
        ) from None
    raise DatabaseNotMigrated(f"The database is at the older revision {found}; run `{hints.command('db upgrade')}`.")


def make_ready(engine: Engine) -> None:
    """As ``check_revision``, but a database without a single table is brought up to date first."""
    if _revision_of(engine) is None and not sa.inspect(engine).get_table_names():
        upgrade(engine)
    check_revision(engine)


def _revision_of(engine: Engine) -> str | None:
    """The last migration that the database has had; None for none."""
    try:
        with engine.connect() as connection:
            found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
            return found
    except DatabaseNotMigrated:  # there is no such table
        return None


def upgrade(engine: Engine) -> None:
    """Bring the database to this version's revision, all or nothing; one of a later version is refused."""
    try:
        check_revision(engine)
    except DatabaseNotMigrated:
        from alembic import command

        config = migrations()
        with engine.connect() as connection:
            _lock_for_migration(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()


def _lock_for_migration(connection: sa.Connection) -> None:
    """Let two processes that start at once migrate one after the other, each in one transaction."""
    if connection.dialect.name == "sqlite":
        # Python's driver opens no transaction for CREATE TABLE; opened by hand, it is one.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x9E215C09E})


def is_sqlite(session: Session) -> bool:
    """Whether the session's database is SQLite."""
    bind: Any = session.get_bind()
    return bool(bind.dialect.name == "sqlite")
