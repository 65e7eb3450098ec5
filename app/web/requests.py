"""Query parameters that a path does not have."""

from collections.abc import Sequence

from fastapi import Request, params
from fastapi.dependencies.utils import get_flat_params

from app.errors import InvalidRequest, shorten


async def known_parameters(request: Request) -> None:
    """Refuse a query parameter that the path does not have: misspelt and left out, a filter would seem to hold.

    Of the API and of exports only: to a page's address others append parameters of their own.
    """
    if not request.query_params:
        return
    fields = get_flat_params(request.scope["route"].dependant)
    refuse_unknown(request, [field.alias for field in fields if isinstance(field.field_info, params.Query)])


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Raise InvalidRequest for the first query parameter that is not one of these."""
    for name in request.query_params:
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise InvalidRequest(f"There is no parameter {shorten(name)!r} here; {has}.")
