"""The part of the JSON API that runs a model for a request. docs/api.md explains each path."""

from fastapi import APIRouter, Depends, Request, Response

from app.engine import activations as activations_service
from app.engine import models as models_service
from app.engine.bodies import ActivationsBody
from app.engine.dependencies import EngineDep, ReaderDep
from app.engine.schemas import ActivationsAnswer, ModelsAnswer
from app.microscope import contrast as contrast_service
from app.microscope import schemas as answers
from app.microscope import service as microscope_service
from app.microscope.bodies import ContrastBody, MicroscopeBody
from app.microscope.schemas import ContrastAnswer
from app.microscope.service import MicroscopeRequest
from app.web.connections import answer_while_connected
from app.web.request_types import PathNumber
from app.web.requests import known_parameters
from app.web.units import in_lane, json_in_lane, no_content

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


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
    response_model=ActivationsAnswer,
)
async def activations(
    request: Request, engine: EngineDep, reader: ReaderDep, source: str, index: PathNumber, body: ActivationsBody
) -> Response:
    """One latent's activation on every token of each text."""
    work = activations_service.activations(engine, reader, source, index, body.texts)
    return await answer_while_connected(request, work)


@router.get("/models", summary="Models in memory", response_model=ModelsAnswer)
async def models(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """Models that are loading, ready or failed; a model loads when it is first needed."""
    return await json_in_lane(request, "reads", lambda: models_service.models(engine, reader))


@router.delete("/models/{model}", summary="Unload a model", status_code=204)
async def unload(request: Request, engine: EngineDep, reader: ReaderDep, model: str) -> Response:
    """Free the memory of a model that nobody uses now; it loads again when it is needed."""
    await in_lane(request, "reads", lambda: models_service.unload(engine, reader, model))
    return no_content()


@router.post("/contrast", summary="Latents that tell two groups apart", response_model=ContrastAnswer)
async def contrast(request: Request, engine: EngineDep, reader: ReaderDep, body: ContrastBody) -> Response:
    """Latents ranked by AUROC, or by the difference of maxima or means, between texts with and without a concept."""
    asked = contrast_service.ContrastRequest(
        body.source, body.with_texts, body.without_texts, body.top_k, body.rank_by, body.max_density
    )
    return await answer_while_connected(request, contrast_service.contrast(engine, reader, asked))
