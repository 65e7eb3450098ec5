"""Pages that show a build while another has taken its place: their parts must not come from the other one."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.db.queries.sources import shows

#: A page sends with its requests for parts which build it was made from.
HEADER = "Periscope-Build"


def is_stale(request: Request, session: Session, slug: str) -> bool:
    """Whether the page that asks shows another build than pages of the source do now."""
    version = request.headers.get(HEADER)
    return version is not None and not shows(session, slug, version)


def load_anew(address: str = "") -> HTMLResponse:
    """Makes htmx load the whole page again, or go to another address."""
    headers = {"HX-Redirect": address} if address else {"HX-Refresh": "true"}
    return HTMLResponse("", headers={**headers, "Cache-Control": "no-store"})
