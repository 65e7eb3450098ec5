"""The files of self-hosting agree with the settings and each other; docs/self-hosting.md tells how they were run."""

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "check", "web", "demo", "build", "cli")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
NAMES = {PREFIX + name.upper() for name in Settings.model_fields}
#: Settings that the containers have for themselves: where the data is.
OF_THE_IMAGE = {"PERISCOPE_DATA_DIR"}
#: Settings that only the server reads.
OF_THE_WEB = {
    "PERISCOPE_HOST", "PERISCOPE_PORT", "PERISCOPE_PUBLISHED_HOST", "PERISCOPE_AUTH_TOKEN", "PERISCOPE_ALLOWED_HOSTS",
    "PERISCOPE_ALLOW_INSECURE_HOST", "PERISCOPE_TRUSTED_PROXIES", "PERISCOPE_EMBED_ORIGINS",
    "PERISCOPE_MAX_CONNECTIONS", "PERISCOPE_MAX_CONNECTIONS_PER_ADDRESS",
    "PERISCOPE_MAX_PROMPT_TOKENS", "PERISCOPE_MAX_NEW_TOKENS", "PERISCOPE_MAX_QUEUE", "PERISCOPE_MAX_MEMORY_GIB",
}  # fmt: skip


def commented(text: str) -> dict[str, str]:
    """The names of an example file with their values."""
    return dict(re.findall(r"^# ([A-Z_]+)=(.*)$", text, re.MULTILINE))


def variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", text))


def test_every_setting_reaches_the_server_and_nothing_else_does() -> None:
    given = {name for name in SERVICES["web"]["environment"] if name.startswith(PREFIX)}
    missing = NAMES - OF_THE_IMAGE - given
    assert not missing, f"write {', '.join(sorted(missing))} under the environment of web in docker-compose.yml"
    assert given <= NAMES


@pytest.mark.parametrize("service", ["migrate", "demo", "build", "cli"])
def test_every_setting_that_commands_read_reaches_them(service: str) -> None:
    given = {name for name in SERVICES[service]["environment"] if name.startswith(PREFIX)}
    assert given == NAMES - OF_THE_IMAGE - OF_THE_WEB


def test_the_example_names_every_setting_with_its_default() -> None:
    shown = {name: value for name, value in commented(EXAMPLE).items() if name.startswith(PREFIX)}
    assert set(shown) == NAMES
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, tuple):
            default = ",".join(default)
        elif name == "auth_token":
            default = default.get_secret_value()
        expected = str(default).lower() if isinstance(default, bool) else str(default)
        assert shown[PREFIX + name.upper()] == expected, name


def test_the_example_names_every_variable_of_compose() -> None:
    bare = {name for service in SERVICES.values() for name, value in service["environment"].items() if value is None}
    bare |= {name for name, value in COMPOSE["x-periscope"]["build"]["args"].items() if value is None}
    used = variables((ROOT / "docker-compose.yml").read_text()) | bare
    assert used - NAMES <= set(commented(EXAMPLE))


def test_a_setting_reads_the_same_without_a_container() -> None:
    """The defaults of compose are those of the settings, so that one .env serves both."""
    text = (ROOT / "docker-compose.yml").read_text()
    for name, default in re.findall(r"\$\{(PERISCOPE_[A-Z_]+):-([^}]*)\}", text):
        assert commented(EXAMPLE)[name] == default


def test_only_the_web_is_published_and_only_on_this_machine_unless_told() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}
    assert SERVICES["web"]["ports"] == ["${PERISCOPE_HOST:-127.0.0.1}:${PERISCOPE_PORT:-8000}:8000"]
    environment = SERVICES["web"]["environment"]
    assert environment["PERISCOPE_PUBLISHED_HOST"] == "${PERISCOPE_HOST:-127.0.0.1}"
    assert environment["PERISCOPE_ALLOW_INSECURE_HOST"] is None


def test_the_database_is_ready_and_migrated_before_anything_uses_it() -> None:
    assert SERVICES["db"]["healthcheck"]["test"][1] == "pg_isready"
    assert SERVICES["migrate"]["command"] == ["db", "upgrade"]
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for name in ("web", "demo", "build", "cli"):
        needed = dict(SERVICES[name]["depends_on"])
        assert needed.pop("check", None) == ({"condition": "service_completed_successfully"} if name == "web" else None)
        assert needed == {
            "db": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }


def test_data_lives_in_named_volumes() -> None:
    assert "postgres:/var/lib/postgresql/data" in SERVICES["db"]["volumes"]
    assert all("data:/data" in SERVICES[name]["volumes"] for name in OURS)
    assert set(COMPOSE["volumes"]) == {"data", "postgres"}


@pytest.mark.parametrize("service", OURS)
def test_containers_have_no_more_rights_than_they_need(service: str) -> None:
    container = SERVICES[service]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in container


def test_only_builds_wait_for_their_profile() -> None:
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["build"]} == {"build", "cli"}


def test_both_versions_of_compose_can_read_it() -> None:
    """Version 1 knows neither a top-level name nor optional env files; version 2 warns of a top-level version."""
    assert not COMPOSE.keys() & {"version", "name", "include"}
    for service in SERVICES.values():
        assert not service.keys() & {"env_file", "develop", "pull_policy", "gpus", "attach"}
        conditions = [set(item) for item in service.get("depends_on", {}).values()]
        assert all(condition == {"condition"} for condition in conditions)


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["periscope"]
    assert "--uid 10001" in DOCKERFILE
    assert DOCKERFILE.rindex("USER ") > DOCKERFILE.rindex("COPY ")


def test_the_image_is_pinned_has_stages_and_a_health_check() -> None:
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11\.\d+-slim-bookworm$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^FROM (.*)$", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE} AS builder", "${PYTHON_IMAGE}"]
    assert re.fullmatch(r"postgres:\d+\.\d+-bookworm", SERVICES["db"]["image"])
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert len(installs) == 4
    assert all("--constraint constraints.txt" in line for line in installs)


def test_the_health_check_asks_whether_the_server_is_ready_at_the_port_of_the_setting() -> None:
    check = DOCKERFILE[DOCKERFILE.index("HEALTHCHECK") :].partition("CMD ")[2].partition("\n")[0]
    python, option, code = json.loads(check)
    assert (python, option) == ("python", "-c")
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if len(asked) == 1 else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # A proxy for the way out is none for the way to itself.
        env = {"PERISCOPE_PORT": str(server.server_port), "http_proxy": "http://127.0.0.1:1"}
        codes = [subprocess.run([sys.executable, "-c", code], env=env, capture_output=True).returncode for _ in "12"]
        server.shutdown()
    assert (asked, codes) == (["/readyz", "/readyz"], [0, 1])


def test_the_image_needs_no_buildkit() -> None:
    assert not re.search(r"--mount|--link|--chmod|<<|^# *syntax", DOCKERFILE, re.MULTILINE)


def test_no_address_of_a_package_index_is_written_down() -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "NPM_CONFIG_REGISTRY"):
        assert re.search(rf"^ARG {name}$", DOCKERFILE, re.MULTILINE)
        assert COMPOSE["x-periscope"]["build"]["args"][name] is None


def test_everything_that_is_copied_exists_and_is_not_ignored() -> None:
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(source == name or source.startswith(f"{name}/") for name in allowed), source


def test_secrets_and_data_do_not_enter_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert not {"!.env", "!data", "!.git", "!tests"} & set(lines)
