"""Errors -> answers: problem+json for the API, a page for people, a panel for htmx. No traceback ever leaves."""

import logging
from dataclasses import replace

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Overloaded, PeriscopeError, Problem, problem_of
from app.web.complaints import sentence
from app.web.error_view import ErrorView
from app.web.lanes import too_much
from app.web.rendering import page, part
from app.web.sessions import SESSION_KEY
from models.errors import PeriscopeModelError
from models.loading.files import safe_text

log = logging.getLogger("periscope.web")

#: Paths whose errors are read by programs.
FOR_PROGRAMS = ("/api/", "/v1/", "/exports/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/static/")
SENTENCES = {
    404: "There is no page at this address.",
    405: "This address does not take that kind of request.",
}
TITLES = {
    400: "Cannot be read",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    416: "Outside of the file",
}
#: Nobody reads this answer; the log shows it.
CLIENT_LEFT = 499
#: Pages of problems kept, of which there are few.
MAX_KEPT = 64


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error that a path raises on purpose."""
    app.add_exception_handler(PeriscopeError, _on_periscope_error)
    app.add_exception_handler(PeriscopeModelError, _on_periscope_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as JSON, as a page or as a panel, whatever the request can use."""
    # It may quote what was sent, which need not be Unicode.
    response = _body(request, replace(problem, detail=safe_text(problem.detail)))
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
        if _tries_again(request, problem) and not _is_part(request):
            response.headers["Refresh"] = str(problem.retry_after)
    return response


def _tries_again(request: Request, problem: Problem) -> bool:
    """Whether a page asks again by itself, as a person would; a part of one only (busy.js) where that helps soon."""
    if request.method != "GET" or request.url.path.startswith(FOR_PROGRAMS) or problem.retry_after is None:
        return False
    return problem.passes if _is_part(request) else problem.status == Overloaded.status


def _is_part(request: Request) -> bool:
    return request.url.path.startswith("/parts/")


def refuse(scope: Scope) -> Response:
    """The answer to a request that is not looked at, since there is too much to do."""
    return answer(Request(scope), problem_of(too_much()))


def _body(request: Request, problem: Problem) -> Response:
    if request.url.path.startswith(FOR_PROGRAMS):
        return JSONResponse(problem.body(), problem.status, media_type="application/problem+json")
    if problem.status == Overloaded.status:
        return _kept(request, problem)
    return _shown(request, problem)


def _shown(request: Request, problem: Problem) -> Response:
    view = ErrorView(problem.status, problem.title, problem.detail, _tries_again(request, problem))
    if _is_part(request):
        return part(request, "error", view, status=problem.status)
    return page(request, "error", view, status=problem.status)


def _kept(request: Request, problem: Problem) -> Response:
    """The page or panel as it was made before: a server that has too much to do says so without more work."""
    kept: dict[object, bytes] = request.app.state.kept_problems
    key = (problem, _is_part(request), _tries_again(request, problem), SESSION_KEY in request.scope)
    if key not in kept:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        kept[key] = bytes(_shown(request, problem).body)
    return HTMLResponse(kept[key], problem.status)


class ErrorBoundary:
    """ASGI layer around all that can fail: an error that nobody foresaw is logged and answered without its details.

    It lies inside the layer of the security headers, so that this answer has them as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            log.info("%s %s: the client left in the middle of its body", scope["method"], scope["path"])
            if not has_started:
                await Response(status_code=CLIENT_LEFT)(scope, receive, send)
        except Exception as error:
            log.exception("Error in %s %s", scope["method"], scope["path"])
            if has_started:
                raise
            request = Request(scope, receive)
            await answer(request, problem_of(error))(scope, receive, send)


async def _on_periscope_error(request: Request, error: Exception) -> Response:
    problem = problem_of(error, for_program=request.url.path.startswith(FOR_PROGRAMS))
    request.app.state.readiness.note(error)
    if problem.status >= 500 and not isinstance(error, Overloaded):  # the lane says how many it refused
        log.error("%s %s: %s", request.method, request.url.path, error)
    return answer(request, problem)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (what it was installed for)
    return answer(request, Problem(422, "Cannot be processed", sentence(error.errors()[0])))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (what it was installed for)
    if isinstance(error.__cause__, ClientDisconnect):
        return Response(status_code=CLIENT_LEFT)
    status = error.status_code
    title = TITLES.get(status, "The request failed")
    detail = SENTENCES.get(status) or _unreadable(error) or f"{str(error.detail).rstrip('.')}."
    headers = dict(error.headers or {})
    if status == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return answer(request, Problem(status, title, detail), headers)


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_LEFT)


def _unreadable(error: HTTPException) -> str:
    """Why a body could not be read at all: FastAPI says only that it could not, and keeps the reason as the cause."""
    cause = error.__cause__
    if error.status_code != 400 or cause is None:
        return ""
    if isinstance(cause, UnicodeDecodeError):
        return "The body is not UTF-8 text."
    if isinstance(cause, RecursionError):
        return "The body is nested too deeply."
    if isinstance(cause, ValueError) and "integer string conversion" in str(cause):
        return "The body has a number of too many digits."
    return ""


def _methods(request: Request) -> list[str]:
    """What the address does take, of all routes that have it; Starlette names the methods of the first one alone."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    found = [
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] == Match.FULL for route in routes)
    ]
    return found if found and "GET" not in found else sorted({*found, "GET", "HEAD"})  # files too are only read
