"""The API reference ``/docs``: the OpenAPI document as a plain page, without any script."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.reference.service import reference_view
from app.web.rendering import page
from app.web.units import answer_in_lane

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def reference(request: Request) -> HTMLResponse:
    """Every path of the API with its parameters, an example and the shape of its answer."""
    base = str(request.base_url).rstrip("/")

    def answer() -> HTMLResponse:
        return page(request, "reference", reference_view(request.app.openapi(), base), active="api")

    return await answer_in_lane(request, "reads", answer)
