"""Connections that say nothing, or too little, or never listen. Blocking sockets: there is nothing to wait for."""

import contextlib
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.web.limits import ClientLimits
from scripts.attack.server import Server

START = b"POST /api/v1/microscope HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True)
class Kind:
    """A way to be slow: what is sent at once, what is sent a byte a second, and within which seconds it is to end."""

    name: str
    begin: bytes
    limit: float
    drip: bytes = b""
    reads: bool = True
    number: int = 25  # connections


LIMITS = ClientLimits()
#: Seconds that a client has who was answered and does not close, and by which everything may be seen later.
LEEWAY = LIMITS.linger + 5 * LIMITS.look
HEAD, BODY, REST = LIMITS.head + LEEWAY, LIMITS.silence + LEEWAY, LIMITS.rest + LEEWAY
KINDS = (
    Kind("says nothing", b"", HEAD),
    Kind("half a head", START, HEAD),
    Kind("a head byte by byte", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", HEAD, drip=b"a" * 200),
    Kind("half a body", START + b'Content-Length: 400\r\n\r\n{"text": "', BODY),
    Kind("a body byte by byte", START + b'Content-Length: 400\r\n\r\n{"text": "', BODY, drip=b"a" * 200),
    Kind("a body in chunks that never ends", START + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{    \r\n", BODY),
    Kind("rests after an answer", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", REST),
)


@dataclass
class Slow:
    """Open connections of one kind, and how many seconds after it took them the server had closed each."""

    kind: Kind
    sockets: dict[int, socket.socket]  # port on this side -> socket
    taken: dict[int, float] = field(default_factory=dict)  # port -> when the server was first seen to have it
    closed: list[float] = field(default_factory=list)
    sent: int = 0

    def drip(self) -> None:
        """One more byte on each."""
        if self.sent < len(self.kind.drip):
            for client in self.sockets.values():
                with contextlib.suppress(OSError):
                    client.send(self.kind.drip[self.sent : self.sent + 1])
            self.sent += 1

    def look(self, held: set[int]) -> None:
        """Note those that the server does not hold any more; ``held``: the ports that it still has."""
        now = time.monotonic()
        for port in self.sockets.keys() & held:
            self.taken.setdefault(port, now)
        for port in self.taken.keys() & self.sockets.keys() - held:
            self.closed.append(now - self.taken[port])
            self.sockets.pop(port).close()

    def leave(self) -> None:
        """Close what is left."""
        for client in self.sockets.values():
            client.close()


def open_slow(server: Server, kind: Kind, address: str) -> Slow:
    """Connections of the kind from an address of the loopback network."""
    slow = Slow(kind, {})
    for client in connections(server.port, kind.number, address, 4096 if not kind.reads else None):
        with contextlib.suppress(OSError):
            client.send(kind.begin)
        slow.sockets[client.getsockname()[1]] = client
    return slow


def connections(port: int, number: int, address: str, buffer: int | None = None) -> Iterable[socket.socket]:
    """Connections to the server; from 127.0.0.1 where other addresses of the loopback network are not there."""
    for _ in range(number):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        with contextlib.suppress(OSError):
            client.bind((address, 0))
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        yield client


def held_by(server: Server) -> set[int]:
    """The other sides' ports of the connections that the server holds, whatever its clients believe."""
    found = server.process.net_connections(kind="tcp4")
    return {connection.raddr.port for connection in found if connection.raddr}
