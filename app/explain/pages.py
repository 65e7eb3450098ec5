"""A language model explains a latent: the panel, its button and its end, where an endpoint is configured."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.engine.dependencies import EngineDep, ReaderDep
from app.engine.sources import Reader
from app.explain.service import explain_panel, start
from app.explain.tasks import ExplanationTasks
from app.web.rendering import page, part
from app.web.units import answer_in_lane

router = APIRouter(include_in_schema=False)
PATH = "/sources/{source}/latents/{index}/explain"


@router.get(PATH)
async def explain_page(request: Request, reader: ReaderDep, source: str, index: int) -> HTMLResponse:
    """The panel as a page."""
    return await answer_in_lane(
        request, "reads", lambda: page(request, "explain", explain_panel(reader, _tasks(request), source, index))
    )


@router.get("/parts" + PATH)
async def explain_part(request: Request, reader: ReaderDep, source: str, index: int) -> HTMLResponse:
    """The panel alone; while it goes on it asks again by itself."""
    return await _part(request, reader, source, index)


@router.post(PATH)
async def begin(
    request: Request,
    engine: EngineDep,
    reader: ReaderDep,
    source: str,
    index: int,
    hx_request: Annotated[str, Header()] = "",
) -> Response:
    """Begin to explain the latent."""
    await start(engine, reader, _tasks(request), source, index)
    return await _after(request, reader, source, index, bool(hx_request))


@router.post(PATH + "/cancel")
async def cancel(
    request: Request, reader: ReaderDep, source: str, index: int, hx_request: Annotated[str, Header()] = ""
) -> Response:
    """End it; what was answered is kept."""
    await _tasks(request).cancel(source, index)
    return await _after(request, reader, source, index, bool(hx_request))


def _tasks(request: Request) -> ExplanationTasks:
    tasks: ExplanationTasks = request.app.state.explanations
    return tasks


async def _part(request: Request, reader: Reader, source: str, index: int) -> HTMLResponse:
    def answer() -> HTMLResponse:
        response = part(request, "explain", explain_panel(reader, _tasks(request), source, index))
        response.headers["Cache-Control"] = "no-store"
        return response

    return await answer_in_lane(request, "reads", answer)


async def _after(request: Request, reader: Reader, source: str, index: int, is_part: bool) -> Response:
    if is_part:
        return await _part(request, reader, source, index)
    return RedirectResponse(PATH.format(source=source, index=index), 303)
