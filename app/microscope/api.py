"""The part of the JSON API that runs a model for a request. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.engine import activations as activations_service
from app.engine import models as models_service
from app.engine.bodies import ActivationsBody, MicroscopeBody
from app.engine.engine import ModelEngine
from app.engine.fairness import CLIENT
from app.engine.sources import Reader
from app.microscope import schemas as answers
from app.microscope import service as microscope_service
from app.microscope.service import MicroscopeRequest
from app.web.addresses import network
from app.web.connections import answer_while_connected
from app.web.forwarded import client_of
from app.web.request_types import PathNumber
from app.web.requests import known_parameters
from app.web.units import in_lane, json_in_lane, no_content

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
    request: Request, engine: EngineDep, reader: ReaderDep, source: str, index: PathNumber, body: ActivationsBody
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
