"""An entity tag for pages and answers about built data, which change only with a build or a label."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What is asked for again and again and seldom changes.
TAGGED = ("/sources/", "/api/v1/sources", "/parts/sources/", "/docs", "/openapi.json")


class EntityTags:
    """Tags the answers to GET under the paths above with a hash of their body, and answers 304 to who has it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with a tag."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(TAGGED):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if message["status"] != 200:
                    await send(message)
                return
            if message["type"] != "http.response.body" or start["status"] != 200:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await _send_tagged(scope, start, bytes(body), send)

        await self.app(scope, receive, tagged)


async def _send_tagged(scope: Scope, start: Message, body: bytes, send: Send) -> None:
    tag = f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = MutableHeaders(scope=start)
    headers["ETag"] = tag
    headers["Cache-Control"] = "private, no-cache"
    known = [part.strip() for part in Headers(scope=scope).get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        start["status"] = 304
        del headers["content-length"]
        body = b""
    await send(start)
    await send({"type": "http.response.body", "body": body})
