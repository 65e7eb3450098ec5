"""Source ``/sources/{source}``, its table alone and as a file, its scatter, and a random latent of it."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from sqlalchemy.orm import Session

from app.errors import InvalidRequest
from app.pages.rendering import page, part
from app.pages.requests import SessionDep, in_line, refuse_unknown
from app.pages.staleness import is_stale, load_anew
from app.pages.table_requests import TableRequestDep
from app.services import latent_export
from app.services.latent_table import LatentQuery, TableRequest
from app.services.sources import page_address, random_latent_href, scatter_points, source_page, table_part

router = APIRouter(include_in_schema=False)

#: A form that was refused takes its own place alone, so that the table stays as it was.
ONLY_THE_FORM = {"HX-Retarget": "#table-filters", "HX-Reselect": "#table-filters", "HX-Reswap": "outerHTML"}
#: The address of the scatter's numbers names the build, so they never change.
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
EXPORTS: dict[str, tuple[Callable[..., Iterator[str]], str]] = {
    "csv": (latent_export.export_csv, "text/csv; charset=utf-8"),
    "json": (latent_export.export_json, "application/json"),
}
#: A file is read by programs, which do not see that a filter was misspelt.
EXPORT_PARAMETERS = [field.name for field in dataclasses.fields(LatentQuery)]


@router.get("/sources/{source}")
async def source(request: Request, source: str, table: TableRequestDep) -> HTMLResponse:
    """Quality, density and the table of latents."""

    def answer(session: Session) -> HTMLResponse:
        return page(request, "source", source_page(session, source, table), status=_status(table))

    return await in_line(request, "tables", answer)


@router.get("/parts/sources/{source}/latents")
async def latents(request: Request, source: str, table: TableRequestDep) -> HTMLResponse:
    """The table of latents; the browser's address becomes that of the page with the same table."""

    def answer(session: Session) -> HTMLResponse:
        if not table.refused and is_stale(request, session, source):
            return load_anew(page_address(source, table))
        response = part(request, "latent_table", table_part(session, source, table), status=_status(table))
        response.headers.update(ONLY_THE_FORM if table.refused else {"HX-Push-Url": page_address(source, table)})
        return response

    return await in_line(request, "tables", answer)


def _status(table: TableRequest) -> int:
    return 422 if table.refused else 200


@router.get("/figures/sources/{source}/{build}/scatter.json")
def scatter(session: SessionDep, source: str, build: str) -> Response:
    """Density and maximum of every latent, for static/js/scatter.js."""
    return Response(scatter_points(session, source, build), media_type="application/json", headers=FOREVER)


@router.get("/exports/sources/{source}/latents.{kind}")
def export(
    request: Request,
    session: SessionDep,
    source: str,
    kind: Annotated[str, Path(pattern="^(csv|json)$")],
    table: TableRequestDep,
) -> StreamingResponse:
    """Every latent of the filtered table in its order, as a file."""
    refuse_unknown(request, EXPORT_PARAMETERS)
    if table.refused:
        raise InvalidRequest(" ".join(item.error for item in table.refused))
    found = latent_export.find_source(session, source)
    write, media_type = EXPORTS[kind]
    headers = {"Content-Disposition": f'attachment; filename="{source}-latents.{kind}"', "Cache-Control": "no-store"}
    # The stream outlives the request's own session.
    return StreamingResponse(write(request.app.state.sessions, found, table.query), 200, headers, media_type)


@router.get("/sources/{source}/random")
def random_latent(session: SessionDep, source: str) -> RedirectResponse:
    """A live latent of the source."""
    return RedirectResponse(random_latent_href(session, source), 302, {"Cache-Control": "no-store"})
