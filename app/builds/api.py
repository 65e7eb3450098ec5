"""Builds in the JSON API. docs/api.md explains each path."""

from fastapi import APIRouter, Depends, Request, Response

from app.builds import answers as service
from app.builds.schemas import BuildsAnswer
from app.web.requests import known_parameters
from app.web.units import json_with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


@router.get("/builds", summary="Builds", response_model=BuildsAnswer)
async def builds(request: Request) -> Response:
    """The newest builds of all sources, running ones first, each with its progress."""
    return await json_with_session(request, "reads", service.builds)
