"""Work that ends when its client leaves, and answers whose JSON is written outside of the event loop."""

import zlib
from collections.abc import Coroutine
from functools import partial
from typing import Any

from fastapi import Request, Response
from pydantic import TypeAdapter

from app.web.compression import accepts_gzip
from app.web.connected import while_connected
from app.web.lanes import Lanes

#: Answers above this size are compressed here rather than in the event loop, in bytes.
LARGE = 1 << 13
#: Building one walks all fields of the type, which takes longer than most answers; an answer has one of few types.
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


async def answer_while_connected(request: Request, work: Coroutine[Any, Any, Any]) -> Response:
    """The JSON of what ``work`` returns; if the client leaves first, the work is cancelled (ClientDisconnect).

    ``work`` may return a function without arguments that makes the answer: it is called in the thread that writes the
    JSON, so that the answer waits for one thread instead of two.
    """
    return await while_connected(request.receive, _answer(request, work))


async def _answer(request: Request, work: Coroutine[Any, Any, Any]) -> Response:
    answer = await work
    lanes: Lanes = request.app.state.lanes
    return await lanes.run("answers", partial(json_response, answer, accepts_gzip(request.headers)))


def json_bytes(answer: Any) -> bytes:
    """An answer of the API as JSON."""
    kind = type(answer)
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind].dump_json(answer)


def json_response(answer: Any, is_gzip_accepted: bool) -> Response:
    """The answer, or what the last step of making it returns, as JSON, compressed if it is large."""
    body = json_bytes(answer() if callable(answer) else answer)
    headers = {"Cache-Control": "no-store"}
    if is_gzip_accepted and len(body) > LARGE:
        packer = zlib.compressobj(1, wbits=31)
        body = packer.compress(body) + packer.flush()
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, media_type="application/json", headers=headers)
