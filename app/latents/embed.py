"""The embedded view ``/embed/sources/{source}/latents/{index}``: a dashboard for a frame in a notebook."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.errors import NotFound
from app.latents.bands import bands_query
from app.latents.service import embedded
from app.web.rendering import page
from app.web.units import answer_with_session

router = APIRouter(include_in_schema=False)


@router.get("/embed/sources/{source}/latents/{index}")
async def embed(
    request: Request, source: str, index: int, view: str = "quantile", scale: str = "log", band: str = "top"
) -> HTMLResponse:
    """The latent in little: numbers, histogram, the strongest examples or another band, direct effects."""
    if not request.app.state.settings.embed_origins:
        raise NotFound(
            "The embedded view is switched off: name the sites that may frame it in PERISCOPE_EMBED_ORIGINS, for "
            "example http://localhost:8888, and start Periscope again."
        )
    query = bands_query(view, scale, band)
    return await answer_with_session(
        request, "latents", lambda session: page(request, "embed", embedded(session, source, index, query))
    )
