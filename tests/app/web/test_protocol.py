"""Who is slow, silent, greedy or does not speak HTTP is ended; who makes progress is not."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.settings import Settings
from app.web.security import HEADERS
from tests.app.web.support import (
    HEALTH,
    PATIENCE,
    SHORT,
    ask,
    connect,
    errors_in,
    logged,
    read_all,
    read_one,
    serving,
    status,
    tiny_app,
    trickle,
)

BODY = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
BIG = 64 << 20  # more than the system keeps for a client that does not read


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(tiny_app, Settings(_env_file=None), SHORT) as found:
        yield found


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", 0),
        (b"G", 408),
        (b"GET /healthz HTTP/1.1\r\nHost: loc", 408),
        (BODY % 10 + b"half", 408),
        (CHUNKED + b"5\r\nhalf", 408),
        (CHUNKED + b"5\r\nwhole\r\n", 408),
    ],
)
def test_half_a_request_is_waited_for_only_so_long(port: int, raw: bytes, expected: int) -> None:
    began = time.monotonic()
    answer = ask(port, raw)
    assert SHORT.silence * 0.9 < time.monotonic() - began < PATIENCE
    assert status(answer) == expected
    if expected:
        assert b"application/problem+json" in answer
        assert b"too slowly" in answer
        assert all(name.lower().encode() in answer.lower() for name in HEADERS)


@pytest.mark.parametrize(
    "begin", [b"GET /healthz HTTP/1.1\r\n", HEALTH + b"GET /healthz HTTP/1.1\r\nX: ", BODY % 1000, CHUNKED + b"fff\r\n"]
)
def test_byte_by_byte_a_request_ends_at_the_limit(port: int, begin: bytes) -> None:
    with connect(port) as opened:
        opened.sendall(begin)
        if begin.startswith(HEALTH):
            assert status(read_one(opened)) == 200
        opened.settimeout(0.2)
        answer = b""
        for _ in range(50):
            try:
                answer = opened.recv(1 << 16)
                break
            except TimeoutError:
                opened.sendall(b"a")
        assert status(answer) == 408


def test_a_body_with_steady_progress_may_take_longer_than_silence_may(port: int) -> None:
    parts = [bytes(2000)] * 12  # 20 kB a second for 2.4 s
    answer, count = trickle(port, BODY % 24_000, parts, every=0.2)
    assert (status(answer), count) == (200, 12)
    assert answer.endswith(b"24000")


def test_a_body_that_goes_on_and_on_ends_at_the_limit_for_all_of_it(port: int) -> None:
    answer, count = trickle(port, BODY % (1 << 30), [bytes(2000)] * 100, every=0.1)
    assert status(answer) == 408
    assert 2 / 0.1 < count < 100


def test_a_client_is_not_late_while_the_server_keeps_it_waiting(port: int) -> None:
    head = (BODY % 5).replace(b"/echo", b"/slow").replace(b"Content-L", b"Expect: 100-continue\r\nContent-L")
    with connect(port) as opened:
        opened.sendall(head)
        assert opened.recv(100).startswith(b"HTTP/1.1 100")
        opened.sendall(b"12345")
        assert read_all(opened).endswith(b"5")
    # More than the server reads ahead.
    assert ask(port, (BODY % 500_000).replace(b"/echo", b"/slow") + bytes(500_000)).endswith(b"500000")


def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for(port: int) -> None:
    with connect(port) as opened:
        opened.sendall((BODY % (1 << 40)).replace(b"/echo", b"/x").replace(b"Connection: close\r\n", b""))
        assert status(read_one(opened)) == 200
        assert is_cut_off(opened)


def is_cut_off(opened: socket.socket) -> bool:
    """Whether the server stops taking what is sent on and on."""
    end = time.monotonic() + PATIENCE
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < end:
            opened.sendall(bytes(1 << 10))
            time.sleep(0.01)
    return time.monotonic() < end


@pytest.mark.parametrize("path", [b"/big/%d" % BIG, b"/stream/%d" % BIG])
@pytest.mark.parametrize("closing", [b"Connection: close\r\n", b""])
def test_an_answer_that_is_not_read_is_dropped(port: int, path: bytes, closing: bytes) -> None:
    with connect(port, receive_buffer=1 << 16) as opened:
        opened.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + closing + b"\r\n")
        time.sleep(SHORT.silence + 1)
        assert 0 < len(read_all(opened)) < BIG


def test_an_answer_that_is_read_slowly_arrives_whole(port: int) -> None:
    size = 24 << 20
    with connect(port, receive_buffer=1 << 16) as opened:
        opened.sendall(b"GET /stream/%d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % size)
        received, began = 0, time.monotonic()
        # The system holds some megabytes between the two, so the server sees the reading in lumps: with little time for
        # each, a busy machine does not make a silence of them.
        while part := opened.recv(1 << 16):
            received += len(part)
            time.sleep(0.004)
    assert received >= size
    assert time.monotonic() - began > SHORT.silence


def test_a_stream_of_events_may_be_longer_and_rest_longer_than_any_limit(port: int) -> None:
    answer = ask(port, b"GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.count(b"data: ") == 3
    assert answer.endswith(b"0\r\n\r\n")


def test_a_connection_can_be_used_again_until_its_rest_ends(port: int) -> None:
    with connect(port) as opened:
        for pause in (0, SHORT.rest * 0.7, SHORT.rest * 0.7):
            time.sleep(pause)
            opened.sendall(HEALTH)
            assert status(read_one(opened)) == 200
        began = time.monotonic()
        assert read_all(opened) == b""
        assert time.monotonic() - began > SHORT.rest * 0.7


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (CHUNKED + b"zz\r\n", 400),
        (b"GET /events HTTP/1.1\r\nHost: localhost\r\nX: " + bytes(97 for _ in range(70_000)), 431),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + bytes(97 for _ in range(90_000)) + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused_as_a_problem(
    port: int, raw: bytes, expected: int, caplog: pytest.LogCaptureFixture
) -> None:
    with logged(caplog):
        answer = ask(port, raw)
    assert status(answer) == expected
    assert b"application/problem+json" in answer
    assert all(name.lower().encode() in answer.lower() for name in HEADERS)
    assert errors_in(caplog) == []


def test_garbage_after_a_request_does_not_spoil_its_answer(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with logged(caplog):
        answer = ask(port, HEALTH + b"\x00\x01 garbage\r\n\r\n" * 100)
        assert (status(answer), answer.count(b"HTTP/1.1 400")) == (200, 1)
        # In the middle of a stream there is no place for another answer.
        stream = CHUNKED.replace(b"/echo", b"/events").replace(b"POST", b"GET")
        with connect(port) as opened:
            opened.sendall(stream)
            while b"data: 0" not in opened.recv(1 << 16):
                pass
            opened.sendall(b"garbage\r\n")
            assert b"HTTP/1.1 400" not in read_all(opened)
    assert errors_in(caplog) == []


def test_many_requests_at_once_are_answered_in_their_order(port: int) -> None:
    last = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert ask(port, HEALTH * 300 + last).count(b"HTTP/1.1 200") == 301


def test_a_connection_stays_http(caplog: pytest.LogCaptureFixture) -> None:
    """A web socket would be served without any of the limits."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    with logged(caplog), serving(tiny_app, Settings(_env_file=None), replace(SHORT, rest=1)) as port:
        assert status(ask(port, HEALTH[:-2] + upgrade + b"Sec-WebSocket-Version: 13\r\n\r\n")) == 200
    assert errors_in(caplog) == []


@pytest.mark.parametrize("closing", [b"Connection: close\r\n", b""])
def test_who_sends_more_than_is_read_still_hears_why(port: int, closing: bytes) -> None:
    """A server that closes while the client sends resets the connection, and the answer is lost with it."""
    head = b"POST /ok HTTP/1.1\r\nHost: localhost\r\n" + closing
    with connect(port) as opened:
        opened.sendall(head + b"Content-Length: 20000000\r\n\r\n" + bytes(20_000_000))
        assert status(read_one(opened)) == 200
    assert status(ask(port, b"GET /ok HTTP/1.1\r\nHost: localhost\r\nX: " + bytes([97] * 5_000_000))) == 431
    assert status(ask(port, CHUNKED + b"garbage\r\n" * 500_000)) == 400
