"""Ablate ``/ablate`` in its three modes, and the panel of each alone."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.ablate.page import ablate, ablate_page
from app.ablate.query import ablate_query
from app.engine.dependencies import EngineDep, ReaderDep
from app.web.connected import while_connected
from app.web.forms import fields_of, with_problem
from app.web.rendering import page, part
from app.web.units import answer_in_lane

router = APIRouter(include_in_schema=False)
#: The partial of each mode.
PARTS = {"remove": "ablate", "patch": "patch", "selectivity": "selectivity"}


@router.get("/ablate")
async def ablate_get(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """Which latents the next token rests on; the address is the whole state."""
    return await _page(request, engine, reader)


@router.post("/ablate")
async def ablate_sent(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The form without scripts: goes on to the address of the view, unless the prompt is too long for one."""
    link = ablate_query(await fields_of(request)).link()
    return RedirectResponse(link, 303) if link else await _page(request, engine, reader)


@router.post("/parts/ablate")
async def ablate_part(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The panel; the browser's address becomes that of the page, where that can hold the prompt."""
    query = ablate_query(await fields_of(request))
    found = await while_connected(request.receive, ablate(engine, reader, query))
    response = await answer_in_lane(
        request, "answers", lambda: with_problem(part(request, PARTS[query.mode], found.view), found.problem)
    )
    response.headers["HX-Replace-Url"] = (found.view.link if found.problem is None else "") or "false"
    return response


async def _page(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    query = ablate_query(await fields_of(request))
    view, problem = await while_connected(request.receive, ablate_page(engine, reader, query))
    return await answer_in_lane(
        request, "answers", lambda: with_problem(page(request, "ablate", view, active="ablate"), problem)
    )
