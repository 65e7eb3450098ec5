"""Source ``/sources/{source}``, its table alone and as a file, its scatter, and a random latent of it."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from sqlalchemy.orm import Session

from app.errors import InvalidRequest, Overloaded
from app.sources import export as latent_export
from app.sources.service import page_address, random_latent_href, scatter_points, source_page, table_part
from app.sources.table import LatentQuery, TableRequest
from app.sources.table_requests import TableRequestDep
from app.web.rendering import page, part
from app.web.requests import refuse_unknown
from app.web.staleness import is_stale, load_anew
from app.web.units import answer_with_session, with_session

router = APIRouter(include_in_schema=False)

#: A form that was refused takes its own place alone, so that the table stays as it was.
ONLY_THE_FORM = {"HX-Retarget": "#table-filters", "HX-Reselect": "#table-filters", "HX-Reswap": "outerHTML"}
#: The address of the scatter's numbers names the build, so they never change.
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
#: A file is read by programs, which do not see that a filter was misspelt.
EXPORT_PARAMETERS = [field.name for field in dataclasses.fields(LatentQuery)]


@router.get("/sources/{source}")
async def source(request: Request, source: str, table: TableRequestDep) -> HTMLResponse:
    """Quality, density and the table of latents."""

    def answer(session: Session) -> HTMLResponse:
        return page(request, "source", source_page(session, source, table), status=_status(table))

    return await answer_with_session(request, "tables", answer)


@router.get("/parts/sources/{source}/latents")
async def latents(request: Request, source: str, table: TableRequestDep) -> HTMLResponse:
    """The table of latents; the browser's address becomes that of the page with the same table."""

    def answer(session: Session) -> HTMLResponse:
        if not table.refused and is_stale(request, session, source):
            return load_anew(page_address(source, table))
        response = part(request, "latent_table", table_part(session, source, table), status=_status(table))
        response.headers.update(ONLY_THE_FORM if table.refused else {"HX-Push-Url": page_address(source, table)})
        return response

    return await answer_with_session(request, "tables", answer)


def _status(table: TableRequest) -> int:
    return 422 if table.refused else 200


@router.get("/figures/sources/{source}/{build}/scatter.json")
async def scatter(request: Request, source: str, build: str) -> Response:
    """Density and maximum of every latent, for static/js/scatter.js."""
    points = await with_session(request, "tables", lambda session: scatter_points(session, source, build))
    return Response(points, media_type="application/json", headers=FOREVER)


@router.get("/exports/sources/{source}/latents.{kind}")
async def export(
    request: Request, source: str, kind: Annotated[str, Path(pattern="^(csv|json)$")], table: TableRequestDep
) -> StreamingResponse:
    """Every latent of the filtered table in its order, as a file."""
    refuse_unknown(request, EXPORT_PARAMETERS)
    if table.refused:
        raise InvalidRequest(" ".join(item.error for item in table.refused))
    file = await with_session(
        request, "tables", lambda session: latent_export.export(session, source, table.query, kind)
    )
    headers = {"Content-Disposition": f'attachment; filename="{source}-latents.{kind}"', "Cache-Control": "no-store"}
    return StreamingResponse(_pieces(request, file), 200, headers, MEDIA_TYPES[kind])


async def _pieces(request: Request, file: latent_export.Export) -> AsyncIterator[str]:
    """The pieces of a file, each a unit of work of its own: who reads slowly holds no connection meanwhile."""
    for place in range(file.n_pieces):
        yield await _patiently(request, partial(_piece, file, place))


def _piece(file: latent_export.Export, place: int, session: Session) -> str:
    return file.piece(session, place)


async def _patiently(request: Request, work: Callable[[Session], str]) -> str:
    """A file that has begun cannot say any more that there is too much to do, so it waits for its turn."""
    while True:
        try:
            return await with_session(request, "tables", work)
        except Overloaded:
            await asyncio.sleep(1)


@router.get("/sources/{source}/random")
async def random_latent(request: Request, source: str) -> RedirectResponse:
    """A live latent of the source."""
    address = await with_session(request, "reads", lambda session: random_latent_href(session, source))
    return RedirectResponse(address, 302, {"Cache-Control": "no-store"})
