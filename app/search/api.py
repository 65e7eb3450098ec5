"""The search of the JSON API; docs/api.md explains it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.search.schemas import FoundAnswer, SearchAnswer, WhyAnswer
from app.search.service import MAX_LIMIT, MAX_QUERY, WAYS, FoundLatent, SearchQuery, search
from app.web.request_types import Text, Whole, Word
from app.web.requests import known_parameters
from app.web.units import json_with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])
MAX_LIST = 4000

Q = Annotated[
    str,
    Text(0, MAX_QUERY),
    Query(description="What the latents are to be about; empty: nothing is found.", examples=["winter"]),
]
Sources = Annotated[
    str,
    Text(0, MAX_LIST),
    Query(description="Slugs of sources, separated by commas; empty: all that are built.", examples=["tiny-mid"]),
]
By = Annotated[str, Word(WAYS), Query(description="words: whole words before parts; meaning: what means the same.")]
Limit = Annotated[
    int, Whole(1, MAX_LIMIT, "a number of latents", is_text=True), Query(description="Latents at most.", examples=[20])
]


@router.get("/search", summary="Search", response_model=SearchAnswer)
async def search_latents(
    request: Request, q: Q = "", sources: Sources = "", by: By = "words", limit: Limit = 20
) -> Response:
    """The latents whose labels, explanations, examples, top or promoted tokens answer a search, best first."""
    slugs = tuple(slug.strip() for slug in sources.split(",") if slug.strip())
    query = SearchQuery(q, slugs, by, limit)

    def work(session: Session) -> SearchAnswer:
        found = search(session, request.app.state.meanings, query)
        return SearchAnswer([_found(item) for item in found.latents], list(found.notes))

    return await json_with_session(request, "tables", work)


def _found(item: FoundLatent) -> FoundAnswer:
    why = [WhyAnswer(reason.field, reason.text, [list(span) for span in reason.marks]) for reason in item.why]
    return FoundAnswer(item.source, item.index, item.label, item.status, item.score, why)
