"""Labels in the JSON API. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.labels import answers as service
from app.labels import schemas as answers_labels
from app.labels.rule_answers import rule_answer
from app.labels.rules import MAX_RULE
from app.labels.schemas import ExplanationAnswer, ExplanationsAnswer, NewLabel
from app.labels.service import withdraw
from app.labels.tested import save_tested_label
from app.web.lists import PartDep
from app.web.request_types import PathNumber, Text
from app.web.requests import known_parameters
from app.web.units import json_with_session, with_session

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


RuleText = Annotated[
    str,
    Text(1, MAX_RULE),
    Query(description="Words, patterns and labels of the corpus, joined by |, & and !.", examples=["snow* | winter"]),
]


@router.post(
    "/sources/{source}/latents/{index}/explanations",
    summary="Label a latent",
    status_code=201,
    response_model=ExplanationAnswer,
)
async def label(request: Request, source: str, index: PathNumber, new: NewLabel) -> Response:
    """Store what a person calls the latent, for the weights that the source has now; with a rule it is tested at once.

    The label that holds best leads; of those that nobody tested, that of a person.
    """

    def save(session: Session) -> ExplanationAnswer:
        return service.explanation(save_tested_label(session, source, index, new.text, new.author, new.rule))

    return await json_with_session(request, "writes", save, 201)


@router.get(
    "/sources/{source}/latents/{index}/explanations",
    summary="Labels of a latent",
    response_model=ExplanationsAnswer,
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
