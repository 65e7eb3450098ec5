import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.queries.sources import running_builds
from app.db.writes.builds import clean_stale_builds
from app.web.caching import EntityTags, HeadAsGet
from tests.fixtures_source import label

PATHS = ["/sources/tiny-mid", "/sources/tiny-mid/latents/5", "/api/v1/sources", "/api/v1/sources/tiny-mid/latents/5"]


@pytest.mark.parametrize("path", PATHS)
def test_built_data_is_not_sent_twice(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["vary"] == "Accept-Encoding"  # RFC 9110, 15.4.5: as the answer itself would have it
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_new_label_changes_the_tag(own_client: TestClient, own_session: Session) -> None:
    path = "/sources/tiny-mid/latents/20"
    tag = own_client.get(path).headers["etag"]
    label(own_session, "tiny-mid", [(20, "a new label")])
    assert "a new label" in own_client.get(path, headers={"If-None-Match": tag}).text


def test_running_builds_are_never_cached(own_client: TestClient, own_session: Session) -> None:
    assert "etag" not in own_client.get("/builds").headers
    assert running_builds(own_session) == ()
    assert clean_stale_builds(own_session) == 0


def test_large_answers_are_compressed(client: TestClient) -> None:
    response = client.get("/sources/tiny-mid/latents/5", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert "winter" in response.text


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True), ("br, GZIP;q=0.1", True), ("gzip ; q=1.0", True), ("deflate, gzip;q=0.001", True),
        ("gzip;q=0", False), ("gzip; q=0.000, br", False), ("GZIP;Q=0", False), ("identity", False), ("x-gzip", False),
        ("", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/sources/tiny-mid/latents/5", "/exports/sources/tiny-mid/latents.csv"])
def test_nothing_is_compressed_for_who_does_not_take_it(
    client: TestClient, path: str, accepted: str, is_compressed: bool
) -> None:
    response = client.get(path, headers={"Accept-Encoding": accepted})
    assert response.headers.get("content-encoding") == ("gzip" if is_compressed else None)
    assert response.headers["vary"] == "Accept-Encoding"


def test_a_tag_is_known_among_others_and_however_it_is_written(client: TestClient) -> None:
    tag = client.get(PATHS[0]).headers["etag"]
    for known in (f'"x", {tag}', tag.removeprefix("W/"), "*"):
        assert client.get(PATHS[0], headers={"If-None-Match": known}).status_code == 304
    assert client.get(PATHS[0], headers={"If-None-Match": '"x"'}).status_code == 200


def test_what_is_not_tagged_is_asked_for_again(client: TestClient) -> None:
    assert client.get("/").headers["cache-control"] == "private, no-cache"
    assert client.get("/api/v1/nothing").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", *PATHS, "/healthz", "/api/v1/nothing", "/static/css/base.css"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "etag", "cache-control"):
        assert head.headers.get(name) == whole.headers.get(name)


def drive(app: object, scope: dict[str, object]) -> list[dict[str, object]]:
    """The messages that an ASGI application sends for a request."""
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    asyncio.run(app(scope, receive, send))  # type: ignore[operator]
    return sent


def application(status: int, headers: list[tuple[bytes, bytes]], *parts: bytes) -> object:
    async def app(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for place, part in enumerate(parts):
            await send({"type": "http.response.body", "body": part, "more_body": place < len(parts) - 1})

    return app


SCOPE = {"type": "http", "method": "GET", "path": "/sources/a", "headers": []}


def test_a_stream_passes_through_part_by_part() -> None:
    sent = drive(EntityTags(application(200, [], b"a", b"b", b"c")), SCOPE)  # type: ignore[arg-type]
    assert [message.get("body") for message in sent[1:]] == [b"a", b"b", b"c"]
    assert b"etag" not in dict(sent[0]["headers"])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "header", [(b"etag", b'"own"'), (b"cache-control", b"no-store")], ids=["own tag", "not to be stored"]
)
def test_what_a_route_says_itself_is_kept(header: tuple[bytes, bytes]) -> None:
    sent = drive(EntityTags(application(200, [header], b"a")), SCOPE)  # type: ignore[arg-type]
    headers = dict(sent[0]["headers"])  # type: ignore[call-overload]
    assert headers[header[0]] == header[1]
    assert headers.get(b"etag", b'"own"') == b'"own"'


def test_an_answer_that_may_be_kept_for_ever_keeps_its_lifetime_and_gets_a_tag() -> None:
    own = [(b"cache-control", b"private, max-age=31536000, immutable")]
    headers = dict(drive(EntityTags(application(200, own, b"a")), SCOPE)[0]["headers"])  # type: ignore[arg-type, call-overload]
    assert headers[b"cache-control"] == own[0][1]
    assert b"etag" in headers


def test_head_of_a_stream_ends_at_once() -> None:
    sent = drive(HeadAsGet(application(200, [], b"a", b"b")), SCOPE | {"method": "HEAD"})  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1]["body"] == b""
