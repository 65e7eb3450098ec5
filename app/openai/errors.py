"""Errors as OpenAI's API tells them: ``{"error": {"message", "type", "param", "code"}}``.

Statuses that its clients do not know, or send again by themselves (409), become 400. Where a route knows more than the
sentence, the field that is wrong, it answers itself (``OpenAIRoute``); all other errors under ``/v1/``, of whatever
layer, are problem documents until ``OpenAIErrors`` puts them into this shape.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import InvalidRequest, NotFound, Problem, problem_of
from app.web.complaints import place, sentence
from models.errors import ContextMismatch
from models.loading.files import safe_text

PREFIX = "/v1/"
PROBLEM_TYPE = "application/problem+json"
#: Well-formed or not, the request must be changed.
_BAD = (409, 422)
_INVALID = "invalid_request_error"
#: Status -> type and code, where they are not those of a wrong request.
_KINDS = {
    401: (_INVALID, "invalid_api_key"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("server_error", "service_unavailable"),
}
#: Complaints of pydantic -> code.
_CODES = {
    "missing": "missing_required_parameter",
    "extra_forbidden": "unknown_parameter",
    "unsupported": "unsupported_parameter",
}
TOO_LONG = "context_length_exceeded"


class Refusal(InvalidRequest):
    """The request asks for something that cannot be done, by the field ``param``."""

    def __init__(self, sentence: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(sentence)
        self.param, self.code = param, code


class UnknownModel(NotFound):
    """No model of the endpoint has this name."""

    param, code = "model", "model_not_found"


def error_body(problem: Problem, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The document for a problem."""
    kind, usual = _KINDS.get(problem.status, ("server_error" if problem.status >= 500 else _INVALID, None))
    return {"error": {"message": safe_text(problem.detail), "type": kind, "param": param, "code": code or usual}}


def error_of(error: BaseException) -> dict[str, Any]:
    """The document for an error that ends a stream."""
    return error_body(problem_of(error, for_program=True), *_known(error))


def _known(error: BaseException) -> tuple[str | None, str | None]:
    """Field and code, where they are known."""
    if isinstance(error, Refusal | UnknownModel):
        return error.param, error.code
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return place(first["loc"]) or None, _CODES.get(first["type"])
    return None, TOO_LONG if isinstance(error, ContextMismatch) else None


class OpenAIRoute(APIRoute):
    """A route whose refusals name the field."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own, with these errors answered here."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                problem = Problem(400, "", sentence(error.errors()[0]))
                return _answer(problem, error)
            except (Refusal, UnknownModel, ContextMismatch) as error:
                return _answer(problem_of(error, for_program=True), error)

        return answered


def _answer(problem: Problem, error: Exception) -> Response:
    body = error_body(problem, *_known(error))
    return JSONResponse(body, 404 if problem.status == 404 else 400, {"Cache-Control": "no-store"})


class OpenAIErrors:
    """ASGI layer outside of all that refuses: problem documents under ``/v1/`` leave in OpenAI's shape."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; anything but a problem document passes as it comes."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        parts: list[bytes] = []

        async def shaped(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_shaped(start, b"".join(parts), send)

        await self.app(scope, receive, shaped)


def _is_problem(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return headers.get("content-type") == PROBLEM_TYPE and "content-encoding" not in headers


async def _send_shaped(start: Message, body: bytes, send: Send) -> None:
    status = start["status"]
    if body:  # of an answer to HEAD there is none
        problem = Problem(status, "", json.loads(body)["detail"])
        body = json.dumps(error_body(problem)).encode()
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(body))
    changed = 400 if status in _BAD else status
    await send({**start, "status": changed, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})
