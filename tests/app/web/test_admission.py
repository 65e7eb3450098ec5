"""Beyond so many requests a server refuses before it looks at them; health and files are never refused."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.web import admission, units
from tests.web import BASE

BUSY = "/api/v1/sources/tiny-mid/latents/1"


@pytest.fixture
def full(filled_folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:  # type: ignore[no-untyped-def]
    """An application that lets two requests in, both of which are at work until the test ends."""
    monkeypatch.setattr(admission, "MOST", 2)
    monkeypatch.setattr(admission, "PAUSE", 0.01)
    gate, begun = threading.Event(), threading.Semaphore(0)
    original = units.json_bytes

    def slowly(answer: object) -> bytes:
        begun.release()
        gate.wait(4)
        return original(answer)

    monkeypatch.setattr(units, "json_bytes", slowly)
    app = create_app(Settings(_env_file=None, data_dir=filled_folder))
    with TestClient(app, base_url=BASE) as client, ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(client.get, path) for path in (BUSY, "/api/v1/sources")]
        for _ in taken:
            assert begun.acquire(timeout=4)
        yield client
        gate.set()
        assert [future.result().status_code for future in taken] == [200, 200]


def test_what_is_too_much_is_refused_in_the_form_that_was_asked_for(full: TestClient) -> None:
    answer = full.get(BUSY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "try again in two seconds" in answer.json()["detail"]
    for path in ("/", "/sources/tiny-mid/latents/1", "/parts/sources/tiny-mid/latents"):
        page = full.get(path)
        assert (page.status_code, page.headers["retry-after"]) == (503, "2")
        assert page.headers["content-type"].startswith("text/html")
        tries_again = not path.startswith("/parts/")
        assert page.headers.get("refresh") == ("2" if tries_again else None)
        assert ("tries again by itself" in page.text) == tries_again
        assert "try again in two seconds" in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "<nav" in full.get("/").text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/css/base.css", "/parts/builds/events"])
def test_what_waits_for_nobody_is_answered_all_the_same(full: TestClient, path: str) -> None:
    assert full.get(path).status_code == 200


def test_what_was_refused_is_answered_when_there_is_room_again(filled_folder, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(admission, "MOST", 0)
    with TestClient(create_app(Settings(_env_file=None, data_dir=filled_folder)), base_url=BASE) as client:
        assert client.get(BUSY).status_code == 503
        monkeypatch.setattr(admission, "MOST", 1)
        assert client.get(BUSY).status_code == 200
        assert client.get(BUSY).status_code == 200
