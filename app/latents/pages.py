"""Latent ``/sources/{source}/latents/{index}``, its examples alone, a whole prompt, and its label."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.errors import InvalidRequest
from app.explain.service import is_offered
from app.labels.rule_answers import rule_view
from app.labels.service import withdraw
from app.labels.tested import save_tested_label
from app.latents.bands import BandsQuery, bands_query
from app.latents.prompts import prompt_view
from app.latents.service import RefusedLabel, bands_part, latent_page, later_bands_part
from app.web.rendering import page, part
from app.web.request_types import PathNumber
from app.web.staleness import is_stale, load_anew
from app.web.units import answer_with_session, with_session

router = APIRouter(include_in_schema=False)
PATH = "/sources/{source}/latents/{index}"


# A coroutine, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def query_of(view: str = "quantile", scale: str = "log", band: str = "", list: str = "") -> BandsQuery:
    """The query string: kind of bands, scale of the counts, one band or all; the table that the reader came from."""
    return bands_query(view, scale, band, list)


QueryDep = Annotated[BandsQuery, Depends(query_of)]


@router.get(PATH)
async def latent(request: Request, source: str, index: int, query: QueryDep) -> HTMLResponse:
    """Everything about one latent."""

    def answer(session: Session) -> HTMLResponse:
        explains = is_offered(request.app.state.settings)
        return page(request, "latent", latent_page(session, source, index, query, explains=explains))

    return await answer_with_session(request, "latents", answer)


@router.get("/parts" + PATH + "/bands")
async def bands(request: Request, source: str, index: int, query: QueryDep) -> HTMLResponse:
    """The histogram and the examples."""

    def answer(session: Session) -> HTMLResponse:
        if is_stale(request, session, source):
            return load_anew()
        return part(request, "bands", bands_part(session, source, index, query))

    return await answer_with_session(request, "latents", answer)


@router.get("/parts" + PATH + "/later-bands")
async def later_bands(request: Request, source: str, index: int, query: QueryDep) -> HTMLResponse:
    """The examples of the bands that the page leaves for later."""

    def answer(session: Session) -> HTMLResponse:
        if is_stale(request, session, source):
            return load_anew()
        return part(request, "later_bands", later_bands_part(session, source, index, query))

    return await answer_with_session(request, "latents", answer)


@router.get(PATH + "/prompts/{prompt}")
async def prompt(request: Request, source: str, index: int, prompt: int, position: int | None = None) -> HTMLResponse:
    """A whole prompt around an example."""

    def answer(session: Session) -> HTMLResponse:
        return page(request, "prompt", prompt_view(session, source, index, prompt, position))

    return await answer_with_session(request, "reads", answer)


@router.get("/parts" + PATH + "/prompts/{prompt}")
async def prompt_part(
    request: Request, source: str, index: int, prompt: int, position: int | None = None
) -> HTMLResponse:
    """A whole prompt, to stand below its example."""

    def answer(session: Session) -> HTMLResponse:
        if is_stale(request, session, source):
            return load_anew()
        return part(request, "prompt", prompt_view(session, source, index, prompt, position))

    return await answer_with_session(request, "reads", answer)


@router.get("/parts" + PATH + "/rule")
async def rule_part(request: Request, source: str, index: int, rule: str = "") -> HTMLResponse:
    """A rule tested while it is typed; why it cannot be stands in the panel."""

    def answer(session: Session) -> HTMLResponse:
        return part(request, "rule", rule_view(session, source, index, rule))

    return await answer_with_session(request, "answers", answer)


@router.post(PATH + "/labels")
async def label(
    request: Request,
    source: str,
    index: int,
    text: Annotated[str, Form()] = "",
    author: Annotated[str, Form()] = "",
    rule: Annotated[str, Form()] = "",
) -> Response:
    """Store a label and go back to the page, or show the page with the reason why not."""

    def answer(session: Session) -> Response:
        try:
            save_tested_label(session, source, index, text, author, rule)
        except InvalidRequest as error:
            refused = RefusedLabel(text, author, rule, str(error))
            explains = is_offered(request.app.state.settings)
            view = latent_page(session, source, index, BandsQuery(), refused, explains=explains)
            return page(request, "latent", view, status=422)
        return RedirectResponse(f"/sources/{source}/latents/{index}#labels", 303)

    return await with_session(request, "writes", answer)


@router.post(PATH + "/labels/{number}/withdraw")
async def withdraw_label(request: Request, source: str, index: int, number: PathNumber) -> Response:
    """Take a person's label back, and go back to the page."""

    def answer(session: Session) -> Response:
        withdraw(session, source, index, number)
        return RedirectResponse(f"/sources/{source}/latents/{index}#labels", 303)

    return await with_session(request, "writes", answer)
