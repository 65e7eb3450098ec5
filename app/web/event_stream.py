"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

What makes the events ends as soon as the client leaves, even while there is nothing to send.
"""

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.errors import PeriscopeError, problem_of
from app.web.connected import while_connected
from app.web.connections import json_bytes
from models.errors import PeriscopeModelError

log = logging.getLogger("periscope.web")


class EventStream(Response):
    """An answer of named events. An error ends it with an ``error`` event that holds the problem document."""

    media_type = "text/event-stream"
    #: What is sent after the last event.
    end = ""

    def __init__(self, events: AsyncGenerator[tuple[str, Any], None]) -> None:
        """``events``: (name, answer), an async generator; it is closed when the client leaves."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the events end or the client leaves."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with suppress(ClientDisconnect):
            await while_connected(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        async with aclosing(self._named()) as events:
            async for name, data in events:
                await send({"type": "http.response.body", "body": self.part(name, data).encode(), "more_body": True})
        await send({"type": "http.response.body", "body": self.end.encode(), "more_body": False})

    async def _named(self) -> AsyncGenerator[tuple[str, str], None]:
        try:
            async with aclosing(self._events) as events:
                async for name, answer in events:
                    yield name, json_bytes(answer).decode()
        except Exception as error:
            if not isinstance(error, PeriscopeError | PeriscopeModelError):
                log.exception("Error in a stream of events")
            yield "error", json.dumps(self.problem(error))

    def part(self, name: str, data: str) -> str:
        """An event as it is sent."""
        return f"event: {name}\ndata: {data}\n\n"

    def problem(self, error: Exception) -> dict[str, Any]:
        """The document that an error ends with."""
        return dict(problem_of(error, for_program=True).body())
