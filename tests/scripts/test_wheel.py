"""What a wheel has in it, and that Periscope works from one, away from the checkout."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.processes import CODE, free_port, get, running_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked as pip does; what it depends on is taken from here."""
    folder = tmp_path_factory.mktemp("installed")
    command = [*PIP, "install", "--quiet", "--no-deps", "--no-compile", "--target", folder, wheel]
    subprocess.run(command, capture_output=True, text=True, check=True)
    return folder


@pytest.fixture
def away(installed: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a process that runs the installed one in an empty folder without network."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PERISCOPE_")}
    return environment | {"PYTHONPATH": str(installed), "HF_HUB_OFFLINE": "1", "PWD": str(tmp_path)}


def files_under(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_brings_two_packages_and_shadows_no_other(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"app", "models"}


@pytest.mark.parametrize(
    ("folder", "place"),
    [
        ("frontend/templates", "app/frontend/templates"),
        ("frontend/static", "app/frontend/static"),
        ("alembic", "app/migrations"),
        ("app", "app"),
        ("models", "models"),
    ],
)
def test_every_file_that_runs_is_in_it(wheel: Path, folder: str, place: str) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {f"{place}/{name}" for name in files_under(ROOT / folder)} <= packed


def test_the_browsers_libraries_are_in_it_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "app/frontend/static/vendor/plotly-basic.min.js" in names
    assert not [name for name in names if re.search(r"node_modules|package-lock|__pycache__|\.env$|/data/", name)]


def test_away_from_the_checkout_it_makes_its_database_and_finds_nothing_wrong(
    away: dict[str, str], installed: Path, tmp_path: Path
) -> None:
    for command in (["db", "upgrade"], ["doctor"]):
        done = subprocess.run(
            [sys.executable, "-c", CODE, *command], cwd=tmp_path, env=away, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    assert "ok   assets" in done.stdout
    assert "9 weight files" in done.stdout
    assert (tmp_path / "data" / "periscope.db").is_file()
    place = subprocess.run(
        [sys.executable, "-c", "import app; print(app.__file__)"],
        cwd=tmp_path,
        env=away,
        capture_output=True,
        text=True,
    )
    assert place.stdout.strip() == str(installed / "app" / "__init__.py")


def test_away_from_the_checkout_pages_come_with_their_scripts_and_styles(away: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    subprocess.run([sys.executable, "-c", CODE, "db", "upgrade"], cwd=tmp_path, env=away, check=True)
    with running_server(["serve", "--port", str(port)], port, cwd=tmp_path, env=away):
        page = get(f"http://127.0.0.1:{port}/").decode()
        paths = sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)))
        assert any("/vendor/htmx" in path for path in paths)
        assert any(path.endswith(".css") for path in paths)
        sizes = {path: len(get(f"http://127.0.0.1:{port}{path}")) for path in paths}
        assert all(sizes.values())
