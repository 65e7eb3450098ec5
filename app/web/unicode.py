"""Texts of a request are Unicode: JSON can spell half of a surrogate pair, which no database or tokenizer takes.

Checked at one place for all routes, after a body was read and before anything looks at it.
"""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from models.loading.files import safe_text

Place = tuple[str | int, ...]


# A coroutine, since FastAPI runs any other dependency in a thread.
async def require_unicode(request: Request) -> None:
    """Raise RequestValidationError for the first text of the body that is not Unicode.

    Addresses need no look: the server puts U+FFFD for what is not UTF-8 in them.
    """
    # Where FastAPI read the body, the request keeps what it found; here is none to read where it did not.
    body, form = getattr(request, "_json", None), getattr(request, "_form", None)
    found = wrong_text(dict(form.multi_items()) if form is not None else body)
    if found is not None:
        place, text = found
        said = "Input should be text of valid Unicode"
        raise RequestValidationError([{"type": "string_unicode", "loc": ("body", *place), "msg": said, "input": text}])


def wrong_text(value: Any) -> tuple[Place, str] | None:
    """Where in a value as JSON has it a text is not Unicode, and the text; None if all are."""
    waiting: list[tuple[Place, Any]] = [((), value)]
    while waiting:
        place, item = waiting.pop()
        if isinstance(item, str) and safe_text(item) != item:
            return place, item
        if isinstance(item, dict):
            for name, inner in item.items():
                if safe_text(name) != name:
                    return (*place, name), name
                if isinstance(inner, str | dict | list):
                    waiting.append(((*place, name), inner))
        elif isinstance(item, list):
            waiting += (
                ((*place, number), inner) for number, inner in enumerate(item) if isinstance(inner, str | dict | list)
            )
    return None
