"""Which Python make takes: the newest on PATH that can run Periscope, or the one that PYTHON names."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "find_python.sh"


def put(folder: Path, name: str, *, version: str = "3.11.2", setup: str = "") -> Path:
    """An interpreter that answers as one of this version; ``setup`` is Python that runs before it is asked."""
    numbers = ", ".join(version.split("."))
    code = f"import sys; sys.version_info = ({numbers}, 'final', 0)\n{setup}\nexec(sys.argv[1])"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(code)} "$2"\n')
    path.chmod(0o755)
    return path


def find(*folders: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": ":".join(map(str, folders)), "PYTHON": python}
    return subprocess.run(["/bin/sh", SCRIPT], env=environment, capture_output=True, text=True, check=False)


def test_the_newest_on_the_path_is_taken_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path / "a", "python3.11")
    put(tmp_path / "a", "python3.13", version="3.13.0")
    newest = put(tmp_path / "b", "python3", version="3.14.0")
    assert find(tmp_path / "a", tmp_path / "b").stdout.strip() == str(newest)
    assert find(tmp_path / "a").stdout.strip() == str(tmp_path / "a" / "python3.13")


@pytest.mark.parametrize("version", ["3.11.0", "3.11.2", "3.12.9", "3.13.0", "3.14.10"])
def test_any_patch_release_will_do(tmp_path: Path, version: str) -> None:
    path = put(tmp_path, "python3", version=version)
    assert find(tmp_path).stdout.strip() == str(path)


def test_a_shim_of_a_python_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    shim = tmp_path / "shims" / "python3.13"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    real = put(tmp_path / "bin", "python3.13", version="3.13.1")
    assert find(shim.parent, tmp_path / "bin").stdout.strip() == str(real)
    found = find(shim.parent)
    assert found.returncode == 1
    assert f"{shim} does not run" in found.stderr


WITHOUT_PIP = "sys.modules['ensurepip'] = None; sys.modules['pip'] = None"
UNSUITABLE = {
    "is Python 3.10": {"version": "3.10.19"},
    "is Python 3.15": {"version": "3.15.0"},
    "is Python 2.7": {"version": "2.7.18"},
    "lacks the module venv or pip": {"setup": "sys.modules['venv'] = None"},
    "lacks the module venv or": {"setup": WITHOUT_PIP},
    "is a free-threaded Python": {
        "version": "3.14.0",
        "setup": "import sysconfig; sysconfig.get_config_var = lambda name: int(name == 'Py_GIL_DISABLED')",
    },
    "is pypy, not CPython": {"setup": "sys.implementation.name = 'pypy'"},
    "is a 32-bit Python": {"setup": "sys.maxsize = 2**31 - 1"},
}


@pytest.mark.parametrize("reason", UNSUITABLE)
def test_what_cannot_run_it_is_refused_with_the_reason_and_the_way_out(tmp_path: Path, reason: str) -> None:
    path = put(tmp_path, "python3", **UNSUITABLE[reason])
    for found in (find(tmp_path), find(tmp_path, python=str(path))):
        assert (found.returncode, found.stdout) == (1, "")
        assert f"{path} {reason}" in found.stderr
        assert "apt-get install python3 python3-venv" in found.stderr
        assert len(found.stderr.splitlines()) == 1


def test_a_python_without_ensurepip_but_with_pip_will_do(tmp_path: Path) -> None:
    path = put(tmp_path, "python3", setup="import pip; sys.modules['ensurepip'] = None")
    assert find(tmp_path).stdout.strip() == str(path)


def test_the_one_named_is_taken_though_there_are_newer_ones(tmp_path: Path) -> None:
    put(tmp_path, "python3.14", version="3.14.1")
    named = put(tmp_path, "python3.12", version="3.12.1")
    assert find(tmp_path, python="python3.12").stdout.strip() == str(named)
    assert find(tmp_path, python=str(named)).stdout.strip() == str(named)


def test_one_that_does_not_exist_is_named_in_the_refusal(tmp_path: Path) -> None:
    found = find(tmp_path, python="/nowhere/python3.12")
    assert found.returncode == 1
    assert found.stderr.startswith("PYTHON=/nowhere/python3.12: there is no such program.")


def test_without_any_python_the_sentence_says_which_to_install(tmp_path: Path) -> None:
    found = find(tmp_path)
    assert found.returncode == 1
    assert found.stderr.startswith("Periscope needs Python 3.11, 3.12, 3.13 or 3.14")


def test_a_folder_with_a_space_in_its_name_is_found(tmp_path: Path) -> None:
    path = put(tmp_path / "my pythons", "python3.12", version="3.12.4")
    assert find(path.parent).stdout.strip() == str(path)
    assert find(path.parent, python=str(path)).stdout.strip() == str(path)


def test_the_script_and_the_package_admit_the_same_versions() -> None:
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    low, high = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", required).groups())
    text = SCRIPT.read_text()
    assert f"not {low} <= sys.version_info[1] <= {high - 1}" in text
    assert f"for minor in {' '.join(str(minor) for minor in range(high - 1, low - 1, -1))};" in text
    assert all(f"3.{minor}" in text for minor in range(low, high))
