"""Asks for the token of AUTH_TOKEN: programs as a bearer token, browsers on a page that starts a session."""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Problem, Unauthorized, problem_of
from app.web.forwarded import client_of, peer_of
from app.web.security import HEALTH_PATHS, refusal
from app.web.sessions import SESSION_KEY, Door, local_path

SIGN_IN, COOKIE = "/sign-in", "periscope_session"
#: Paths that answer without a token: health, for supervisors, and what the sign-in page is made of.
OPEN_PATHS = (*HEALTH_PATHS, SIGN_IN)
OPEN_FOLDER = "/static/"
#: Programs read these; they are told what is missing, not sent to a page.
FOR_PROGRAMS = ("/api/", "/v1/", "/metrics", "/openapi.json")
ASK = (
    "Periscope asks for its token: programs send it as `Authorization: Bearer TOKEN`, people enter it once at "
    f"{SIGN_IN}."
)
WRONG = "This is not the token of this server; it is what PERISCOPE_AUTH_TOKEN was set to."


class TokenGate:
    """ASGI layer: lets in who has a session or the token."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer who is known, and ask all others."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_FOLDER):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = session_of(headers)
        if self.door.sessions.is_valid(session):
            scope[SESSION_KEY] = session
            await self.app(scope, receive, send)
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            await _ask(scope, headers)(scope, receive, send)
            return
        problem = problem_with(self.door, scope, given.strip())
        await (_challenge(problem) if problem else self.app)(scope, receive, send)


def problem_with(door: Door, scope: Scope, given: str) -> Problem | None:
    """Why who asks may not enter with the token that was given; None: it may. Wrong ones are counted."""
    client, peer = client_of(scope), peer_of(scope)
    if wait := door.guesses.wait(client, peer):
        detail = f"There were too many wrong tokens from {client}; try again in {wait} seconds."
        return Problem(429, "Too many attempts", detail, retry_after=wait)
    is_right = door.is_token(given)
    door.guesses.add(client, peer, is_right)
    return None if is_right else problem_of(Unauthorized(WRONG))


def session_of(headers: Headers) -> str:
    """The session in the cookies; empty if there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _ask(scope: Scope, headers: Headers) -> Response:
    """A browser goes to the sign-in page and comes back; a program is told what to send."""
    is_reading = scope["method"] in ("GET", "HEAD")
    if headers.get("hx-request") == "true":
        # A panel of a page whose session ended: the whole page goes, and comes back to where it is.
        target = _sign_in(*_place(headers.get("hx-current-url", "")))
        return _challenge(problem_of(Unauthorized(ASK)), {"HX-Redirect": target})
    if is_reading and "text/html" in headers.get("accept", "") and not scope["path"].startswith(FOR_PROGRAMS):
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        target = _sign_in(path, scope["query_string"].decode("latin-1"))
        return RedirectResponse(target, 303, {"Cache-Control": "no-store"})
    return _challenge(problem_of(Unauthorized(ASK)))


def _place(url: str) -> tuple[str, str]:
    """Path and query of the page that the browser says it is on; empty if that is no URL."""
    try:
        page = urlsplit(url)
    except ValueError:
        return "", ""
    return page.path, page.query


def _sign_in(path: str, query: str) -> str:
    target = local_path(f"{path}?{query}" if query else path)
    return SIGN_IN if target == "/" else f"{SIGN_IN}?next={quote(target, safe='/')}"


def _challenge(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    challenge = {"WWW-Authenticate": 'Bearer realm="Periscope"'} if problem.status == 401 else {}
    return refusal(problem, challenge | (headers or {}))
