"""The bundled demo, prepared as ``periscope demo`` does it but on fewer tokens, and the application on it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from filelock import FileLock

from app.db.session import make_engine, upgrade
from app.demo.demos import GRAMMAR
from app.demo.prepare import prepare
from app.main import create_app
from app.settings import Settings
from tests.web import BASE

TOKENS = 120_000
#: A file of this name says that the folder is.
COMPLETE = "complete"


@pytest.fixture(scope="package")
def demo_settings(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Settings:
    """A folder with the demo's sources, built; for reading only. Worker processes of one run share it."""
    root = tmp_path_factory.getbasetemp()
    folder = (root if worker_id == "master" else root.parent) / "demo"
    settings = Settings(_env_file=None, data_dir=folder, device="cpu", dtype="float32", max_queue=512)
    with FileLock(f"{folder}.lock"):
        if not (folder / COMPLETE).exists():
            engine = make_engine(settings)
            upgrade(engine)
            engine.dispose()
            prepare(settings, GRAMMAR, TOKENS)
            (folder / COMPLETE).touch()
    return settings


@pytest.fixture(scope="package")
def demo(demo_settings: Settings) -> Iterator[TestClient]:
    """The application."""
    with TestClient(create_app(demo_settings), base_url=BASE) as client:
        yield client


def ask_all(client: TestClient, path: str, bodies: Sequence[Any]) -> list[Any]:
    """The answers to several requests that are sent together, and so written as one batch."""
    with ThreadPoolExecutor(max_workers=48) as pool:
        return list(pool.map(lambda body: ask(client, path, body), bodies))


def ask(client: TestClient, path: str, body: Any) -> Any:
    """The answer to a request that is in order."""
    response = client.post(f"/api/v1{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()
