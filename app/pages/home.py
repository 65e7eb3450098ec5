"""Home ``/`` and a random latent of any source."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.pages.navigation import has_page
from app.pages.rendering import page
from app.pages.requests import SessionDep
from app.services.home import home_page
from app.services.sources import random_source_latent_href

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, session: SessionDep) -> HTMLResponse:
    """A text box for the microscope, every source as a card, and what is being built."""
    microscope = "/microscope" if has_page(request.app, "microscope") else ""
    return page(request, "home", home_page(session, request.app.state.settings.data_dir, microscope), active="home")


@router.get("/random")
def random_latent(session: SessionDep) -> RedirectResponse:
    """A live latent of any source."""
    return RedirectResponse(random_source_latent_href(session), 302, {"Cache-Control": "no-store"})
