"""Latent ``/sources/{source}/latents/{index}`` and its examples alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.pages.rendering import page, part
from app.pages.requests import SessionDep
from app.services.bands import check_tab
from app.services.latents import bands_part, latent_page

router = APIRouter(include_in_schema=False)


def tab_of(view: str = "quantile") -> str:
    """The ``view`` of the query string: quantile or width."""
    return check_tab(view)


TabDep = Annotated[str, Depends(tab_of)]


@router.get("/sources/{source}/latents/{index}")
def latent(request: Request, session: SessionDep, source: str, index: int, tab: TabDep) -> HTMLResponse:
    """Everything about one latent."""
    return page(request, "latent", latent_page(session, source, index, tab))


@router.get("/parts/sources/{source}/latents/{index}/bands")
def bands(request: Request, session: SessionDep, source: str, index: int, tab: TabDep) -> HTMLResponse:
    """The examples in the bands of one tab."""
    return part(request, "bands", bands_part(session, source, index, tab))
