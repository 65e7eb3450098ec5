"""Vectors in the JSON API. docs/api.md explains each path."""

from fastapi import APIRouter, Depends, Request, Response

from app.engine.dependencies import EngineDep, ReaderDep
from app.vectors import service as vectors_service
from app.vectors.bodies import VectorBody
from app.vectors.schemas import VectorAnswer, VectorsAnswer
from app.vectors.service import VectorRequest
from app.web.connections import answer_while_connected
from app.web.lists import PartDep
from app.web.path_numbers import allow_digits
from app.web.request_types import PathNumber
from app.web.requests import known_parameters
from app.web.units import in_lane, json_in_lane, no_content

allow_digits()
router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


@router.post("/vectors", summary="Make a contrast vector", response_model=VectorAnswer)
async def make_vector(request: Request, engine: EngineDep, reader: ReaderDep, body: VectorBody) -> Response:
    """The mean difference of two lists of prompts at a hook; saved if it gets a name."""
    asked = VectorRequest(
        body.model, body.source, body.name, body.positive, body.negative, body.hook_name, body.positions
    )
    return await answer_while_connected(request, vectors_service.make(engine, reader, asked))


@router.get("/vectors", summary="Saved vectors", response_model=VectorsAnswer)
async def vectors(request: Request, reader: ReaderDep, part: PartDep) -> Response:
    """The saved vectors, by model and name."""
    return await json_in_lane(request, "reads", lambda: vectors_service.listed(reader, part))


@router.get(
    "/vectors/{id:digits}.safetensors",
    summary="A vector as a file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_vector(request: Request, reader: ReaderDep, id: PathNumber) -> Response:
    """A safetensors file with one tensor, vector, and its description as metadata."""
    name, data = await in_lane(request, "reads", lambda: vectors_service.exported(reader, id))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.delete("/vectors/{id:digits}", summary="Delete a vector", status_code=204)
async def delete_vector(reader: ReaderDep, id: PathNumber) -> Response:
    """Delete a vector and its calibrations; mixes that use it cannot be played any more."""
    await reader.write(vectors_service.delete, reader, id)
    return no_content()
