"""A real server with short limits, and clients that speak to it as they like."""

import asyncio
import contextlib
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import uvicorn

from app.settings import Settings
from app.web.limits import ClientLimits
from app.web.server import server_config

#: Short, but long enough for a busy machine to answer who is polite.
SHORT = ClientLimits(head=1, silence=1, body=4, linger=1, rest=2, crowded=0.5, look=0.05)
#: Seconds after which a test gives up waiting for what must end: far more than any limit above.
PATIENCE = 60
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.contextmanager
def serving(app: Any, settings: Settings, limits: ClientLimits) -> Iterator[int]:
    """The port of a server in a thread of this process."""
    config = server_config(app, settings, limits)
    config.host, config.port = "0.0.0.0", 0  # noqa: S104 (so that 127.0.0.2 is a client as well)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE)


@contextlib.contextmanager
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log of the server as well: uvicorn keeps its own from the others."""
    logger = logging.getLogger("uvicorn")
    logger.addHandler(caplog.handler)
    try:
        yield caplog
    finally:
        logger.removeHandler(caplog.handler)


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as an error, or with a traceback."""
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]


def connect(port: int, host: str = "127.0.0.1", receive_buffer: int = 0) -> socket.socket:
    """A connection from an address of this machine."""
    opened = socket.socket()
    opened.settimeout(PATIENCE)
    if receive_buffer:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    opened.bind((host, 0))
    opened.connect(("127.0.0.1", port))
    return opened


def read_all(opened: socket.socket) -> bytes:
    """What comes until the server closes; a connection that was reset is closed as well."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := opened.recv(1 << 16):
            found += part
    return found


def read_one(opened: socket.socket) -> bytes:
    """One answer with a body of known length, or what comes until the server closes."""
    found = b""
    while True:
        head, separator, body = found.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if separator and length and len(body) >= int(length[1]):
            return found
        part = opened.recv(1 << 16)
        if not part:
            return found
        found += part


def ask(port: int, raw: bytes, host: str = "127.0.0.1") -> bytes:
    """What the server answers until it closes the connection."""
    with connect(port, host) as opened:
        opened.sendall(raw)
        return read_all(opened)


def trickle(port: int, begin: bytes, rest: Sequence[bytes], every: float) -> tuple[bytes, int]:
    """Send the beginning, then one part after the other, until the server ends; its answer and how many were sent."""
    with connect(port) as opened:
        opened.sendall(begin)
        for count, part in enumerate(rest):
            opened.settimeout(every)
            with contextlib.suppress(TimeoutError):
                return opened.recv(1 << 16) + read_all(opened), count
            try:
                opened.sendall(part)
            except ConnectionError:
                return b"", count
        opened.settimeout(PATIENCE)
        return read_one(opened), len(rest)


def status(answer: bytes) -> int:
    """The status of a raw answer; 0: there is none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


def wait_until(condition: Any) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


async def tiny_app(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application: /healthz, ``/echo`` the length of a body, ``/big/N`` bytes in one or (``/stream/N``) in
    many parts, ``/events`` for three seconds with pauses, ``/slow`` reads its body after two seconds.
    """
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    name, _, more = scope["path"].lstrip("/").partition("/")
    size = int(more or 0)
    if name == "slow":
        await asyncio.sleep(2)
    body = b"ok"
    if name in ("echo", "slow"):
        received, is_open = 0, True
        while is_open:
            message = await receive()
            received += len(message.get("body", b""))
            is_open = message.get("more_body", False)
        body = str(received).encode()
    length = [] if name in ("events", "stream", "big") else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if name == "events":
        for number in range(3):
            await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
            await asyncio.sleep(1.5)
    for _ in range(size >> 16 if name == "stream" else 0):
        await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
    await send({"type": "http.response.body", "body": bytes(size) if name == "big" else body})
