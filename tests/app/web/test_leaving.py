"""A client that leaves in the middle of its body is nobody's error, whatever it was sending and where."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.routing import BaseRoute

from app.db.queries.sources import recent_builds, source_by_slug
from app.db.writes.builds import finish_build, update_progress
from app.main import create_app
from app.settings import Settings
from app.web.body_limit import MAX_BODY, is_longer
from app.web.limits import ClientLimits
from tests.app.web.support import SHORT, ask, connect, errors_in, logged, serving, status
from tests.fixtures_source import make_corpus, start

KINDS = {
    b"application/json": b'{"text": "a ',
    b"application/x-www-form-urlencoded": b"text=a&tok",
    b"multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\na ',
}
VALUES = {"slug": "tiny-mid", "source": "tiny-mid", "index": "5"}


@pytest.fixture(scope="module")
def app(filled_folder: object) -> FastAPI:
    return create_app(Settings(_env_file=None, data_dir=filled_folder, log_level="warning"))


@pytest.fixture(scope="module")
def port(app: FastAPI) -> Iterator[int]:
    with serving(app, app.state.settings, ClientLimits()) as found:
        yield found


def paths(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of every route that takes a body."""
    for route in routes:
        # What include_router made, or a route.
        inner = getattr(getattr(route, "original_router", route), "routes", None)
        if inner:
            yield from paths(inner)
        for method in sorted(set(getattr(route, "methods", None) or ()) & {"POST", "PUT", "PATCH", "DELETE"}):
            yield method, re.sub(r"{(\w+)(?::\w+)?}", lambda part: VALUES.get(part[1], "1"), route.path)  # type: ignore[attr-defined]


def test_leaving_is_no_error_on_any_route(app: FastAPI, port: int, caplog: pytest.LogCaptureFixture) -> None:
    found = sorted(set(paths(app.routes)))
    assert len(found) > 20
    with logged(caplog):
        for method, path in found:
            for kind, begin in KINDS.items():
                head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n".encode()
                with connect(port) as opened:
                    opened.sendall(head + b"Content-Type: " + kind + b"\r\n\r\n" + begin)
                    time.sleep(0.01)
        assert status(ask(port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")) == 200
        time.sleep(0.5)
    assert errors_in(caplog) == []


def test_a_body_that_ends_at_the_limit_is_no_error_either(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    path = b"/api/v1/sources/tiny-mid/latents/5/explanations"
    with logged(caplog), serving(app, app.state.settings, SHORT) as port:
        for target, kind in ((path, b"application/json"), (b"/sign-in", b"text/plain")):
            head = b"POST " + target + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nContent-Type: "
            assert status(ask(port, head + kind + b"\r\n\r\n{")) == 408
    assert errors_in(caplog) == []


def test_a_stream_of_builds_outlives_every_limit(own_settings: Settings, own_session: Session) -> None:
    source = source_by_slug(own_session, "other-mlp").id
    build = start(own_session, source, make_corpus())
    with serving(create_app(own_settings), own_settings, SHORT) as port, connect(port) as opened:
        seen = f"{recent_builds(own_session)[0].id}.{build}"
        opened.sendall(f"GET /parts/builds/events?seen={seen} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        found, began = b"", time.monotonic()
        for step in range(1, 20):
            update_progress(own_session, build, progress=step / 20)
            found += opened.recv(1 << 16)
            if time.monotonic() - began > SHORT.body + 1:
                break
        finish_build(own_session, build)
        while b"event: done" not in found:
            found += opened.recv(1 << 16)
    assert found.count(f"event: build-{build}".encode()) > 2


def test_all_bodies_together_are_limited(app: FastAPI) -> None:
    """The last of nine bodies of the greatest length finds no room until another one has been answered."""
    path = b"/api/v1/sources/tiny-mid/latents/5/explanations"
    body = json.dumps({"text": "a" * (MAX_BODY - 1000)}).encode()
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    # A server of its own: every client here is one and the same machine, and busy.
    with serving(app, app.state.settings, replace(SHORT, silence=60, body=600)) as port:
        held = [connect(port) for _ in range(8)]
        for each in held:
            each.sendall(whole[:-1])
        time.sleep(1)
        refused = ask(port, whole)
        assert (status(refused), b"\r\nretry-after: " in refused) == (503, True)
        for each in held:
            each.sendall(whole[-1:])
            assert status(each.recv(1 << 16)) == 422
            each.close()
        assert status(ask(port, whole)) == 422


@pytest.mark.parametrize(
    ("announced", "expected"),
    [("0", False), (str(MAX_BODY), False), (str(MAX_BODY + 1), True), ("9" * 5000, True), ("0" * 5000 + "7", False),
     ("", False), ("-1", False), ("²", False)],
)  # fmt: skip
def test_an_announced_length_is_held_against_the_limit(announced: str, expected: bool) -> None:
    assert is_longer(announced) == expected
