"""Home ``/`` and a random latent of any source."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.home.service import home_page
from app.sources.service import random_source_latent_href
from app.web.navigation import has_page
from app.web.rendering import page
from app.web.units import answer_with_session, with_session

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> HTMLResponse:
    """A text box for the microscope, every source as a card, and what is being built."""
    microscope = "/microscope" if has_page(request.app, "microscope") else ""
    folder = request.app.state.settings.data_dir

    def answer(session: Session) -> HTMLResponse:
        return page(request, "home", home_page(session, folder, microscope), active="home")

    return await answer_with_session(request, "reads", answer)


@router.get("/random")
async def random_latent(request: Request) -> RedirectResponse:
    """A live latent of any source."""
    address = await with_session(request, "reads", random_source_latent_href)
    return RedirectResponse(address, 302, {"Cache-Control": "no-store"})
