"""Who asks, and whether by HTTPS, where a trusted proxy passes requests on.

uvicorn's own layer takes any text of ``X-Forwarded-For`` for an address, and believes its first entry, which clients
write, where every proxy is trusted.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.addresses import Proxies

#: Where the address at the other end of the connection stays when a proxy names somebody else.
PEER_KEY = "periscope.peer"


class ForwardedClient:
    """ASGI layer: the client and the scheme that a trusted proxy names take the place of its own."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self.app = app
        self.proxies = Proxies(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with who asks."""
        if scope["type"] == "http" and scope.get("client"):
            scope[PEER_KEY] = peer = scope["client"][0]
            if peer in self.proxies:
                headers = Headers(scope=scope)
                if client := self.proxies.client_named_in(headers.getlist("x-forwarded-for")):
                    scope["client"] = (client, 0)
                scheme = headers.get("x-forwarded-proto", "").strip()
                if scheme in ("http", "https"):
                    scope["scheme"] = scheme
        await self.app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """The address of who asks; behind a trusted proxy the one that the proxy names."""
    return scope["client"][0] if scope.get("client") else "unknown"


def peer_of(scope: Scope) -> str:
    """The address at the other end of the connection: the client's or a proxy's."""
    peer: str = scope.get(PEER_KEY) or client_of(scope)
    return peer
