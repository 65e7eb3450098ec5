"""The routes. docs/openai.md explains each."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from app.engine.dependencies import EngineDep, ReaderDep
from app.engine.engine import ModelEngine
from app.openai import catalogue, service
from app.openai.bodies import ChatBody, CompletionBody
from app.openai.errors import OpenAIRoute, error_of
from app.openai.shapes import Shape
from app.openai.task import CompleteJob
from app.web.connected import while_connected
from app.web.connections import answer_while_connected
from app.web.event_stream import EventStream
from app.web.requests import known_parameters
from app.web.units import json_in_lane

# Their shapes are OpenAI's, whose own document describes them.
router = APIRouter(
    prefix="/v1", dependencies=[Depends(known_parameters)], route_class=OpenAIRoute, include_in_schema=False
)


class Chunks(EventStream):
    """A stream as OpenAI's clients read it: events without names, and a mark at the end."""

    end = "data: [DONE]\n\n"

    def part(self, name: str, data: str) -> str:
        """An event as it is sent."""
        return f"data: {data}\n\n"

    def problem(self, error: Exception) -> dict[str, Any]:
        """The document that an error ends with."""
        return error_of(error)


@router.get("/models")
async def models(request: Request, reader: ReaderDep) -> Response:
    """All models and mixes."""
    return await json_in_lane(request, "reads", lambda: catalogue.listed(reader))


@router.get("/models/{model:path}")
async def model(request: Request, reader: ReaderDep, model: str) -> Response:
    """One of them."""
    return await json_in_lane(request, "reads", lambda: catalogue.one(reader, model))


@router.post("/chat/completions")
async def chat(request: Request, engine: EngineDep, reader: ReaderDep, body: ChatBody) -> Response:
    """Answer a chat."""
    return await _answered(request, engine, reader, body, is_chat=True)


@router.post("/completions")
async def completions(request: Request, engine: EngineDep, reader: ReaderDep, body: CompletionBody) -> Response:
    """Continue texts."""
    return await _answered(request, engine, reader, body, is_chat=False)


async def _answered(
    request: Request, engine: ModelEngine, reader: ReaderDep, body: ChatBody | CompletionBody, *, is_chat: bool
) -> Response:
    job = await reader.work(service.prepare, reader, body.asked())
    shape = Shape(body.model, job, is_chat=is_chat, includes_usage=body.includes_usage)
    if not body.stream:
        return await answer_while_connected(request, _whole(engine, job, shape))
    events = shape.chunks(service.gains(engine, job))
    # What only the model can refuse is refused before the first token, while a status can still say so.
    first = await while_connected(request.receive, anext(events))
    return Chunks(_all(first, events))


async def _whole(engine: ModelEngine, job: CompleteJob, shape: Shape) -> Any:
    found = await service.complete(engine, job)
    return lambda: shape.whole(found)


async def _all(first: Any, others: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(others) as events:
        yield first
        async for event in events:
            yield event
