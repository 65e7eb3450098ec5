"""What one client may take of the server, in connections, seconds and bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClientLimits:
    """Limits of the connections of one server; times in seconds."""

    #: Connections at once in all, and of one address. Many clients close a connection and open the next one at once,
    #: and for a moment have both.
    connections: int = 2048
    per_address: int = 1024
    #: Further ones: they are answered once a place is free, else with 503, and about the server's health always.
    spare: int = 64
    #: From the connection, or the first byte of a further request, to the end of the request's head.
    head: float = 10
    #: Bytes of that head. A steering board has its texts in its address.
    head_bytes: int = 64 << 10
    #: Without a byte of a body that was announced, or without reading on while an answer waits to be sent.
    silence: float = 20
    #: Bytes a second that a body, or the reading of an answer, must reach after that.
    rate: int = 512
    #: For a whole body. The longest that is read (8 MiB) needs 14 kB a second.
    body: float = 600
    #: For the rest of a body that was answered before it ended.
    linger: float = 5
    #: Between two requests. httpx and other clients use a connection again for five seconds, proxies for 60.
    rest: int = 75
    #: For a head, for silence and between two requests, when only an eighth of the places is left.
    crowded: float = 2
    #: Between two looks at all connections: what is too slow is seen at most so much later.
    look: float = 1
