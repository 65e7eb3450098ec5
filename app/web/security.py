"""Who may ask, and what a browser may do with the answers. Pure ASGI layers, one concern each."""

from collections.abc import Mapping, Sequence

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Problem, shorten

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
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
#: Pages that other sites may frame, where a setting names these sites.
EMBEDDED = "/embed/"
#: Supervisors ask these under whatever address they know; they tell nothing but the state.
HEALTH_PATHS = ("/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz")


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
        if scope["path"] in HEALTH_PATHS or any(_fits(host, pattern) for pattern in self.allowed):
            await self.app(scope, receive, send)
            return
        detail = (
            f"This server does not answer to the name {shorten(host)!r}, only to {', '.join(self.allowed)}; if it is "
            "yours, add it to PERISCOPE_ALLOWED_HOSTS."
        )
        await refusal(Problem(400, "Unknown host", detail))(scope, receive, send)


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
    """Adds the headers above to every answer; only the embedded view may stand in a frame of ``embed_origins``."""

    def __init__(self, app: ASGIApp, embed_origins: Sequence[str] = ()) -> None:
        self.app = app
        self.framed = HEADERS | {
            "Content-Security-Policy": POLICY.replace(
                "frame-ancestors 'none'", f"frame-ancestors 'self' {' '.join(embed_origins)}"
            )
        }
        # It knows no list of sites: the policy above says who may.
        del self.framed["X-Frame-Options"]
        self.may_embed = bool(embed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        chosen = self.framed if self.may_embed and scope["path"].startswith(EMBEDDED) else HEADERS

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in chosen.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)


def refusal(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A plain answer: who is not let in gets no page."""
    more = {"Cache-Control": "no-store", **(headers or {})}
    if problem.retry_after is not None:
        more["Retry-After"] = str(problem.retry_after)
    return JSONResponse(problem.body(), problem.status, more, "application/problem+json")
