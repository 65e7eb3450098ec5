"""What Periscope writes can be opened by its owner only, also what an earlier version left open."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.builds.checkpoints import Checkpoint
from app.commands import checks
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.tables.sources import LanguageModel
from app.preparing import announce
from app.private_files import keep_private
from app.settings import Settings
from tests.app.commands_support import Run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
FOLDER, FILE = 0o700, 0o600


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything(folder: Path) -> dict[str, int]:
    found = {str(path.relative_to(folder)): rights(path) for path in folder.rglob("*")}
    return {".": rights(folder), **found}


@pytest.fixture(autouse=True)
def usual_umask() -> object:
    """What a process has that nobody told to write privately."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def model() -> LanguageModel:
    return LanguageModel(
        name="m", location="m", architecture="a", n_layers=1, d_model=1, vocab_size=1, context_size=1, fingerprint="f"
    )


def test_a_new_database_is_private_with_all_that_lies_beside_it(sqlite_settings: Settings) -> None:
    engine = make_engine(sqlite_settings)
    upgrade(engine)
    with make_session_maker(engine)() as session:
        session.add(model())
        session.commit()
        found = everything(sqlite_settings.data_dir)
    engine.dispose()
    assert found == {".": FOLDER, "periscope.db": FILE, "periscope.db-wal": FILE, "periscope.db-shm": FILE}


def test_checkpoints_and_announcements_of_a_command_are_private(run: Run, tmp_path: Path) -> None:
    assert run("db", "upgrade")[0] == 0
    assert os.umask(0o077) == 0o077  # which the command left to all that follows in its process
    data_dir = tmp_path / "data"
    Checkpoint(data_dir, {"a": 1}).save({"x": np.zeros(3)})
    announce(data_dir, "Working.")
    found = everything(data_dir)
    assert len(found) == 6
    assert {mode for name, mode in found.items() if Path(name).suffix} == {FILE}
    assert {mode for name, mode in found.items() if not Path(name).suffix} == {FOLDER}


def test_what_was_open_is_closed_by_the_next_command(run: Run, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    assert run("db", "upgrade")[0] == 0
    Checkpoint(data_dir, {"a": 1}).save({"x": np.zeros(3)})
    for path in (data_dir, *data_dir.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    assert run("db", "upgrade")[0] == 0
    assert {mode & 0o077 for mode in everything(data_dir).values()} == {0}


@pytest.mark.parametrize("kind", ["work", "above", "sticky"])
def test_a_folder_that_others_use_is_left_and_named_by_doctor(
    kind: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "shared"
    (folder / "below").mkdir(parents=True)
    folder.chmod(0o1777 if kind == "sticky" else 0o755)
    if kind != "sticky":
        monkeypatch.chdir(folder if kind == "work" else folder / "below")
    monkeypatch.setenv("PERISCOPE_DATA_DIR", str(folder))
    before = rights(folder)
    assert run("db", "upgrade")[0] == 0
    assert rights(folder) == before
    assert rights(folder / "periscope.db") == FILE
    _, out, _ = run("doctor")
    assert f"warn privacy: others on this machine can open {folder}" in out
    assert "-> set PERISCOPE_DATA_DIR to a folder of its own" in out


def test_doctor_names_a_settings_file_with_a_token_that_others_can_read(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".env"
    file.write_text("PERISCOPE_PORT=8001\n")
    assert checks.check_privacy(sqlite_settings).state == checks.OK
    file.write_text("PERISCOPE_AUTH_TOKEN=correct-horse\n")
    assert ".env" in checks.check_privacy(sqlite_settings).detail
    file.chmod(0o600)
    assert checks.check_privacy(sqlite_settings).state == checks.OK


def test_what_a_link_points_at_is_left(sqlite_settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    builds = sqlite_settings.data_dir / "builds"
    builds.mkdir(parents=True)
    (builds / "link").symlink_to(outside)
    keep_private(sqlite_settings.data_dir, None)
    assert rights(outside) == 0o644
    assert rights(builds) == FOLDER


def test_a_command_in_a_process_of_its_own_leaves_nothing_open(tmp_path: Path) -> None:
    code = "from app.cli import main; main()"
    environment = {**os.environ, "PERISCOPE_DATA_DIR": str(tmp_path / "data"), "HF_HUB_OFFLINE": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", code, "db", "upgrade"], env=environment, cwd=tmp_path, capture_output=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert {mode & 0o077 for mode in everything(tmp_path / "data").values()} == {0}
