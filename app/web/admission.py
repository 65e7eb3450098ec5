"""How many requests are in the server at once; beyond that, a refusal that costs next to nothing.

Lanes bound each kind of work. This bounds all together, before routes, forms and sessions are looked at: a server
that spends its time on refusing has none left for answering.
"""

import asyncio
import time
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.security import HEALTH_PATHS

#: Requests in progress, all kinds together; with the lanes' bounds, what can be answered in a few seconds.
MOST = 256
#: What is never refused: it waits neither for the database nor for a model, or is open for long.
FREE = (*HEALTH_PATHS, "/metrics", "/static/", "/parts/builds/events")
#: Seconds in which nobody needs to hear twice that there is too much to do, and how many refused clients are known.
PAUSE, MAX_REFUSED = 1.0, 4096


class Impatience:
    """Who asks again at once after a refusal is refused a little later, so that it costs less."""

    def __init__(self) -> None:
        self._refused: dict[object, float] = {}

    async def wait(self, client: object) -> None:
        """Return when this client (address and port of a connection) may be refused."""
        now = time.monotonic()
        if now - self._refused.get(client, -PAUSE) < PAUSE:
            await asyncio.sleep(PAUSE)
        if len(self._refused) >= MAX_REFUSED:
            self._refused = {known: at for known, at in self._refused.items() if now - at < PAUSE}
        self._refused[client] = time.monotonic()


class Admission:
    """ASGI layer: lets so many in, and tells all others to come back."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Scope], Response], impatience: Impatience) -> None:
        """``refuse``: the answer to a request that is not let in."""
        self.app = app
        self.refuse = refuse
        self.impatience = impatience
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or refuse it."""
        if scope["type"] != "http" or scope["path"].startswith(FREE):
            await self.app(scope, receive, send)
            return
        if self.inside >= MOST:
            await self.impatience.wait(scope.get("client"))
            await self.refuse(scope)(scope, receive, send)
            return
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1
