"""Who knows the token of AUTH_TOKEN: sessions of browsers, and a limit on guessing. No HTTP in here.

A session is ``EXPIRES.NONCE.SIGNATURE``: Unix seconds, 96 random bits, and an HMAC-SHA256 of both with a key that is
derived from the token. So nothing is stored, and a new token ends every session. A browser that signs out has its
session refused from then on; that list is forgotten when the server stops, the session's end is not.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.web.addresses import network

#: How long a session lasts, in seconds.
SESSION_SECONDS = 7 * 24 * 3600
#: So many wrong tokens within so many seconds, and the client has to wait until they are over.
MAX_FAILURES, WINDOW_SECONDS = 10, 60
#: The same for all clients together for whom one proxy speaks. It may pass on what clients say of themselves.
MAX_FAILURES_OF_PROXY = 100
#: Clients whose failures are remembered at once; a flood of addresses must not fill the memory.
MAX_CLIENTS = 10_000
PURPOSE = b"periscope session 1"
#: Where the gate leaves the session that a request came with, for the button that ends it.
SESSION_KEY = "periscope.session"

Clock = Callable[[], float]


class Sessions:
    """Makes and checks the sessions of one token."""

    def __init__(self, token: bytes, clock: Clock = time.time) -> None:
        self._key = hmac.digest(token, PURPOSE, hashlib.sha256)
        self._clock = clock
        self._ended: dict[str, int] = {}  # nonce -> when the session would have expired

    def start(self) -> str:
        """A new session."""
        body = f"{int(self._clock()) + SESSION_SECONDS}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._signature(body)}"

    def is_valid(self, session: str) -> bool:
        """Whether this server made the session for this token, and it has neither expired nor been ended."""
        body, _, signature = session.rpartition(".")
        if not session.isascii() or not hmac.compare_digest(signature, self._signature(body)):
            return False
        expires, _, nonce = body.partition(".")
        return int(expires) > self._clock() and nonce not in self._ended

    def end(self, session: str) -> None:
        """Refuse the session from now on."""
        if not self.is_valid(session):
            return
        expires, nonce, _ = session.split(".")
        now = self._clock()
        self._ended = {known: when for known, when in self._ended.items() if when > now} | {nonce: int(expires)}

    def _signature(self, body: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, body.encode(), hashlib.sha256)).decode().rstrip("=")


class FailureLimit:
    """Counts wrong tokens per client, so that a token cannot be guessed by trying."""

    def __init__(self, clock: Clock = time.monotonic, most: int = MAX_FAILURES) -> None:
        self._clock = clock
        self._most = most
        self._failures: dict[str, tuple[float, int]] = {}  # client -> begin of its window, failures in it

    def wait(self, client: str) -> int:
        """Seconds until the client may try again; 0: now."""
        began, count = self._failures.get(network(client), (0.0, 0))
        left = began + WINDOW_SECONDS - self._clock()
        return int(left) + 1 if count >= self._most and left > 0 else 0

    def add(self, client: str) -> None:
        """The client gave a wrong token."""
        now, name = self._clock(), network(client)
        began, count = self._failures.pop(name, (now, 0))
        self._failures[name] = (began, count + 1) if now < began + WINDOW_SECONDS else (now, 1)
        if len(self._failures) > MAX_CLIENTS:
            # The one that has been silent for longest.
            del self._failures[next(iter(self._failures))]


class Guesses:
    """Counts wrong tokens by client and, where a proxy says who that is, by proxy as well.

    A client that once gave the token is spared what others behind its proxy do, so that they cannot lock it out.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clients = FailureLimit(clock)
        self._proxies = FailureLimit(clock, MAX_FAILURES_OF_PROXY)
        self._known: dict[str, None] = {}  # clients that gave the token, the last one last

    def wait(self, client: str, peer: str) -> int:
        """Seconds until the client, at the other end of the connection or behind that peer, may try; 0: now."""
        is_spared = client == peer or network(client) in self._known
        return max(self._clients.wait(client), 0 if is_spared else self._proxies.wait(peer))

    def add(self, client: str, peer: str, is_right: bool) -> None:
        """The client gave a token."""
        if is_right:
            self._known.pop(network(client), None)
            self._known[network(client)] = None
            if len(self._known) > MAX_CLIENTS:
                del self._known[next(iter(self._known))]
            return
        self._clients.add(client)
        if client != peer:
            self._proxies.add(peer)


@dataclass(frozen=True)
class Door:
    """The token of one application with its sessions and its limit."""

    token: bytes
    sessions: Sessions
    guesses: Guesses = field(default_factory=Guesses)

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes the same time for every wrong one."""
        return hmac.compare_digest(given.encode(), self.token)


def make_door(token: str) -> Door | None:
    """The door for a token; None where there is no token and all may enter."""
    return Door(token.encode(), Sessions(token.encode())) if token else None


def local_path(target: str) -> str:
    """The target if it is a path of this server, else ``/``: a link must not send who signs in to another site."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\", "/sign-in", "/sign-out"))
    # Browsers read a backslash as a slash, and drop tabs and line breaks before they read an address.
    is_plain = target.isascii() and target.isprintable() and "\\" not in target and " " not in target
    return target if is_path and is_plain and len(target) <= 2000 else "/"
