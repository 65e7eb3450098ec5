"""What pages that run models share: the fields of a form or an address, and work that ends when its reader leaves."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request, Response

from app.connections import CLIENT_LEFT
from app.errors import Problem
from models.files import safe_text

T = TypeVar("T")


class ReaderLeft(Exception):  # noqa: N818 (named after what happened)
    """The connection was closed; nobody reads the answer."""


async def fields_of(request: Request) -> list[tuple[str, str]]:
    """Names and values of the form of a POST, else of the address, in their order; with U+FFFD for what is not Unicode.

    A form may name a charset in which half of a surrogate pair can be spelt.
    """
    if request.method == "POST":
        form = await request.form()
        found = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        return [(safe_text(name), safe_text(value)) for name, value in found]
    return request.query_params.multi_items()


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns; if the reader leaves first the work is cancelled. Raises ReaderLeft then."""
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ReaderLeft
        return task.result()
    finally:
        for left in (task, watcher):
            if not left.done():
                left.cancel()
                with suppress(asyncio.CancelledError):
                    await left


def nobody() -> Response:
    """The answer to a reader who left; the log shows it."""
    return Response(status_code=CLIENT_LEFT)


def with_problem(response: Response, problem: Problem | None) -> Response:
    """The page or panel with the status of what went wrong; what a model computed is not kept by anybody."""
    response.headers["Cache-Control"] = "no-store"
    if problem is not None:
        response.status_code = problem.status
        if problem.retry_after is not None:
            response.headers["Retry-After"] = str(problem.retry_after)
    return response


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
