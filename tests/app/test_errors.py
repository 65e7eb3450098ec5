"""Each error has one answer, and the tree in the docstring is the tree of the code."""

import re

import pytest

from app import errors
from app.errors import PeriscopeError, problem_of
from models.errors import ContextMismatch, CorpusError, InputRefused, MemoryRefused, PeriscopeModelError, SourceError


def tree(base: type[Exception]) -> list[type[Exception]]:
    return [base, *(found for child in base.__subclasses__() for found in tree(child))]


def test_the_docstring_draws_every_error_with_its_status() -> None:
    drawn = dict(re.findall(r"(\w+) {2,}(\d{3})\b", errors.__doc__ or ""))
    own = [kind for kind in tree(PeriscopeError) if kind.__module__ == "app.errors"]
    assert drawn == {kind.__name__: str(kind.status) for kind in own}  # type: ignore[attr-defined]


def test_a_problem_carries_status_title_and_sentence() -> None:
    problem = problem_of(errors.UnknownLatent("tiny", 99, 64))
    assert problem.body() == {
        "type": "about:blank",
        "title": "Unknown latent",
        "status": 404,
        "detail": "tiny has no latent 99; its latents are 0 to 63.",
    }
    assert problem.retry_after is None


def test_what_may_work_later_says_when() -> None:
    assert problem_of(errors.DatabaseBusy("x")).retry_after == 5
    assert problem_of(errors.DatabaseFull("x")).retry_after is None


@pytest.mark.parametrize("kind", [k for k in tree(PeriscopeModelError) if k is not MemoryRefused])
def test_errors_of_the_models_ask_to_change_the_request(kind: type[Exception]) -> None:
    problem = problem_of(kind("The sentence."))
    assert (problem.status, problem.detail) == (422, "The sentence.")
    # A program is told apart what cannot be read and what does not fit what is there.
    cannot_be_read = kind in (InputRefused, ContextMismatch, CorpusError)
    problem = problem_of(kind("The sentence."), for_program=True)
    assert (problem.status, problem.detail) == (422 if cannot_be_read else 409, "The sentence.")


def test_what_does_not_fit_is_a_conflict_for_programs_alone() -> None:
    for kind in (errors.Unfit, errors.BadCursor):
        assert (problem_of(kind("x")).status, problem_of(kind("x"), for_program=True).status) == (422, 409)
    assert problem_of(errors.InvalidRequest("x"), for_program=True).status == 422
    assert problem_of(errors.NotFound("x"), for_program=True).status == 404


def test_too_little_memory_may_work_later() -> None:
    assert not issubclass(SourceError, MemoryRefused)
    assert (problem_of(MemoryRefused("x")).status, problem_of(MemoryRefused("x")).retry_after) == (503, 5)


def test_an_error_nobody_foresaw_tells_no_internals() -> None:
    problem = problem_of(ValueError("/secret/path"))
    assert problem.status == 500
    assert "secret" not in problem.detail


def test_unknown_names_are_cut() -> None:
    assert len(str(errors.UnknownSource("x" * 10_000, ["a"]))) < 200
