"""Steer ``/steer``, its search, single sliders and calibration curves."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.engine.dependencies import EngineDep, ReaderDep
from app.errors import InvalidRequest
from app.steer import curve as steer_curve
from app.steer import page as steer_page
from app.steer import sliders as steer_sliders
from app.steer.query import SliderQuery, steer_query
from app.web.connected import while_connected
from app.web.forms import fields_of, with_problem
from app.web.rendering import page, part
from app.web.units import answer_in_lane

router = APIRouter(include_in_schema=False)


@router.get("/steer")
async def steer(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The board that the address describes; with ``run`` the server writes the texts, else the page's script asks."""
    return await _page(request, engine, reader)


@router.post("/steer")
async def steer_sent(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The form without scripts: goes on to the address of the board, unless the prompt is too long for one."""
    query = steer_query(await fields_of(request))
    link = "" if query.problems else query.link(run=query.run)
    return RedirectResponse(link, 303) if link else await _page(request, engine, reader)


@router.get("/parts/steer/search")
async def search(
    request: Request,
    reader: ReaderDep,
    model: Annotated[str, Query()] = "",
    search: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Latents and vectors that can be added."""
    return await answer_in_lane(
        request, "reads", lambda: part(request, "steer_found", steer_page.search(reader, model, search))
    )


@router.get("/parts/steer/slider")
async def slider(request: Request, reader: ReaderDep) -> Response:
    """One slider, as the address names it."""
    query = _one(request)
    return await answer_in_lane(
        request, "reads", lambda: part(request, "steer_slider", steer_sliders.slider(reader, query).view)
    )


@router.get("/parts/steer/calibration")
async def calibration(request: Request, reader: ReaderDep) -> Response:
    """The stored curve of one slider."""
    query = _one(request)
    return await answer_in_lane(
        request, "reads", lambda: part(request, "steer_curve", steer_curve.curve(reader, query))
    )


def _one(request: Request) -> SliderQuery:
    query = steer_query(request.query_params.multi_items())
    if query.problems or len(query.sliders) != 1:
        raise InvalidRequest(" ".join(query.problems) or "Name one term: source:index or vector/number.")
    return query.sliders[0]


async def _page(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    query = steer_query(await fields_of(request))
    view, problem = await while_connected(request.receive, steer_page.steer_page(engine, reader, query))
    return await answer_in_lane(
        request, "answers", lambda: with_problem(page(request, "steer", view, active="steer"), problem)
    )
