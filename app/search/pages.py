"""Search ``/search``, its results alone, and the first of them below the box in the header."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.search.page import BOX, PART, PATH, PageQuery, search_box, search_page, search_part
from app.web.navigation import has_page
from app.web.rendering import page, part
from app.web.units import answer_with_session

router = APIRouter(include_in_schema=False)


# A coroutine, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def query_of(q: str = "", sources: str = "", by: str = "") -> PageQuery:
    """The query string: what is looked for, one source or (empty) all, and the way."""
    return PageQuery(q, sources, by)


QueryDep = Annotated[PageQuery, Depends(query_of)]


@router.get(PATH)
async def search(request: Request, query: QueryDep) -> HTMLResponse:
    """What is looked for, and the latents that answer it."""

    def answer(session: Session) -> HTMLResponse:
        view = search_page(session, request.app.state.meanings, query, _contrast(request))
        return page(request, "search", view, active="search", status=422 if view.refused else 200)

    return await answer_with_session(request, "tables", answer)


@router.get(PART)
async def results(request: Request, query: QueryDep) -> HTMLResponse:
    """The latents alone; the browser's address becomes that of the page with them."""

    def answer(session: Session) -> HTMLResponse:
        view = search_part(session, request.app.state.meanings, query, _contrast(request))
        response = part(request, "search_results", view)
        response.headers["HX-Replace-Url"] = query.link()
        return response

    return await answer_with_session(request, "tables", answer)


@router.get(BOX)
async def box(request: Request, query: QueryDep) -> HTMLResponse:
    """The first of them, below the box in the header or on Home."""

    def answer(session: Session) -> HTMLResponse:
        view = search_box(session, request.app.state.meanings, query, _contrast(request))
        return part(request, "search_box", view)

    return await answer_with_session(request, "tables", answer)


def _contrast(request: Request) -> str:
    return "/microscope" if has_page(request.app, "microscope") else ""
