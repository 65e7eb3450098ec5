"""Builds ``/builds``, the stream that keeps running builds up to date, and the pulse by which pages notice new ones."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse

from app.pages.rendering import page, render_part
from app.pages.requests import SessionDep
from app.services.builds import builds_page, current_pulse, running
from app.views import LiveBuilds

router = APIRouter(include_in_schema=False)

#: Seconds between two looks at the database.
INTERVAL = 1.0


@router.get("/builds")
def builds(request: Request, session: SessionDep) -> HTMLResponse:
    """All builds, running ones first."""
    return page(request, "builds", builds_page(session), active="builds")


@router.get("/parts/builds/pulse")
def pulse(session: SessionDep, seen: str = "") -> Response:
    """No content; when builds started or ended since ``seen``, the page is told to look again."""
    headers = {"Cache-Control": "no-store"}
    if current_pulse(session).seen != seen:
        headers["HX-Trigger"] = "builds-changed"
    return Response(status_code=204, headers=headers)


@router.get("/parts/builds/events")
async def events(request: Request) -> EventSourceResponse:
    """Server-sent events: ``builds`` with the panel whenever it changed, ``done`` when nothing runs any more."""
    return EventSourceResponse(_watch(request.app.state))


async def _watch(state: Any) -> AsyncIterator[dict[str, str]]:
    shown = None
    while True:
        live = await run_in_threadpool(_look, state)
        if live != shown:
            shown = live
            yield {"event": "builds", "data": render_part(state.templates, "live_builds", live)}
        if not live.builds:
            yield {"event": "done", "data": ""}
            return
        await asyncio.sleep(INTERVAL)


def _look(state: Any) -> LiveBuilds:
    with state.sessions() as session:
        return running(session)
