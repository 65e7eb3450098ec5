"""Vectors ``/vectors``: the page, the preview alone, and saving and deleting."""

import json
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import RedirectResponse

from app.engine.dependencies import EngineDep, ReaderDep
from app.errors import Problem
from app.vectors import page as service
from app.vectors.query import PATH, VectorsQuery, vectors_query
from app.web.connected import while_connected
from app.web.forms import fields_of, with_problem
from app.web.navigation import has_page
from app.web.rendering import page, part
from app.web.units import answer_in_lane

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def vectors(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """Two lists of prompts and the vector between them; the address is the whole state."""
    fields = await fields_of(request)
    return await _page(request, engine, reader, vectors_query(fields), is_saved=("saved", "1") in fields)


@router.post(PATH)
async def vectors_sent(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The form without scripts: goes on to the address of the view, unless the prompts are too long for one."""
    query = vectors_query(await fields_of(request))
    link = query.link()
    return RedirectResponse(link, 303) if link else await _page(request, engine, reader, query)


@router.post("/parts/vectors/preview")
async def preview(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The preview; the browser's address becomes that of the page, where that can hold the prompts."""
    query = vectors_query(await fields_of(request))
    found = await while_connected(request.receive, service.preview(engine, reader, query))
    response = await answer_in_lane(
        request, "answers", lambda: with_problem(part(request, "vector", found.view), found.problem)
    )
    response.headers["HX-Replace-Url"] = (found.view.link if found.problem is None else "") or "false"
    return response


@router.post(PATH + "/save")
async def save(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """Save the vector and go to its page, or show the form again with the reason why not."""
    query = vectors_query(await fields_of(request))
    found = await while_connected(request.receive, service.save(engine, reader, query))
    if isinstance(found, Problem):
        return await _page(request, engine, reader, query, refused=found)
    return RedirectResponse(f"{PATH}?vector={found}&saved=1", 303)


@router.post(PATH + "/{number}/delete")
async def delete(
    request: Request, reader: ReaderDep, number: int, hx_request: Annotated[str, Header()] = ""
) -> Response:
    """Delete a vector; then the page, or for htmx the list alone with a message."""
    said = await reader.write(service.delete, reader, number)
    if not hx_request:
        return RedirectResponse(f"{PATH}#saved", 303)
    can_steer = has_page(request.app, "steer")
    response = await answer_in_lane(
        request, "reads", lambda: part(request, "saved_vectors", service.saved(reader, can_steer=can_steer))
    )
    response.headers["HX-Trigger"] = json.dumps({"periscope:toast": said})
    return response


async def _page(
    request: Request,
    engine: EngineDep,
    reader: ReaderDep,
    query: VectorsQuery,
    *,
    refused: Problem | None = None,
    is_saved: bool = False,
) -> Response:
    around = service.Page(has_page(request.app, "steer"), refused, is_saved)
    view, problem = await while_connected(request.receive, service.vectors_page(engine, reader, query, around))
    return await answer_in_lane(
        request, "answers", lambda: with_problem(page(request, "vectors", view, active="vectors"), problem)
    )
