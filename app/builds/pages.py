"""Builds ``/builds``: the list, the end of a build on request, and what keeps running builds up to date on pages."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sse_starlette import EventSourceResponse

from app.builds.service import builds_page, cancel, current_pulse, watched
from app.errors import Unavailable
from app.trainings.service import trainings
from app.web.rendering import page, part, render_part
from app.web.units import answer_in_lane, answer_with_session, no_content, with_session

router = APIRouter(include_in_schema=False)

#: Seconds between two looks at the database.
INTERVAL = 1.0


@router.get("/builds")
async def builds(request: Request) -> HTMLResponse:
    """All builds, running ones first, and what is being trained."""
    folder = request.app.state.settings.data_dir
    return await answer_with_session(
        request, "reads", lambda session: page(request, "builds", builds_page(session, folder), active="builds")
    )


@router.get("/parts/builds/trainings")
async def live_trainings(request: Request) -> HTMLResponse:
    """What is being trained, which the page asks for again and again."""
    folder = request.app.state.settings.data_dir
    return await answer_in_lane(request, "reads", lambda: part(request, "trainings", trainings(folder)))


@router.post("/builds/{number}/cancel")
async def cancel_build(request: Request, number: int, hx_request: Annotated[str, Header()] = "") -> Response:
    """End a running build and those that share its pass; then the list, or for htmx word that it changed."""
    sentence = await with_session(request, "writes", lambda session: cancel(session, number))
    if not hx_request:
        return RedirectResponse("/builds", 303)
    return no_content({"HX-Trigger": json.dumps({"builds-changed": "", "periscope:toast": sentence})})


@router.get("/parts/builds/pulse")
async def pulse(request: Request, seen: str = "") -> Response:
    """No content; when builds started or ended since ``seen``, the page is told to look again."""
    now = await with_session(request, "reads", current_pulse)
    changed = {"HX-Trigger": "builds-changed"} if now.seen != seen else {}
    return no_content({"Cache-Control": "no-store", **changed})


@router.get("/parts/builds/events")
async def events(request: Request, seen: str = "") -> EventSourceResponse:
    """Server-sent events: ``build-N`` with the progress of run N whenever it changed.

    ``done`` ends the stream when a build started or ended since ``seen``: the page renews itself and asks again.
    """
    return EventSourceResponse(watch(request, seen))


async def watch(request: Request, seen: str) -> AsyncIterator[dict[str, str]]:
    """The events of the stream; while the database is too busy to answer, nothing is new."""
    templates = request.app.state.templates
    shown: dict[int, str] = {}
    while True:
        try:
            now, live = await with_session(request, "reads", watched)
        except Unavailable:
            await asyncio.sleep(INTERVAL)
            continue
        if now.seen != seen or not live.builds:
            yield {"event": "done", "data": ""}
            return
        for build in live.builds:
            text = render_part(templates, "live_build", build)
            if shown.get(build.number) != text:
                shown[build.number] = text
                yield {"event": f"build-{build.number}", "data": text}
        await asyncio.sleep(INTERVAL)
