"""Source ``/sources/{source}``, its table alone, and a random latent of it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.pages.rendering import page, part
from app.pages.requests import SessionDep, TableRequestDep
from app.services.sources import random_latent_href, source_page, table_part

router = APIRouter(include_in_schema=False)


@router.get("/sources/{source}")
def source(request: Request, session: SessionDep, source: str, table: TableRequestDep) -> HTMLResponse:
    """Quality, density and the table of latents."""
    return page(request, "source", source_page(session, source, table))


@router.get("/parts/sources/{source}/latents")
def latents(request: Request, session: SessionDep, source: str, table: TableRequestDep) -> HTMLResponse:
    """The table of latents."""
    return part(request, "latent_table", table_part(session, source, table))


@router.get("/sources/{source}/random")
def random_latent(session: SessionDep, source: str) -> RedirectResponse:
    """A live latent of the source."""
    return RedirectResponse(random_latent_href(session, source), 302, {"Cache-Control": "no-store"})
