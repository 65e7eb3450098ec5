"""What pages that run models share: the fields of a form or an address, and the status of what went wrong."""

from fastapi import Request, Response

from app.errors import InvalidRequest, Problem, shorten
from models.loading.files import safe_text

#: A longer address is refused by some servers and browsers on the way; such a text is sent as a form instead.
MAX_LINK = 8000


def lines(text: str) -> list[str]:
    """The texts of a box with one text a line."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def whole(text: str, name: str) -> int:
    """A whole number from an address. Raises InvalidRequest."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(f"{name} must end with a whole number, not {shorten(text, 40)!r}.")
    return int(text)


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
