"""The first commands on a machine: whatever needs the database makes it, and what cannot be used is one sentence."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db.session import make_engine
from app.errors import permission_sentence, problem_of
from app.hints import IN_COMPOSE
from app.settings import load_settings
from tests.app.commands_support import Run, is_one_sentence
from tests.processes import CODE, ROOT

NOBODY = 65534


def test_commands_make_an_empty_database_themselves(run: Run, tmp_path: Path) -> None:
    assert "No sources yet" in run("sources", "list")[1]
    for arguments in (["sources", "show", "x"], ["build", "x", "--corpus", "demo"], ["scores", "x"]):
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        status, _, err = run(*arguments)
        assert (status, is_one_sentence(err)) == (1, True)
        assert "There is no source 'x'" in err


def test_a_database_of_an_older_version_is_one_sentence(run: Run) -> None:
    run("db", "upgrade")
    with make_engine(load_settings()).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    for arguments in (["sources", "list"], ["serve", "--port", "18761"]):
        status, _, err = run(*arguments)
        assert (status, is_one_sentence(err)) == (1, True)
        assert "periscope db upgrade" in err


def test_serve_can_only_check_its_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run("serve", "--check")
    assert (status, "allow to serve" in out) == (0, True)
    monkeypatch.setenv("PERISCOPE_PUBLISHED_HOST", "0.0.0.0")  # noqa: S104
    status, _, err = run("serve", "--check")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "PERISCOPE_AUTH_TOKEN" in err


#: Takes from root the right to read what is not its own, which tests of permissions have to be without.
AS_OTHERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


def run_where_permissions_count(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    prefix = AS_OTHERS if os.getuid() == 0 else ()
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("root reads everything, and there is no setpriv")
    command = [*prefix, sys.executable, "-c", CODE, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a model, an SAE and a corpus in it that this user may not enter."""
    folder = tmp_path / "closed"
    for name in ("model", "sae"):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}")
    (folder / "texts.txt").write_text("words " * 999)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    folder.chmod(0o700 if os.getuid() == 0 else 0)
    yield folder
    folder.chmod(0o700)


def test_a_folder_that_may_not_be_read_is_one_sentence_with_the_way_out(closed: Path, tmp_path: Path) -> None:
    done = run_where_permissions_count(tmp_path, "sources", "add", f"{closed}/model", f"{closed}/sae")
    assert (done.returncode, is_one_sentence(done.stderr)) == (1, True), done.stderr
    assert "Unexpected" not in done.stderr
    assert str(closed) in done.stderr


def test_a_data_folder_that_may_not_be_written_is_one_sentence(closed: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"PERISCOPE_DATA_DIR={closed}\n")
    done = run_where_permissions_count(tmp_path, "sources", "list")
    assert (done.returncode, is_one_sentence(done.stderr)) == (1, True), done.stderr
    assert "Unexpected" not in done.stderr


def test_in_a_container_the_way_out_names_the_folder_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    error = PermissionError(13, "Permission denied", "/input/model")
    assert "change its owner or its permissions" in permission_sentence(error)
    monkeypatch.setenv(IN_COMPOSE, "1")
    sentence = permission_sentence(error)
    assert sentence.startswith("/input/model cannot be opened by user ")
    assert "chmod -R a+rX INPUT_DIR" in sentence
    assert problem_of(error).detail == sentence
