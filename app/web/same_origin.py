"""Only pages of this server may change something: a form or script of another site is refused.

A browser says where a request comes from: ``Sec-Fetch-Site`` (https://www.w3.org/TR/fetch-metadata/), or, where the
server is reached over plain HTTP by a name other than localhost, ``Origin``. A request with neither comes from no web
page but from a program such as curl, which has no reader's rights to misuse.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Problem
from app.web.problems import answer

#: Methods that change nothing.
SAFE = ("GET", "HEAD", "OPTIONS")
REFUSAL = Problem(
    403, "Refused", "This request was sent by a page of another site; open Periscope itself and do it there."
)


class SameOrigin:
    """ASGI layer: whatever is not GET, HEAD or OPTIONS must come from a page of this server or from no page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what changes nothing or comes from here."""
        if scope["type"] != "http" or scope["method"] in SAFE or is_from_here(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        await answer(Request(scope, receive), REFUSAL)(scope, receive, send)


def is_from_here(headers: Headers) -> bool:
    """Whether a request's headers say that a page of this server sent it, or that no page did.

    ``same-site`` is another port or subdomain: another server. ``Origin: null`` is a page that hides where it is from.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    # SCHEME://HOST and no more; read by hand, since parsers of URLs raise errors on what is none.
    return origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower() != ""
