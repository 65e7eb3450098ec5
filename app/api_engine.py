"""The part of the JSON API that runs a model for a request. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app import answers_engine as answers
from app.bodies import ActivationsBody, MicroscopeBody
from app.connections import answer_while_connected
from app.engine import ModelEngine
from app.pages.requests import known_parameters
from app.request_types import PathNumber
from app.services import activations as activations_service
from app.services import microscope as microscope_service
from app.services import models as models_service
from app.services.engine_sources import Reader
from app.services.microscope import MicroscopeRequest

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


# Coroutines, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def get_engine(request: Request) -> ModelEngine:
    """The engine of the application."""
    engine: ModelEngine = request.app.state.models
    return engine


async def get_reader(request: Request) -> Reader:
    """Where sources are known, and how long a text may be."""
    return Reader(request.app.state.sessions, request.app.state.settings)


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


@router.get("/models", summary="Models in memory")
def models(engine: EngineDep, reader: ReaderDep) -> answers.ModelsAnswer:
    """Models that are loading, ready or failed; a model loads when it is first needed."""
    return models_service.models(engine, reader)


@router.delete("/models/{model}", summary="Unload a model", status_code=204)
def unload(engine: EngineDep, reader: ReaderDep, model: str) -> None:
    """Free the memory of a model that nobody uses now; it loads again when it is needed."""
    models_service.unload(engine, reader, model)
