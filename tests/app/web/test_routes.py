"""No route and nothing that one depends on runs in the threads that files need."""

import asyncio
import inspect
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient


def calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for needed in dependant.dependencies:
        yield from calls(needed)


def test_every_route_and_dependency_is_a_coroutine(client: TestClient) -> None:
    routers = [getattr(route, "original_router", None) for route in client.app.routes]  # type: ignore[attr-defined]
    routes = [route for router in routers if router for route in router.routes if isinstance(route, APIRoute)]
    found = {call for route in routes for call in calls(route.dependant) if call is not None}
    assert len(found) > 40
    others = [call for call in found if not (asyncio.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))]
    assert not others, "FastAPI would run these in the threads of static files, with no bound and no time limit"


def test_no_request_leaves_a_connection_behind(client: TestClient) -> None:
    pool = client.app.state.engine.pool  # type: ignore[attr-defined]
    for path in ("/", "/sources/tiny-mid", "/sources/tiny-mid/latents/1", "/api/v1/sources", "/nope", "/readyz"):
        client.get(path)
        assert pool.checkedout() == 0, path
