"""For supervisors: ``/healthz`` (up, not stuck), ``/readyz`` (the database answers), ``/metrics`` (Prometheus).

None of them waits for the work of others.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.web.request_types import Word


@dataclass(frozen=True)
class HealthAnswer:
    """``ok`` or ``ready``."""

    status: Annotated[str, Word(("ok", "ready"))]


router = APIRouter()


@router.get("/healthz", summary="Process is up")
async def healthz(request: Request) -> HealthAnswer:
    """``ok`` while the process answers and its threads come back; otherwise 503, and it should be restarted."""
    request.app.state.readiness.check_alive()
    return HealthAnswer("ok")


@router.get("/readyz", summary="Ready to answer")
async def readyz(request: Request) -> HealthAnswer:
    """``ready`` when the database is at this version's revision and a small read succeeds; otherwise 503 and why."""
    await request.app.state.readiness.check_ready()
    return HealthAnswer("ready")


#: What a scrape begins with, in the text format of Prometheus.
SCRAPE = """# HELP periscope_http_requests_total Requests answered.
# TYPE periscope_http_requests_total counter
periscope_http_requests_total{method="GET",route="/healthz",status="200"} 8.0
"""


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": SCRAPE}}}},
)
async def metrics(request: Request) -> Response:
    """Requests by route and status, and their duration in seconds."""
    body = generate_latest(request.app.state.metrics.registry)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})
