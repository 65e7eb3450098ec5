"""Builds ``/builds``: the list, the end of a build on request, and what keeps running builds up to date on pages."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sse_starlette import EventSourceResponse

from app.pages.rendering import page, render_part
from app.pages.requests import SessionDep
from app.services.builds import builds_page, cancel, current_pulse, watched
from app.views import LiveBuilds, Pulse

router = APIRouter(include_in_schema=False)

#: Seconds between two looks at the database.
INTERVAL = 1.0


@router.get("/builds")
def builds(request: Request, session: SessionDep) -> HTMLResponse:
    """All builds, running ones first."""
    return page(request, "builds", builds_page(session), active="builds")


@router.post("/builds/{number}/cancel")
def cancel_build(session: SessionDep, number: int, hx_request: Annotated[str, Header()] = "") -> Response:
    """End a running build and those that share its pass; then the list, or for htmx word that it changed."""
    sentence = cancel(session, number)
    if not hx_request:
        return RedirectResponse("/builds", 303)
    trigger = json.dumps({"builds-changed": "", "periscope:toast": sentence})
    return Response(status_code=204, headers={"HX-Trigger": trigger})


@router.get("/parts/builds/pulse")
def pulse(session: SessionDep, seen: str = "") -> Response:
    """No content; when builds started or ended since ``seen``, the page is told to look again."""
    headers = {"Cache-Control": "no-store"}
    if current_pulse(session).seen != seen:
        headers["HX-Trigger"] = "builds-changed"
    return Response(status_code=204, headers=headers)


@router.get("/parts/builds/events")
async def events(request: Request, seen: str = "") -> EventSourceResponse:
    """Server-sent events: ``build-N`` with the progress of run N whenever it changed.

    ``done`` ends the stream when a build started or ended since ``seen``: the page renews itself and asks again.
    """
    return EventSourceResponse(watch(request.app.state, seen))


async def watch(state: Any, seen: str) -> AsyncIterator[dict[str, str]]:
    """The events of the stream; ``state`` is the application's."""
    shown: dict[int, str] = {}
    while True:
        now, live = await run_in_threadpool(_look, state)
        if now.seen != seen or not live.builds:
            yield {"event": "done", "data": ""}
            return
        for build in live.builds:
            text = render_part(state.templates, "live_build", build)
            if shown.get(build.number) != text:
                shown[build.number] = text
                yield {"event": f"build-{build.number}", "data": text}
        await asyncio.sleep(INTERVAL)


def _look(state: Any) -> tuple[Pulse, LiveBuilds]:
    with state.sessions() as session:
        return watched(session)
