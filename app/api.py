"""The JSON API: the same services as the pages, under /api/v1. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app import answers
from app.pages.requests import known_parameters
from app.pages.table_requests import Cursor, LatentQueryDep
from app.paging import PartDep
from app.request_types import PathNumber, Whole
from app.services import answers as service
from app.services.labels import save_label
from app.services.latent_table import MAX_LIMIT
from app.web.units import json_with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])

Limit = Annotated[
    int,
    Whole(1, MAX_LIMIT, "a number of latents", is_text=True),
    Query(description="Latents on a page.", examples=[50]),
]


@router.get("/sources", summary="All sources", response_model=answers.SourcesAnswer)
async def sources(request: Request) -> Response:
    """Every registered source with the quality numbers of its build; what was not measured is null."""
    return await json_with_session(request, "reads", service.sources)


@router.get("/sources/{source}/latents", summary="Latents of a source", response_model=answers.LatentsAnswer)
async def latents(
    request: Request, source: str, query: LatentQueryDep, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """A page of the table of latents, sorted, filtered and searched; all filters hold at once."""
    return await json_with_session(
        request, "tables", lambda session: service.latents(session, source, query, limit, cursor or None)
    )


@router.get("/sources/{source}/latents/{index}", summary="One latent", response_model=answers.LatentAnswer)
async def latent(request: Request, source: str, index: PathNumber) -> Response:
    """Everything on the latent's page: statistics, histogram, token effects, neighbours, bands of examples."""
    return await json_with_session(request, "latents", lambda session: service.latent(session, source, index))


@router.post(
    "/sources/{source}/latents/{index}/explanations",
    summary="Label a latent",
    status_code=201,
    response_model=answers.ExplanationAnswer,
)
async def label(request: Request, source: str, index: PathNumber, new: answers.NewLabel) -> Response:
    """Store what a person calls the latent: it becomes the label, for the weights that the source has now."""

    def save(session: Session) -> answers.ExplanationAnswer:
        return service.explanation(save_label(session, source, index, new.text, new.author))

    return await json_with_session(request, "writes", save, 201)


@router.get(
    "/sources/{source}/latents/{index}/explanations",
    summary="Labels of a latent",
    response_model=answers.ExplanationsAnswer,
)
async def explanations(request: Request, source: str, index: PathNumber, part: PartDep) -> Response:
    """What the latent is and was called, newest first."""
    return await json_with_session(request, "reads", lambda session: service.explanations(session, source, index, part))


@router.get("/builds", summary="Builds", response_model=answers.BuildsAnswer)
async def builds(request: Request) -> Response:
    """The newest builds of all sources, running ones first, each with its progress."""
    return await json_with_session(request, "reads", service.builds)
