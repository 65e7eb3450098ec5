"""Home ``/`` and a random latent of any source."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.pages.rendering import page
from app.pages.requests import SessionDep
from app.services.home import home_page
from app.services.sources import random_source_latent_href

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, session: SessionDep) -> HTMLResponse:
    """Every source as a card."""
    return page(request, "home", home_page(session), active="home")


@router.get("/random")
def random_latent(session: SessionDep) -> RedirectResponse:
    """A live latent of any source."""
    return RedirectResponse(random_source_latent_href(session), 302, {"Cache-Control": "no-store"})
