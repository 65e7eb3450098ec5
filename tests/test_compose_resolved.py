"""Every variable of compose may be set, empty or not there: the configuration that compose resolves means the same."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.settings import PREFIX, Settings, load_settings
from tests.composing import ROOT, every_compose, resolved

DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: Variables that only say where packages come from.
OF_PACKAGES = (
    "TORCH_CPU_INDEX", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST",
    "NPM_CONFIG_REGISTRY",
)  # fmt: skip
OTHERS = ("COMPUTE", "CONTAINER_RUNTIME", "INPUT_DIR", "POSTGRES_PASSWORD", "HF_TOKEN", "HF_HUB_OFFLINE")
SETTINGS = tuple(PREFIX + name.upper() for name in Settings.model_fields if name not in ("data_dir", "database_url"))
ALL = (*OF_PACKAGES, *OTHERS, *SETTINGS)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the compose file alone, so that no one's .env is read."""
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    return tmp_path


def arguments_of(config: dict[str, Any]) -> dict[str, str]:
    """The build arguments that have a value."""
    return {name: value for name, value in config["services"]["web"]["build"]["args"].items() if value}


def environment_of(config: dict[str, Any], service: str) -> dict[str, str]:
    return {k: str(v) for k, v in config["services"][service]["environment"].items() if v is not None}


@every_compose()
def test_empty_means_the_same_as_not_set(compose: tuple[str, ...], checkout: Path) -> None:
    unset, empty = resolved(compose, checkout, {}), resolved(compose, checkout, dict.fromkeys(ALL, ""))
    assert arguments_of(unset) == arguments_of(empty) == {"COMPUTE": "cpu"}
    for service in unset["services"]:
        assert {k: v for k, v in environment_of(unset, service).items() if v} == {
            k: v for k, v in environment_of(empty, service).items() if v
        }
        for part in ("image", "volumes", "ports", "runtime"):
            assert unset["services"][service].get(part) == empty["services"][service].get(part)


@every_compose()
def test_an_env_file_with_empty_values_is_as_none(compose: tuple[str, ...], checkout: Path) -> None:
    unset = resolved(compose, checkout, {})
    (checkout / ".env").write_text("".join(f"{name}=\n" for name in ALL))
    assert arguments_of(resolved(compose, checkout, {})) == arguments_of(unset)


@every_compose()
@pytest.mark.parametrize("name", OF_PACKAGES)
def test_an_address_of_packages_that_is_set_reaches_the_build(
    compose: tuple[str, ...], checkout: Path, name: str
) -> None:
    given = arguments_of(resolved(compose, checkout, {name: "https://mirror.example/x"}))
    assert given == {"COMPUTE": "cpu", name: "https://mirror.example/x"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "--build cpu --index "),
        ({"COMPUTE": "", "TORCH_CPU_INDEX": ""}, "--build cpu --index "),
        ({"COMPUTE": "cpu", "TORCH_CPU_INDEX": "https://m.example/t"}, "--build cpu --index https://m.example/t"),
        ({"COMPUTE": "gpu", "TORCH_CPU_INDEX": "https://m.example/t"}, "--build gpu --index "),
        ({"COMPUTE": "tpu"}, "--build tpu --index "),
    ],
)
def test_the_image_asks_for_the_same_torch_when_an_argument_is_empty(
    tmp_path: Path, arguments: dict[str, str], expected: str
) -> None:
    line = re.search(r"^RUN (if .*?install_torch.*?)\n\n", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert line
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nshift\necho "$*"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", line[1]], env={"PATH": str(tmp_path), **arguments}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{expected}\n"


@every_compose()
def test_containers_with_nothing_set_have_settings_that_can_be_used(
    compose: tuple[str, ...], checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ({}, dict.fromkeys(ALL, "")):
        for name, value in environment_of(resolved(compose, checkout, given), "web").items():
            monkeypatch.setenv(name, value)
        settings = load_settings()
        settings.require_safe_host()
        assert (settings.port, settings.device, settings.log_level) == (8000, "auto", "info")


@every_compose()
def test_a_host_that_others_reach_is_refused_before_the_web_starts(
    compose: tuple[str, ...], checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """web starts again whenever it ends, so what it would refuse is said by one that does not."""
    config = resolved(compose, checkout, {"PERISCOPE_HOST": "0.0.0.0"})  # noqa: S104
    check, web = config["services"]["check"], config["services"]["web"]
    assert check["command"] == ["serve", "--check"]
    assert "restart" not in check
    assert environment_of(config, "check") == environment_of(config, "web")
    assert web["depends_on"]["check"]["condition"] == "service_completed_successfully"


@every_compose()
@pytest.mark.parametrize("given", ["./mydata", "../mydata", "/srv/mydata", "mydata", ""])
def test_the_input_folder_is_a_path_and_cannot_be_written(compose: tuple[str, ...], checkout: Path, given: str) -> None:
    config = resolved(compose, checkout, {"INPUT_DIR": given} if given else {})
    for service in ("web", "cli", "build", "demo"):
        if service not in config["services"]:  # version 2 leaves out what waits for a profile
            continue
        volumes = config["services"][service]["volumes"]  # version 1 prints named ones as text
        [mount] = [volume for volume in volumes if isinstance(volume, dict) and volume["target"] == "/input"]
        assert (mount["type"], mount["read_only"]) == ("bind", True)
        wanted = given or "./models/demo"
        if given == "mydata" and mount["source"] == given:
            continue  # version 1 hands it on as it is, and Docker refuses a source that is not absolute
        assert mount["source"] == str((checkout / wanted).resolve())


def test_the_default_input_folder_exists() -> None:
    assert (ROOT / "models" / "demo").is_dir()
