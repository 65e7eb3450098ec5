"""The part of the JSON API that runs a model for a request. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app import answers_engine as answers
from app.connections import answer_while_connected
from app.engine import CLIENT, ModelEngine
from app.errors import InvalidRequest
from app.jobs.texts import TextInput
from app.pages.requests import known_parameters
from app.services import activations as activations_service
from app.services import microscope as microscope_service
from app.services import models as models_service
from app.services.engine_sources import Reader
from app.services.microscope import MicroscopeRequest
from app.web.addresses import network
from app.web.forwarded import client_of
from app.web.units import in_lane, json_in_lane, no_content
from models.chat import parse_messages

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


# Coroutines, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def get_engine(request: Request) -> ModelEngine:
    """The engine of the application, which from here on knows who asks."""
    CLIENT.set(network(client_of(request.scope)))
    engine: ModelEngine = request.app.state.models
    return engine


async def get_reader(request: Request) -> Reader:
    """Where sources are known, and how long a text may be."""
    state = request.app.state
    return Reader(state.sessions, state.settings, state.lanes)


EngineDep = Annotated[ModelEngine, Depends(get_engine)]
ReaderDep = Annotated[Reader, Depends(get_reader)]


class Body(BaseModel):
    """A body in which an unknown name is an error: an option that does nothing would mislead."""

    model_config = ConfigDict(extra="forbid")


class MessageBody(Body):
    """One turn of a chat."""

    role: str = Field(description="system, user or assistant.")
    content: str


class TextBody(Body):
    """A plain text or a chat, one of the two."""

    text: str | None = Field(None, description="A plain text.", examples=["The cat sat on the mat."])
    messages: list[MessageBody] | None = Field(
        None, max_length=200, description="A chat, rendered with the model's own template; instead of text."
    )
    add_generation_prompt: bool = Field(False, description="For a chat: end with the beginning of an answer.")

    def given(self) -> TextInput:
        """What was given. Raises InvalidRequest unless it is exactly one of the two."""
        if (self.text is None) == (self.messages is None):
            raise InvalidRequest("Give either text or messages.")
        if self.messages is None:
            return TextInput(self.text or "")
        messages = parse_messages([message.model_dump() for message in self.messages])
        return TextInput(messages=messages, add_generation_prompt=self.add_generation_prompt)


class MicroscopeBody(TextBody):
    """A text and the sources to read it with."""

    sources: list[str] = Field(description="Slugs of sources.", examples=[["demo-l2-resid-2k"]])
    top_k: int = Field(10, description="Latents per token, 1 to 100.")
    max_density: float | None = Field(None, description="Hide latents that are active on more of the corpus's tokens.")
    positions: list[int] | None = Field(None, description="Tokens that the ranking is over; null: all that count.")
    rank_by: str = Field("max", description="max, sum or share (of the latent's maximum in the build).")
    ranked: int = Field(50, description="Latents in the ranking, 1 to 1000.")


class ActivationsBody(Body):
    """Texts to read one latent on."""

    texts: list[str] = Field(description="1 to 64 texts.", examples=[["The cat sat on the mat."]])


@router.post("/microscope", summary="Latents on a text", response_model=answers.MicroscopeAnswer)
async def microscope(request: Request, engine: EngineDep, reader: ReaderDep, body: MicroscopeBody) -> Response:
    """Which latents fire on each token of a text or a chat, and which of them most, in one or more sources."""
    asked = MicroscopeRequest(
        body.sources, body.given(), body.top_k, body.max_density, body.positions, body.rank_by, body.ranked
    )
    return await answer_while_connected(request, microscope_service.reading(engine, reader, asked))


@router.post(
    "/sources/{source}/latents/{index}/activations",
    summary="One latent on your texts",
    response_model=answers.ActivationsAnswer,
)
async def activations(
    request: Request, engine: EngineDep, reader: ReaderDep, source: str, index: int, body: ActivationsBody
) -> Response:
    """One latent's activation on every token of each text."""
    work = activations_service.activations(engine, reader, source, index, body.texts)
    return await answer_while_connected(request, work)


@router.get("/models", summary="Models in memory", response_model=answers.ModelsAnswer)
async def models(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """Models that are loading, ready or failed; a model loads when it is first needed."""
    return await json_in_lane(request, "reads", lambda: models_service.models(engine, reader))


@router.delete("/models/{model}", summary="Unload a model", status_code=204)
async def unload(request: Request, engine: EngineDep, reader: ReaderDep, model: str) -> Response:
    """Free the memory of a model that nobody uses now; it loads again when it is needed."""
    await in_lane(request, "reads", lambda: models_service.unload(engine, reader, model))
    return no_content()
