"""Errors -> answers: problem+json for the API, a page for people, a panel for htmx. No traceback ever leaves."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import PeriscopeError, Problem, problem_of, shorten
from app.pages.rendering import page, part
from app.views import ErrorView
from models.errors import PeriscopeModelError
from models.files import safe_text

log = logging.getLogger("periscope.web")

#: Paths whose errors are read by programs.
FOR_PROGRAMS = ("/api/", "/exports/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/static/")
SENTENCES = {
    404: "There is no page at this address.",
    405: "This address does not take that kind of request.",
}
TITLES = {400: "Cannot be read", 404: "Not found", 405: "Method not allowed", 413: "Too large"}
#: Complaints of pydantic that read better in other words.
KINDS = {
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "string_unicode": "text of valid Unicode",
    "list_type": "a list",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
}


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error that a path raises on purpose."""
    app.add_exception_handler(PeriscopeError, _on_periscope_error)
    app.add_exception_handler(PeriscopeModelError, _on_periscope_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as JSON, as a page or as a panel, whatever the request can use."""
    # It may quote what was sent, which need not be Unicode.
    response = _body(request, replace(problem, detail=safe_text(problem.detail)))
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _body(request: Request, problem: Problem) -> Response:
    if request.url.path.startswith(FOR_PROGRAMS):
        return JSONResponse(problem.body(), problem.status, media_type="application/problem+json")
    view = ErrorView(problem.status, problem.title, problem.detail)
    if request.url.path.startswith("/parts/"):
        return part(request, "error", view, status=problem.status)
    return page(request, "error", view, status=problem.status)


class ErrorBoundary:
    """ASGI layer around the routes: an error that nobody foresaw is logged and answered without its details.

    It lies inside the layers that add headers, so that this answer has them as well.
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
        except Exception as error:
            log.exception("Error in %s %s", scope["method"], scope["path"])
            if has_started:
                raise
            request = Request(scope, receive)
            await answer(request, problem_of(error))(scope, receive, send)


async def _on_periscope_error(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("%s %s: %s", request.method, request.url.path, problem.detail)
    return answer(request, problem)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (what it was installed for)
    return answer(request, Problem(422, "Cannot be processed", _sentence(error.errors()[0])))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (what it was installed for)
    status = error.status_code
    title = TITLES.get(status, "The request failed")
    detail = SENTENCES.get(status) or _unreadable(error) or f"{str(error.detail).rstrip('.')}."
    headers = dict(error.headers or {})
    if status == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return answer(request, Problem(status, title, detail), headers)


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


def _sentence(first: Any) -> str:
    """The first complaint of pydantic as one sentence about the parameter or the field of the body."""
    name = _place(first["loc"])
    if first["type"] == "missing":
        return f"{name} is missing."
    if first["type"] == "json_invalid":
        return f"The body is not JSON ({shorten(str(first.get('ctx', {}).get('error', 'it cannot be read')))})."
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{name} is not known here; /docs lists what can be given."
    if first["type"] in KINDS:
        return f"{name} must be {KINDS[first['type']]}, not {shorten(str(first.get('input', '')))!r}."
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{name} {said.removeprefix('Input ')}." if said.startswith("Input ") else f"{name}: {said.rstrip('.')}."


def _place(location: Sequence[str | int]) -> str:
    """Where in the request, as people write it: ``terms[0].strength``."""
    steps = [step for step in location if step not in ("body", "query", "path")] or ["The body"]
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return shorten(text.removeprefix("."))
