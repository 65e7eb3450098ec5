"""The JSON API: the same services as the pages, under /api/v1. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app import answers
from app.pages.requests import SessionDep, known_parameters
from app.pages.table_requests import Cursor, LatentQueryDep
from app.paging import PartDep
from app.request_types import PathNumber, Whole
from app.services import answers as service
from app.services.labels import save_label
from app.services.latent_table import MAX_LIMIT

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])

Limit = Annotated[
    int,
    Whole(1, MAX_LIMIT, "a number of latents", is_text=True),
    Query(description="Latents on a page.", examples=[50]),
]


@router.get("/sources", summary="All sources")
def sources(session: SessionDep) -> answers.SourcesAnswer:
    """Every registered source with the quality numbers of its build; what was not measured is null."""
    return service.sources(session)


@router.get("/sources/{source}/latents", summary="Latents of a source")
def latents(
    session: SessionDep, source: str, query: LatentQueryDep, limit: Limit = 50, cursor: Cursor = ""
) -> answers.LatentsAnswer:
    """A page of the table of latents, sorted, filtered and searched; all filters hold at once."""
    return service.latents(session, source, query, limit, cursor or None)


@router.get("/sources/{source}/latents/{index}", summary="One latent")
def latent(session: SessionDep, source: str, index: PathNumber) -> answers.LatentAnswer:
    """Everything on the latent's page: statistics, histogram, token effects, neighbours, bands of examples."""
    return service.latent(session, source, index)


@router.post("/sources/{source}/latents/{index}/explanations", summary="Label a latent", status_code=201)
def label(session: SessionDep, source: str, index: PathNumber, new: answers.NewLabel) -> answers.ExplanationAnswer:
    """Store what a person calls the latent: it becomes the label, for the weights that the source has now."""
    return service.explanation(save_label(session, source, index, new.text, new.author))


@router.get("/sources/{source}/latents/{index}/explanations", summary="Labels of a latent")
def explanations(session: SessionDep, source: str, index: PathNumber, part: PartDep) -> answers.ExplanationsAnswer:
    """What the latent is and was called, newest first."""
    return service.explanations(session, source, index, part)


@router.get("/builds", summary="Builds")
def builds(session: SessionDep) -> answers.BuildsAnswer:
    """The newest builds of all sources, running ones first, each with its progress."""
    return service.builds(session)
