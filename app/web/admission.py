"""How many requests are in the server at once; beyond that, a refusal that costs next to nothing.

Lanes bound each kind of work. This bounds all together, before routes, forms and sessions are looked at: a server
that spends its time on refusing has none left for answering.
"""

import asyncio
import time
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.security import HEALTH_PATHS

#: Requests in progress, all kinds together; with the lanes' bounds, what can be answered in a few seconds.
MOST = 192
#: What is never refused: it waits neither for the database nor for a model, or is open for long.
FREE = (*HEALTH_PATHS, "/metrics", "/static/", "/parts/builds/events")
#: Seconds after which a refused client may ask again, as Retry-After tells it; and how many refused clients are known.
PAUSE, MAX_REFUSED = 2.0, 4096


class Impatience:
    """Who asks again sooner than told is refused only when that time is over: a 503 that is asked for costs as well."""

    def __init__(self) -> None:
        self._refused: dict[object, float] = {}

    async def wait(self, client: object) -> None:
        """Return when this client (address and port of a connection) may be refused."""
        now = time.monotonic()
        remaining = self._refused.get(client, -PAUSE) + PAUSE - now
        if remaining > 0:
            await asyncio.sleep(remaining)
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
