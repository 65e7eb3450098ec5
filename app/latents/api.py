"""The JSON API: the same services as the pages, under /api/v1. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.labels import schemas as answers_labels
from app.labels.rule_answers import rule_answer
from app.labels.rules import MAX_RULE
from app.labels.service import withdraw
from app.labels.tested import save_tested_label
from app.latents import answers as service
from app.latents import schemas as answers
from app.sources.table import MAX_LIMIT
from app.sources.table_requests import Cursor, LatentQueryDep
from app.web.lists import PartDep
from app.web.request_types import PathNumber, Text, Whole
from app.web.requests import known_parameters
from app.web.units import json_with_session, with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])

Limit = Annotated[
    int,
    Whole(1, MAX_LIMIT, "a number of latents", is_text=True),
    Query(description="Latents on a page.", examples=[50]),
]


RuleText = Annotated[
    str,
    Text(1, MAX_RULE),
    Query(description="Words, patterns and labels of the corpus, joined by |, & and !.", examples=["snow* | winter"]),
]


@router.get("/sources", summary="All sources", response_model=answers.SourcesAnswer)
async def sources(request: Request) -> Response:
    """Every registered source with the quality numbers of its build; what was not measured is null."""
    return await json_with_session(request, "reads", service.sources)


@router.get("/sources/{source}/latents", summary="Latents of a source", response_model=answers.LatentsAnswer)
async def latents(
    request: Request, source: str, query: LatentQueryDep, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """A page of the table of latents, sorted, filtered and searched; all filters hold at once."""
    return await json_with_session(
        request, "tables", lambda session: service.latents(session, source, query, limit, cursor or None)
    )


@router.get("/sources/{source}/latents/{index}", summary="One latent", response_model=answers.LatentAnswer)
async def latent(request: Request, source: str, index: PathNumber) -> Response:
    """Everything on the latent's page: statistics, histogram, token effects, neighbours, bands of examples."""
    return await json_with_session(request, "latents", lambda session: service.latent(session, source, index))


@router.post(
    "/sources/{source}/latents/{index}/explanations",
    summary="Label a latent",
    status_code=201,
    response_model=answers.ExplanationAnswer,
)
async def label(request: Request, source: str, index: PathNumber, new: answers.NewLabel) -> Response:
    """Store what a person calls the latent, for the weights that the source has now; with a rule it is tested at once.

    The label that holds best leads; of those that nobody tested, that of a person.
    """

    def save(session: Session) -> answers.ExplanationAnswer:
        return service.explanation(save_tested_label(session, source, index, new.text, new.author, new.rule))

    return await json_with_session(request, "writes", save, 201)


@router.get(
    "/sources/{source}/latents/{index}/explanations",
    summary="Labels of a latent",
    response_model=answers.ExplanationsAnswer,
)
async def explanations(request: Request, source: str, index: PathNumber, part: PartDep) -> Response:
    """What the latent is and was called, newest first."""
    return await json_with_session(request, "reads", lambda session: service.explanations(session, source, index, part))


@router.delete("/sources/{source}/latents/{index}/explanations/{id}", summary="Withdraw a label", status_code=204)
async def withdraw_label(request: Request, source: str, index: PathNumber, id: PathNumber) -> Response:
    """Take back what a person called the latent; it stays in the history. Labels of programs are not withdrawn."""
    await with_session(request, "writes", lambda session: withdraw(session, source, index, id))
    return Response(status_code=204)


@router.get(
    "/sources/{source}/latents/{index}/rule",
    summary="Test a rule",
    response_model=answers_labels.RuleAnswer,
)
async def rule(request: Request, source: str, index: PathNumber, rule: RuleText) -> Response:
    """How well a rule says where the latent fires, what it misses, and where it is wrong."""
    return await json_with_session(request, "answers", lambda session: rule_answer(session, source, index, rule))


@router.get("/builds", summary="Builds", response_model=answers.BuildsAnswer)
async def builds(request: Request) -> Response:
    """The newest builds of all sources, running ones first, each with its progress."""
    return await json_with_session(request, "reads", service.builds)
