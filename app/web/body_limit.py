"""How much a request may send: what is longer is refused before it is kept in memory."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a body. The longest that anything here can be asked about, some hundred texts, is far shorter.
MAX_BODY = 8 << 20
#: Bytes of all bodies that are kept at once, while their requests last.
MAX_KEPT = 8 * MAX_BODY
REFUSED = f"A request may send at most {MAX_BODY >> 20} MiB; send less text at once."
BUSY = "The server is reading as much as it can keep of what others send; try again soon."


class BodyLimit:
    """ASGI layer next to the routes: who reads a body beyond the limit, announced or not, answers 413; 503 where the
    bodies of all requests together are too much.

    FastAPI's own ``max_body_size`` answers in plain text and outside of all layers, without their headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._n_kept = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received, as kept until the answer has been sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_announced = is_longer(Headers(scope=scope).get("content-length", "0"))
        received = 0

        async def counted() -> Message:
            nonlocal received
            if is_announced:
                raise HTTPException(413, REFUSED)
            message = await receive()
            size = len(message.get("body", b""))
            received += size
            self._n_kept += size
            if received > MAX_BODY:
                raise HTTPException(413, REFUSED)
            if self._n_kept > MAX_KEPT:
                raise HTTPException(503, BUSY, {"Retry-After": "2"})
            return message

        try:
            await self.app(scope, counted, send)
        finally:
            self._n_kept -= received


def is_longer(announced: str) -> bool:
    """Whether a Content-Length is beyond the limit. A number of thousands of digits is not even read."""
    digits = announced.lstrip("0")
    return announced.isdecimal() and (len(digits) > len(str(MAX_BODY)) or int(digits or "0") > MAX_BODY)
