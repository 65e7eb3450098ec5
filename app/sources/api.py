"""Sources and their latents in the JSON API. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.sources import answers as service
from app.sources.schemas import LatentsAnswer, SourcesAnswer
from app.sources.table import MAX_LIMIT
from app.sources.table_requests import Cursor, LatentQueryDep
from app.web.request_types import Whole
from app.web.requests import known_parameters
from app.web.units import json_with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


Limit = Annotated[
    int,
    Whole(1, MAX_LIMIT, "a number of latents", is_text=True),
    Query(description="Latents on a page.", examples=[50]),
]


@router.get("/sources", summary="All sources", response_model=SourcesAnswer)
async def sources(request: Request) -> Response:
    """Every registered source with the quality numbers of its build; what was not measured is null."""
    return await json_with_session(request, "reads", service.sources)


@router.get("/sources/{source}/latents", summary="Latents of a source", response_model=LatentsAnswer)
async def latents(
    request: Request, source: str, query: LatentQueryDep, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """A page of the table of latents, sorted, filtered and searched; all filters hold at once."""
    return await json_with_session(
        request, "tables", lambda session: service.latents(session, source, query, limit, cursor or None)
    )
