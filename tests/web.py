"""Fixtures for tests of pages and API: the fixture sources in an SQLite database, and a client of the application."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy.orm import Session

from app.db.session import make_engine, make_session_maker, upgrade
from app.main import create_app
from app.settings import Settings
from tests import fixtures_source

BASE = "http://localhost"


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database has the fixture sources; for reading only."""
    folder = tmp_path_factory.mktemp("filled")
    engine = make_engine(Settings(_env_file=None, data_dir=folder))
    upgrade(engine)
    with make_session_maker(engine)() as session:
        fixtures_source.fill(session)
    engine.dispose()
    return folder


@pytest.fixture(scope="session")
def client(filled_folder: Path) -> Iterator[TestClient]:
    """The application on the fixture sources; for reading only."""
    with TestClient(create_app(Settings(_env_file=None, data_dir=filled_folder)), base_url=BASE) as opened:
        yield opened


@pytest.fixture
def own_settings(filled_folder: Path, tmp_path: Path) -> Settings:
    """Settings with a copy of the fixture sources that a test may change."""
    shutil.copytree(filled_folder, tmp_path / "data")
    return Settings(_env_file=None, data_dir=tmp_path / "data")


@pytest.fixture
def own_client(own_settings: Settings) -> Iterator[TestClient]:
    """The application on the test's own copy."""
    with TestClient(create_app(own_settings), base_url=BASE) as opened:
        yield opened


@pytest.fixture
def own_session(own_settings: Settings) -> Iterator[Session]:
    """A session on the test's own copy."""
    engine = make_engine(own_settings)
    with make_session_maker(engine)() as session:
        yield session
    engine.dispose()


@pytest.fixture
def empty_client(tmp_path: Path) -> Iterator[TestClient]:
    """The application on a migrated database without any source."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "empty")
    engine = make_engine(settings)
    upgrade(engine)
    engine.dispose()
    with TestClient(create_app(settings), base_url=BASE) as opened:
        yield opened


@pytest.fixture
def get(client: TestClient) -> Callable[[str], BeautifulSoup]:
    """Get a page that must answer 200, as a tree of elements."""

    def get_page(path: str) -> BeautifulSoup:
        response = client.get(path)
        assert response.status_code == 200, response.text
        return soup(response)

    return get_page


def soup(response: Response) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def one(tree: BeautifulSoup | Tag, selector: str) -> Tag:
    """The only element that the selector finds."""
    found = tree.select(selector)
    assert len(found) == 1, f"{selector} finds {len(found)} elements"
    return found[0]


def text_of(element: Tag) -> str:
    """The element's text with runs of white space as one space."""
    return " ".join(element.get_text().split())


def facts_of(element: Tag) -> dict[str, str]:
    """The names and values of the definition list in an element."""
    rows = element.select("dl.facts > div")
    return {text_of(one(row, "dt")): text_of(row.select("dd")[0]) for row in rows}
