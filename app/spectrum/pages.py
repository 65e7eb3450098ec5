"""Spectrum ``/sources/{source}/latents/{index}/spectrum``: the activations by groups; the rules are in the address."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.corpus.rules import rules_of
from app.spectrum.service import spectrum_page
from app.web.rendering import page
from app.web.units import answer_with_session

router = APIRouter(include_in_schema=False)
Texts = Annotated[list[str], Query()]


@router.get("/sources/{source}/latents/{index}/spectrum")
async def spectrum(
    request: Request,
    source: str,
    index: int,
    name: Texts = [],  # noqa: B006 (FastAPI copies it)
    rule: Texts = [],  # noqa: B006
    where: Texts = [],  # noqa: B006
) -> HTMLResponse:
    """The distribution of one latent, and how well it tells each group from all other tokens; a rule that cannot be
    meant stands in the form with the reason, beside what the others give.
    """

    def answer(session: Session) -> HTMLResponse:
        view = spectrum_page(session, source, index, rules_of(name, rule, where))
        is_refused = view.error or any(field.error for field in view.fields)
        return page(request, "spectrum", view, status=422 if is_refused else 200)

    return await answer_with_session(request, "answers", answer)
