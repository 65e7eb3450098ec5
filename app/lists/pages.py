"""Long lists as pages: ``/mixes``, ``/vectors/saved`` and the labels of a latent."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.lists.service import MAX_PAGE, labels_list, mixes_list, vectors_list
from app.lists.views import ListView
from app.web.rendering import page
from app.web.request_types import PathNumber, Whole
from app.web.units import answer_with_session

router = APIRouter(include_in_schema=False)
Page = Annotated[int, Whole(1, MAX_PAGE, "a number", is_text=True), Query(alias="page")]


@router.get("/sources/{source}/latents/{index}/labels")
async def labels(request: Request, source: str, index: PathNumber, number: Page = 1) -> HTMLResponse:
    """Everything that a latent was called."""
    return await _page(request, lambda session: labels_list(session, source, index, number))


@router.get("/mixes")
async def mixes(request: Request, number: Page = 1) -> HTMLResponse:
    """All mixes."""
    return await _page(request, lambda session: mixes_list(session, number), "steer")


@router.get("/vectors/saved")
async def vectors(request: Request, number: Page = 1) -> HTMLResponse:
    """All vectors."""
    return await _page(request, lambda session: vectors_list(session, number), "vectors")


async def _page(request: Request, make: Callable[[Session], ListView], active: str = "") -> HTMLResponse:
    return await answer_with_session(
        request, "reads", lambda session: page(request, "list", make(session), active=active)
    )
