"""The JSON API: the same services as the pages, under /api/v1. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Query

from app import answers
from app.pages.requests import Cursor, Search, SessionDep, Share
from app.services import answers as service
from app.services.latent_table import MAX_LIMIT, LatentQuery

router = APIRouter(prefix="/api/v1")

Sort = Annotated[str, Query(description="index, density, max_activation, mean_activation or output_score.")]
Order = Annotated[str, Query(description="asc or desc.")]
Limit = Annotated[int, Query(description=f"Latents on a page, 1 to {MAX_LIMIT}.")]


@router.get("/sources", summary="All sources")
def sources(session: SessionDep) -> answers.SourcesAnswer:
    """Every registered source with the quality numbers of its build; what was not measured is null."""
    return service.sources(session)


@router.get("/sources/{source}/latents", summary="Latents of a source")
def latents(
    session: SessionDep,
    source: str,
    sort: Sort = "index",
    order: Order = "asc",
    min_density: Share = None,
    max_density: Share = None,
    q: Search = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> answers.LatentsAnswer:
    """A page of the table of latents, sorted, filtered and searched."""
    query = LatentQuery(sort, order, min_density, max_density, q)
    return service.latents(session, source, query, limit, cursor or None)


@router.get("/sources/{source}/latents/{index}", summary="One latent")
def latent(session: SessionDep, source: str, index: int) -> answers.LatentAnswer:
    """Everything on the latent's page: statistics, histogram, token effects, neighbours, bands of examples."""
    return service.latent(session, source, index)


@router.get("/builds", summary="Builds")
def builds(session: SessionDep) -> answers.BuildsAnswer:
    """The newest builds of all sources, running ones first, each with its progress."""
    return service.builds(session)
