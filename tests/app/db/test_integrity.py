"""``doctor --deep`` finds what is damaged, names it, and finds nothing in what is whole."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from app.db.integrity import Damage, describe_checks, examine
from app.db.integrity.damage import RESTORE
from app.db.integrity.sqlite import REINDEX, _understood
from app.db.session import make_engine, make_session_maker, upgrade
from app.settings import Settings
from tests import databases, fixtures_source
from tests.app.commands_support import Run, is_one_sentence

PAGE = 4096
# ruff: noqa: S608 (statements of the test's own)
DETAIL = "build_id = (SELECT current_build_id FROM source WHERE slug = 'tiny-mid') AND latent_index"


def look(engine: Engine) -> list[Damage]:
    return list(examine(engine, lambda *_: None))


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """The fixture sources on either database."""
    with make_session_maker(engine)() as session:
        fixtures_source.fill(session)
    return engine


@pytest.fixture
def file(filled_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SQLite file of one's own with the fixture sources, all of it in the one file."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    shutil.copytree(filled_folder, tmp_path / "data")
    path = tmp_path / "data" / "periscope.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def pages_of(path: Path, table: str) -> list[int]:
    """Numbers of the pages of a table, from 0."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno", [table]).fetchall()
        except sqlite3.OperationalError:
            pytest.skip("this SQLite cannot say which pages a table has (SQLITE_ENABLE_DBSTAT_VTAB)")
    return [number - 1 for (number,) in rows]


def overwrite(path: Path, first: int, data: bytes) -> None:
    with path.open("r+b") as opened:
        opened.seek(first)
        opened.write(data)


def test_nothing_is_found_in_a_whole_database(filled: Engine) -> None:
    said: list[str] = []
    assert list(examine(filled, lambda what, _share: said.append(what))) == []
    assert "details of latents of tiny-mid" in said
    assert "labels" in said
    assert "every row that a page shows" in describe_checks(filled)


