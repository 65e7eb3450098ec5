"""Microscope ``/microscope``, its panel alone, and one latent on a reader's texts (on the Latent page)."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.engine.dependencies import EngineDep, ReaderDep
from app.latents.try_texts import latent_try
from app.microscope.page import microscope_page, reading
from app.microscope.query import microscope_query
from app.web.connected import while_connected
from app.web.forms import fields_of, with_problem
from app.web.rendering import page, part
from app.web.units import answer_in_lane

router = APIRouter(include_in_schema=False)
TRY = "/sources/{source}/latents/{index}/try"


@router.get("/microscope")
async def microscope(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """A text, and per token the latents that fire; the address is the whole state."""
    return await _page(request, engine, reader)


@router.post("/microscope")
async def microscope_sent(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The form without scripts: goes on to the address of the view, unless the text is too long for one."""
    link = microscope_query(await fields_of(request)).link()
    return RedirectResponse(link, 303) if link else await _page(request, engine, reader)


@router.post("/parts/microscope")
async def microscope_part(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    """The panel; the browser's address becomes that of the page, where that can hold the text."""
    query = microscope_query(await fields_of(request))
    read = await while_connected(request.receive, reading(engine, reader, query))
    response = await answer_in_lane(
        request, "answers", lambda: with_problem(part(request, "microscope", read.view), read.problem)
    )
    # With an error the field is being edited still; the address stays that of the last view.
    response.headers["HX-Replace-Url"] = (read.view.link if read.problem is None else "") or "false"
    return response


@router.get(TRY)
@router.post("/parts" + TRY)
async def try_latent(request: Request, engine: EngineDep, reader: ReaderDep, source: str, index: int) -> Response:
    """One latent on texts that somebody types, one a line; as a page without scripts."""
    texts = next((value for name, value in await fields_of(request) if name == "texts"), "")
    found = await while_connected(request.receive, latent_try(engine, reader, source, index, texts))
    show = part if request.url.path.startswith("/parts/") else page
    return await answer_in_lane(
        request, "answers", lambda: with_problem(show(request, "latent_try", found.view), found.problem)
    )


async def _page(request: Request, engine: EngineDep, reader: ReaderDep) -> Response:
    query = microscope_query(await fields_of(request))
    view, problem = await while_connected(request.receive, microscope_page(engine, reader, query))
    return await answer_in_lane(
        request, "answers", lambda: with_problem(page(request, "microscope", view, active="microscope"), problem)
    )
