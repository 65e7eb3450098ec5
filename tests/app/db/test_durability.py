"""What people write survives a power cut on SQLite; builds, which can be made again, do without the wait."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.builds import output_scores
from app.builds import run as builds
from app.db.session import POOL_SIZE, make_engine
from app.errors import UnknownSource
from app.settings import Settings

NORMAL, FULL = 1, 2
LABEL = "/api/v1/sources/tiny-mid/latents/5/explanations"


def level(engine: Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        return found


@pytest.fixture
def commits() -> Iterator[list[int]]:
    """The level of every commit of any engine, as it happens."""
    seen: list[int] = []

    def look(connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            seen.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    sa.event.listen(Engine, "commit", look)
    yield seen
    sa.event.remove(Engine, "commit", look)


def test_every_connection_of_a_pool_has_its_engines_level(sqlite_settings: Settings) -> None:
    durable, quick = make_engine(sqlite_settings), make_engine(sqlite_settings, is_durable=False)
    for engine, wanted in ((durable, FULL), (quick, NORMAL), (durable, FULL)):
        with ThreadPoolExecutor(POOL_SIZE) as pool:  # many at once, some from the pool, some new
            assert set(pool.map(level, [engine] * 3 * POOL_SIZE)) == {wanted}
    durable.dispose()
    quick.dispose()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (LABEL, {"text": "winter"}),
        ("/api/v1/mixes", {"name": "cold", "source": "tiny-mid", "terms": [{"index": 5}]}),
    ],
)
def test_what_people_write_is_committed_for_good(
    own_client: TestClient, commits: list[int], path: str, body: dict[str, Any]
) -> None:
    own_client.get("/sources/tiny-mid")  # connections that only read before
    assert own_client.post(path, json=body).status_code == 201
    assert commits
    assert set(commits) == {FULL}


def test_a_label_from_the_page_is_committed_for_good(own_client: TestClient, commits: list[int]) -> None:
    answer = own_client.post("/sources/tiny-mid/latents/5/labels", data={"text": "winter"}, follow_redirects=False)
    assert answer.status_code == 303
    assert set(commits) == {FULL}


def build(settings: Settings) -> None:
    builds.run_build(settings, builds.BuildRequest(("x",), "corpus.txt", tokens=1000))


def score(settings: Settings) -> None:
    output_scores.add_scores(settings, ["x"], "cpu", "float32", lambda *_: None)


@pytest.mark.parametrize(("module", "work"), [(builds, build), (output_scores, score)])
def test_builds_and_scores_have_an_engine_that_does_not_wait(
    module: Any, work: Callable[[Settings], None], sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Engine] = []

    def remembered(settings: Settings, **options: Any) -> Engine:
        made.append(make_engine(settings, **options))
        return made[-1]

    monkeypatch.setattr(module, "make_engine", remembered)
    with pytest.raises(UnknownSource):
        work(sqlite_settings)
    (engine,) = made
    assert level(engine) == NORMAL
    engine.dispose()
