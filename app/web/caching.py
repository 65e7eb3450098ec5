"""An entity tag for pages and answers about built data, which change only with a build or a label.

What has no ``Cache-Control`` of its own gets ``private, no-cache``: a browser may keep it, no proxy may, and it is
asked for again each time. With its tag that costs 304 and no body.
"""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What is asked for again and again and seldom changes.
TAGGED = ("/sources/", "/api/v1/sources", "/parts/sources/", "/embed/sources/", "/docs", "/openapi.json")
REVALIDATE = "private, no-cache"


class EntityTags:
    """Tags the answers to GET and HEAD under the paths above with a hash of their body; answers 304 to who has it.

    Streams pass through as they come: their body is not known when their head is sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with a tag."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        may_tag = is_tagged(scope)
        start: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", REVALIDATE)
                if not may_tag or not _is_taggable(message):
                    await send(message)
                    return
                start = message
                return
            if start is None:
                await send(message)
                return
            held, start = start, None
            if message["type"] != "http.response.body" or message.get("more_body", False):
                await send(held)
                await send(message)
                return
            await _send_tagged(scope, held, message.get("body", b""), send)

        await self.app(scope, receive, tagged)


def tag_of(body: bytes) -> str:
    """The entity tag of an uncompressed body; weak, since the same answer may be sent compressed or not."""
    return f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_tagged(scope: Scope) -> bool:
    """Whether the answer to this request gets a tag, if it may be kept."""
    return scope["method"] in ("GET", "HEAD") and scope["path"].startswith(TAGGED)


def is_known(scope: Scope, tag: str) -> bool:
    """Whether the client has what this tag stands for."""
    known = [part.strip().removeprefix("W/") for part in Headers(scope=scope).get("if-none-match", "").split(",")]
    return tag.removeprefix("W/") in known or "*" in known


def _is_taggable(start: Message) -> bool:
    return start["status"] == 200 and "no-store" not in Headers(raw=start["headers"])["cache-control"]


async def _send_tagged(scope: Scope, start: Message, body: bytes, send: Send) -> None:
    headers = MutableHeaders(scope=start)
    tag = headers.setdefault("ETag", tag_of(body))
    if is_known(scope, tag):
        start["status"] = 304
        headers.add_vary_header("Accept-Encoding")  # as the answer itself has it, which may have been compressed
        for name in ("content-length", "content-type", "content-encoding"):
            del headers[name]
        body = b""
    await send(start)
    await send({"type": "http.response.body", "body": body})


class HeadAsGet:
    """Answers HEAD as GET without the body, so that every address that can be read can also be asked about."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the head alone."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        is_open = True

        async def head_only(message: Message) -> None:
            nonlocal is_open
            if message["type"] != "http.response.body":
                await send(message)
            elif is_open:
                # At the first part: a stream without end would never answer.
                is_open = False
                await send({"type": "http.response.body", "body": b""})

        # A copy: the server looks at its own scope to know that no body may follow.
        inner = {**scope, "method": "GET"}
        try:
            await self.app(inner, receive, head_only)
        finally:
            scope.update({name: inner[name] for name in ("route",) if name in inner})
