"""Hints name commands that exist where they are read."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app import hints
from app.errors import NotBuilt, UnknownSource
from app.main import create_app
from app.settings import Settings
from tests.processes import ROOT
from tests.web import BASE


@pytest.fixture
def in_compose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hints.IN_CONTAINER, "1")
    monkeypatch.setenv(hints.IN_COMPOSE, "1")


def test_on_a_machine_of_ones_own_commands_are_typed_as_they_are() -> None:
    assert hints.command("build mine --corpus x") == "periscope build mine --corpus x"
    assert hints.example_file("texts.txt") == "texts.txt"
    assert hints.install_again() == "make install"


def test_an_installed_one_knows_no_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "is_checkout", lambda: False)
    assert hints.install_again() == "install Periscope again"


def test_in_the_image_alone_they_are_typed_through_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hints.IN_CONTAINER, "1")
    assert hints.command("sources list") == "docker exec CONTAINER periscope sources list"
    assert "make" not in hints.install_again()


@pytest.mark.usefixtures("in_compose")
@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ("sources add MODEL SAE", "docker-compose run --rm cli sources add MODEL SAE"),
        ("build mine --corpus x", "docker-compose run --rm build mine --corpus x"),
        ("db upgrade", "docker-compose run --rm cli db upgrade"),
        ("serve", "docker-compose up -d web"),
        ("demo", "docker-compose up -d demo"),
    ],
)
def test_in_compose_they_are_typed_outside(words: str, typed: str) -> None:
    assert hints.command(words) == typed
    assert hints.example_file("texts.txt") == "/input/texts.txt"


@pytest.mark.usefixtures("in_compose")
def test_in_compose_errors_and_pages_name_no_command_of_the_inside(
    sqlite_settings: Settings, filled_folder: Path
) -> None:
    assert "`docker-compose run --rm build x`" in str(NotBuilt("x"))
    assert "`docker-compose run --rm cli sources add`" in str(UnknownSource("x"))
    from app.db.session import make_engine, upgrade

    engine = make_engine(sqlite_settings)
    upgrade(engine)
    engine.dispose()
    with TestClient(create_app(sqlite_settings), base_url=BASE) as client:
        for path in ("/", "/microscope", "/steer", "/ablate", "/vectors", "/builds"):
            page = BeautifulSoup(client.get(path).text, "html.parser")
            typed = [tag.get_text() for tag in page.select("code, pre.command")]
            assert typed, path
            for line in "\n".join(typed).splitlines():
                assert line.startswith("docker-compose "), (path, line)


def test_no_hint_is_written_past_the_one_place() -> None:
    """What is shown to people goes through ``command``; docstrings and comments may say ``periscope``."""
    pattern = re.compile(r"periscope (sources|build|serve|demo|db|doctor|scores|open) ?")
    for path in sorted((ROOT / "frontend" / "templates").rglob("*.html")):
        assert not pattern.search(path.read_text()), path
