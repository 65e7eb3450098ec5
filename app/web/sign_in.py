"""Sign in ``/sign-in`` and out ``/sign-out``: the token once, then a session in a cookie."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.errors import Problem
from app.web.rendering import page
from app.web.sessions import SESSION_KEY, SESSION_SECONDS, Door, local_path
from app.web.sign_in_view import SignInView
from app.web.token_gate import COOKIE, SIGN_IN, problem_with, session_of

router = APIRouter(include_in_schema=False)

#: A token and a path fit into far less, in bytes; who is not known yet cannot make the server keep more.
MAX_FORM = 16_384


@router.get(SIGN_IN)
async def sign_in_page(request: Request, next: str = "/") -> Response:
    """The form; who is signed in already, or needs no token, goes on."""
    door: Door | None = request.app.state.door
    target = local_path(next)
    if door is None or door.sessions.is_valid(session_of(request.headers)):
        return _go(target)
    # A strict cookie stays behind when a link of another site leads here; the next click carries it.
    came_from_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    return _form(request, SignInView(target, "", came_from_elsewhere), 200)


@router.post(SIGN_IN)
async def sign_in(request: Request) -> Response:
    """Start a session for who knows the token."""
    door: Door | None = request.app.state.door
    fields = await _fields(request)
    target = local_path(fields.get("next", "/"))
    if door is None:
        return _go(target)
    problem = problem_with(door, request.scope, fields.get("token", "").strip())
    if problem is not None:
        return _form(request, SignInView(target, problem.detail, False), problem.status, problem)
    response = _go(target)
    is_https = request.url.scheme == "https"
    session = door.sessions.start()
    response.set_cookie(COOKIE, session, SESSION_SECONDS, httponly=True, samesite="strict", secure=is_https)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    door: Door | None = request.app.state.door
    if door is not None:
        door.sessions.end(request.scope.get(SESSION_KEY, ""))
    response = _go(SIGN_IN)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response


async def _fields(request: Request) -> dict[str, str]:
    """The first value of each field of a plain form; a form that is too long counts as empty."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            return {}
    found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10) if body.count(b"&") < 10 else {}
    return {name: values[0] for name, values in found.items()}


def _form(request: Request, view: SignInView, status: int, problem: Problem | None = None) -> Response:
    response = page(request, "sign_in", view, status=status)
    response.headers["Cache-Control"] = "no-store"
    if problem is not None and problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _go(target: str) -> RedirectResponse:
    return RedirectResponse(target, 303, {"Cache-Control": "no-store"})
