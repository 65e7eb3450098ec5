"""What routes hand to the lanes: work with a session, whose answer is built in the same thread."""

import gzip
from collections.abc import Callable, Mapping
from json import JSONDecodeError
from typing import Any, TypeVar

from fastapi import Request, Response
from sqlalchemy.orm import Session

from app.errors import DatabaseDamaged, Overloaded
from app.web.caching import is_known, is_tagged, tag_of
from app.web.compression import LEVEL, SHORT, accepts_gzip
from app.web.connections import json_bytes
from app.web.lanes import LaneName, Lanes

T = TypeVar("T")
AnyResponse = TypeVar("AnyResponse", bound=Response)
#: These lanes only read, so on PostgreSQL their statements need no transaction around them.
READING: tuple[LaneName, ...] = ("latents", "tables")


async def in_lane(request: Request, lane: LaneName, work: Callable[[], T]) -> T:
    """What ``work`` returns, done in a thread of the lane. Raises Overloaded and DatabaseBusy as the lane does."""
    lanes: Lanes = request.app.state.lanes
    try:
        return await lanes.run(lane, work, request.is_disconnected)
    except Overloaded:
        # A 503 is quick to make and quick to ask for again: at some rate of them nothing else would be done.
        await request.app.state.impatience.wait(request.client)
        raise


async def with_session(request: Request, lane: LaneName, work: Callable[[Session], T]) -> T:
    """One unit of work: a session is opened, ``work`` done with it, and closed, in one thread."""
    state = request.app.state

    def unit() -> T:
        try:
            with (state.reading if lane in READING else state.sessions)() as session:
                return work(session)
        except JSONDecodeError:  # of a column; no text of a client is read as JSON in here
            raise DatabaseDamaged("A record in the database is damaged; `periscope doctor --deep` says more.") from None

    return await in_lane(request, lane, unit)


async def answer_with_session(request: Request, lane: LaneName, work: Callable[[Session], AnyResponse]) -> AnyResponse:
    """One unit of work that makes a whole answer, tagged and compressed in its thread instead of the event loop."""
    return await with_session(request, lane, lambda session: packed(request, work(session)))


async def answer_in_lane(request: Request, lane: LaneName, work: Callable[[], AnyResponse]) -> AnyResponse:
    """The same for work that opens its own sessions, or needs none."""
    return await in_lane(request, lane, lambda: packed(request, work()))


async def json_with_session(
    request: Request, lane: LaneName, work: Callable[[Session], Any], status: int = 200
) -> Response:
    """One unit of work, whose answer leaves the thread as JSON."""
    return await answer_with_session(request, lane, lambda session: _json(work(session), status))


async def json_in_lane(request: Request, lane: LaneName, work: Callable[[], Any], status: int = 200) -> Response:
    """The same for work that opens its own sessions."""
    return await answer_in_lane(request, lane, lambda: _json(work(), status))


def no_content(headers: Mapping[str, str] | None = None) -> Response:
    """The answer to what was done and has nothing to say."""
    return Response(status_code=204, headers=headers)


def packed(request: Request, response: AnyResponse) -> AnyResponse:
    """The answer as it is sent: with its tag, and compressed where the client takes that; for a thread."""
    body, headers = bytes(response.body), response.headers
    if is_tagged(request.scope) and response.status_code == 200 and "no-store" not in headers.get("cache-control", ""):
        headers["ETag"] = tag_of(body)
        if is_known(request.scope, headers["ETag"]):
            return response
    if len(body) >= SHORT and "content-encoding" not in headers and accepts_gzip(request.headers):
        response.body = gzip.compress(body, LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(response.body))
        headers.add_vary_header("Accept-Encoding")
    return response


def _json(answer: Any, status: int) -> Response:
    return Response(json_bytes(answer), status, media_type="application/json")
