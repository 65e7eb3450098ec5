import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import queries, writes
from tests.fixtures_source import label

PATHS = ["/sources/tiny-mid", "/sources/tiny-mid/latents/5", "/api/v1/sources", "/api/v1/sources/tiny-mid/latents/5"]


@pytest.mark.parametrize("path", PATHS)
def test_built_data_is_not_sent_twice(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_new_label_changes_the_tag(own_client: TestClient, own_session: Session) -> None:
    path = "/sources/tiny-mid/latents/20"
    tag = own_client.get(path).headers["etag"]
    label(own_session, "tiny-mid", [(20, "a new label")])
    assert "a new label" in own_client.get(path, headers={"If-None-Match": tag}).text


def test_running_builds_are_never_cached(own_client: TestClient, own_session: Session) -> None:
    assert "etag" not in own_client.get("/builds").headers
    assert queries.running_builds(own_session) == ()
    assert writes.clean_stale_builds(own_session) == 0


def test_large_answers_are_compressed(client: TestClient) -> None:
    response = client.get("/sources/tiny-mid/latents/5", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert "winter" in response.text
