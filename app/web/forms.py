"""What pages that run models share: the fields of a form or an address, and the status of what went wrong."""

from fastapi import Request, Response

from app.errors import Problem
from models.files import safe_text


async def fields_of(request: Request) -> list[tuple[str, str]]:
    """Names and values of the form of a POST, else of the address, in their order; with U+FFFD for what is not Unicode.

    A form may name a charset in which half of a surrogate pair can be spelt.
    """
    if request.method == "POST":
        form = await request.form()
        found = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        return [(safe_text(name), safe_text(value)) for name, value in found]
    return request.query_params.multi_items()


def with_problem(response: Response, problem: Problem | None) -> Response:
    """The page or panel with the status of what went wrong; what a model computed is not kept by anybody."""
    response.headers["Cache-Control"] = "no-store"
    if problem is not None:
        response.status_code = problem.status
        if problem.retry_after is not None:
            response.headers["Retry-After"] = str(problem.retry_after)
    return response