def test_an_empty_database_is_whole(engine: Engine) -> None:
    assert look(engine) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (f"UPDATE latent_detail SET promoted = :bytes WHERE {DETAIL} = 7", "details of latents of tiny-mid cannot"),
        (f"UPDATE latent_detail SET neighbours = :far WHERE {DETAIL} = 7", "details of latents of tiny-mid cannot"),
        (f"UPDATE latent_detail SET bands = '[[1]]' WHERE {DETAIL} = 7", "details of latents of tiny-mid cannot"),
        (f"UPDATE latent SET density = 7.5 WHERE {DETAIL} = 7", "latents of tiny-mid cannot be read"),
        (f"UPDATE example SET \"window\" = :bytes WHERE {DETAIL} = 7", "examples of latents of tiny-mid cannot"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_named_with_its_latent(filled: Engine, change: str, found: str) -> None:
    values = {name: value for name, value in (("bytes", b"\x01"), ("far", b"\xff" * 12)) if f":{name}" in change}
    with filled.begin() as connection:
        connection.execute(sa.text(change), values)
    (damage,) = look(filled)
    assert damage.what.startswith(found)
    assert damage.what.endswith(": 7")
    assert damage.remedy.startswith("periscope build tiny-mid")


def test_rows_that_are_gone_are_named(filled: Engine) -> None:
    with filled.begin() as connection:
        connection.execute(sa.text(f"DELETE FROM latent_detail WHERE {DETAIL} >= 50"))
    (damage,) = look(filled)
    assert damage.what == "details of latents of tiny-mid are missing: 50, 51, 52, 53, 54 and 9 more"


def test_a_vector_that_is_no_direction_any_more_is_named(filled: Engine) -> None:
    row = {"name": "v", "hook": "h", "at": "last", "list": "[]", "values": b"\0" * 8, "now": "2026-01-01 00:00:00"}
    with filled.begin() as connection:
        connection.execute(
            sa.text(
                'INSERT INTO vector (id, language_model_id, name, hook_name, positions, positive, negative, "values", '
                "norm, created) SELECT 9, min(id), :name, :hook, :at, :list, :list, :values, 1.0, :now "
                "FROM language_model"
            ),
            row,
        )
    (damage,) = look(filled)
    assert (damage.what, damage.remedy) == ("vectors cannot be read: number 9", RESTORE)


@pytest.mark.parametrize("table", ["latent_detail", "example", "latent", "prompt"])
def test_bytes_overwritten_in_the_middle_of_a_table_are_found_by_the_command(file: Path, run: Run, table: str) -> None:
    pages = pages_of(file, table)
    overwrite(file, PAGE * pages[len(pages) // 2], b"\xa5" * PAGE)
    status, out, err = run("doctor", "--deep")
    assert status == 1
    assert is_one_sentence(err)
    assert "FAIL integrity: the file " in out
    assert "of tiny-" in out  # and which rows of which source are lost
    assert "Traceback" not in out
    lines = [line for line in out.splitlines() if line.startswith("FAIL integrity")]
    assert out.count("     -> ") >= len(lines)


def test_bytes_overwritten_in_the_middle_of_the_file_are_found(file: Path, run: Run) -> None:
    size = file.stat().st_size
    overwrite(file, size // 2, bytes(range(256)) * 64)
    status, out, _ = run("doctor", "--deep")
    assert status == 1
    assert "FAIL integrity" in out


def test_the_usual_doctor_does_not_read_the_whole_file(file: Path, run: Run) -> None:
    pages = pages_of(file, "example")
    overwrite(file, PAGE * pages[len(pages) // 2], b"\xa5" * PAGE)
    status, out, _ = run("doctor")
    assert status == 0
    assert "integrity" not in out


def test_a_whole_file_passes(file: Path, run: Run) -> None:
    status, out, _ = run("doctor", "--deep")
    assert status == 0
    assert "ok   integrity: nothing is damaged (integrity_check, references and every row that a page shows)" in out


@pytest.mark.parametrize("kind", ["half", "header", "rubbish"])
def test_a_file_that_is_no_database_any_more_is_said_to_be(file: Path, run: Run, kind: str) -> None:
    if kind == "half":
        with file.open("r+b") as opened:
            opened.truncate(file.stat().st_size // 2)
    elif kind == "header":
        overwrite(file, 0, b"\0" * 100)
    else:
        file.write_bytes(os.urandom(100_000))
    status, out, err = run("doctor", "--deep")
    assert status == 1
    assert is_one_sentence(err)
    assert "FAIL integrity" in out


def test_references_to_what_is_not_there_are_counted(file: Path, run: Run) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO prompt (build_id, prompt_index, token_ids) VALUES (999, 1, x'02')")
        connection.commit()
    status, out, _ = run("doctor", "--deep")
    assert status == 1
    assert "FAIL integrity: 1 rows of the table prompt belong to a build that is not there" in out


def test_damage_of_indexes_alone_is_told_apart() -> None:
    said = ["*** in database main ***", "wrong # of entries in index ix_latent_density", "Page 7: never used", "ok"]
    pages, indexes = _understood(said)
    assert (pages.what, pages.remedy) == ("the file is damaged (Page 7: never used)", RESTORE)
    assert indexes.what == "indexes are damaged (wrong # of entries in index ix_latent_density)"
    assert indexes.remedy == REINDEX
    assert list(_understood(["ok"])) == []


@pytest.fixture
def own_server() -> Iterator[tuple[str, Callable[[], Path], Callable[[], None]]]:
    """(address of a PostgreSQL server with amcheck, its folder of data, a restart)."""
    if not list(Path("/usr/share/postgresql").glob("*/extension/amcheck.control")):
        pytest.skip("no PostgreSQL of Debian with amcheck: apt-get install postgresql")
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(databases._debian_server())
        folder = Path(parse_qs(urlsplit(address).query)["host"][0])
        tool = str(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1])

        def restart() -> None:
            user = databases._unprivileged_user() if os.getuid() == 0 else None
            options = ["-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -h ''"]
            subprocess.run([tool, *options, "restart"], user=user, cwd=folder, check=True, capture_output=True)

        yield address, lambda: folder / "data", restart


@pytest.mark.postgres
@pytest.mark.parametrize(("kind", "first"), [("table", 24), ("table", 4100), ("index", 24)])
def test_a_damaged_page_of_postgresql_is_found(
    own_server: tuple[str, Callable[[], Path], Callable[[], None]], kind: str, first: int
) -> None:
    server, folder, restart = own_server
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE damaged")
    address = server.replace("/postgres?", "/damaged?")
    engine = make_engine(Settings(_env_file=None, database_url=address))
    upgrade(engine)
    with make_session_maker(engine)() as session:
        fixtures_source.fill(session)
    assert look(engine) == []
    assert describe_checks(engine).startswith("amcheck")
    name = "latent_detail" if kind == "table" else "ix_latent_density"
    with engine.connect() as connection:
        place = connection.execute(sa.text("SELECT pg_relation_filepath(:name)"), {"name": name}).scalar_one()
    engine.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CHECKPOINT"))
    engine.dispose()
    overwrite(folder() / place, 8192 + first, b"\xa5" * 4000)
    restart()
    found = look(engine)
    engine.dispose()
    assert found
    # A page whose list of rows is overwritten looks well to PostgreSQL, and its rows are gone.
    assert any(name in damage.what or "details of latents" in damage.what for damage in found), found
    assert all("\n" not in damage.what for damage in found)
    if kind == "index":
        assert any(damage.remedy.startswith("rebuild it: REINDEX INDEX ix_latent_density") for damage in found)
