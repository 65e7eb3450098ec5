"""How much a request may send: what is longer is refused before it is kept in memory."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a body. The longest that anything here can be asked about, some hundred texts, is far shorter.
MAX_BODY = 8 << 20
REFUSED = f"A request may send at most {MAX_BODY >> 20} MiB; send less text at once."


class BodyLimit:
    """ASGI layer next to the routes: who reads a body beyond the limit, announced or not, answers 413.

    FastAPI's own ``max_body_size`` answers in plain text and outside of all layers, without their headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        received = 0

        async def counted() -> Message:
            nonlocal received
            if announced.isdecimal() and int(announced) > MAX_BODY:
                raise HTTPException(413, REFUSED)
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise HTTPException(413, REFUSED)
            return message

        await self.app(scope, counted, send)
