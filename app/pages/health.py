"""For supervisors: ``/healthz`` (the process is up), ``/readyz`` (the database answers), ``/metrics`` (Prometheus)."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.answers import HealthAnswer
from app.services.health import check_ready

router = APIRouter()


@router.get("/healthz", summary="Process is up")
async def healthz() -> HealthAnswer:
    """Always ``ok`` while the process answers; from the event loop itself, so that no work can hold it up."""
    return HealthAnswer("ok")


@router.get("/readyz", summary="Ready to answer")
def readyz(request: Request) -> HealthAnswer:
    """``ready`` when the database answers and is at this version's revision; otherwise 503 with the reason."""
    check_ready(request.app.state.engine)
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
def metrics(request: Request) -> Response:
    """Requests by route and status, and their duration in seconds."""
    body = generate_latest(request.app.state.metrics.registry)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})
