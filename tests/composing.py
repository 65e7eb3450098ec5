"""docker-compose.yml as compose itself resolves it, by every version of compose that is here."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def commands() -> list[tuple[str, ...]]:
    """Every compose: of the path, as docker's plugin, and one that PERISCOPE_TEST_COMPOSE names."""
    asked = [
        (os.environ.get("PERISCOPE_TEST_COMPOSE") or "docker-compose",),
        ("docker-compose",),
        ("docker", "compose"),
    ]
    return [command for command in dict.fromkeys(asked) if shutil.which(command[0]) and _runs(command)]


def _runs(command: tuple[str, ...]) -> bool:
    return subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0


def resolved(command: tuple[str, ...], folder: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """The configuration with these variables in the environment and no others."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **given}
    done = subprocess.run(
        [*command, "config"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def every_compose() -> Any:
    """Parametrises a test with every compose; skipped where there is none, unless CI says that this is a failure."""
    found = commands()
    if found:
        return pytest.mark.parametrize(
            "compose", found, ids=[Path(command[0]).name + f"-{n}" for n, command in enumerate(found)]
        )
    if os.environ.get("PERISCOPE_TEST_REQUIRE_COMPOSE"):
        raise RuntimeError("There is no compose: apt-get install docker-compose.")
    reason = "no compose here: apt-get install docker-compose"
    return pytest.mark.parametrize("compose", [pytest.param((), marks=pytest.mark.skip(reason=reason))])
