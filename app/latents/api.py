"""The JSON API: the same services as the pages, under /api/v1. docs/api.md explains each path."""

from fastapi import APIRouter, Depends, Request, Response

from app.latents import answers as service
from app.latents import schemas as answers
from app.web.request_types import PathNumber
from app.web.requests import known_parameters
from app.web.units import json_with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


@router.get("/sources/{source}/latents/{index}", summary="One latent", response_model=answers.LatentAnswer)
async def latent(request: Request, source: str, index: PathNumber) -> Response:
    """Everything on the latent's page: statistics, histogram, token effects, neighbours, bands of examples."""
    return await json_with_session(request, "latents", lambda session: service.latent(session, source, index))
