"""Who may ask, and what a browser may do with the answers. Pure ASGI layers, one concern each."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Problem, Unauthorized, problem_of, shorten

#: No inline script or style, nothing from another host, no frames.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
#: Paths that answer without a token: a supervisor asks them.
OPEN_PATHS = ("/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz")


class HostGate:
    """Answers only to the names of ALLOWED_HOSTS, so that a page of another site cannot reach the server by a name."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self.allowed = tuple(name.lower().strip("[]") for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer who asked for a known name, and tell all others which names there are."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        host = host_name(Headers(scope=scope).get("host", ""))
        if any(_fits(host, pattern) for pattern in self.allowed):
            await self.app(scope, receive, send)
            return
        detail = (
            f"This server does not answer to the name {shorten(host)!r}, only to {', '.join(self.allowed)}; if it is "
            "yours, add it to PERISCOPE_ALLOWED_HOSTS."
        )
        await _refusal(Problem(400, "Unknown host", detail))(scope, receive, send)


def host_name(header: str) -> str:
    """The name in a Host header, without its port: ``[::1]:8000`` gives ``::1``."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def _fits(host: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


class SecurityHeaders:
    """Adds the headers above to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)


class TokenGate:
    """Asks for the token of AUTH_TOKEN: as ``Authorization: Bearer``, or as the password of Basic in a browser."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer who has the token, and ask all others for it."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._is_known(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        error = Unauthorized(
            "Periscope asks for its token: send it as `Authorization: Bearer TOKEN`, or as the password in the "
            "browser, with any user name."
        )
        challenge = {"WWW-Authenticate": 'Basic realm="Periscope", charset="UTF-8"'}
        await _refusal(problem_of(error), challenge)(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(given.strip().encode(), self.token)
        if scheme.lower() != "basic":
            return False
        try:
            _, _, password = base64.b64decode(given.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(password, self.token)


def _refusal(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A plain answer: who is not let in gets no page."""
    more = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(problem.body(), problem.status, more, "application/problem+json")
