"""What every page and API path takes from a request: a database session, and the query of the latents' table."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from sqlalchemy.orm import Session

from app.services.latent_table import COLUMNS, DEFAULT, LatentQuery, TableRequest


def open_session(request: Request) -> Iterator[Session]:
    """A session for one request; pages only read."""
    with request.app.state.sessions() as session:
        yield session


SessionDep = Annotated[Session, Depends(open_session)]


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


#: A number in a query string; a form sends an empty text for "not given".
OptionalNumber = Annotated[float | None, BeforeValidator(_none_if_empty)]
Share = Annotated[OptionalNumber, Query(description="A share of tokens, 0 to 1; empty: no limit.")]
Search = Annotated[str, Query(description="Text in the label, the top token or a promoted token; case is ignored.")]
Cursor = Annotated[str, Query(description="next_cursor of the page before; empty: the first page.")]


def table_request(
    sort: str = "",
    order: str = "",
    min_density: Share = None,
    max_density: Share = None,
    q: Search = "",
    cursor: Cursor = "",
) -> TableRequest:
    """The query string of the Source page. InvalidRequest names the first value that cannot be meant."""
    sort = sort or DEFAULT.sort
    order = order or COLUMNS.get(sort, ("", "asc"))[1]
    return TableRequest(LatentQuery(sort, order, min_density, max_density, q), cursor)


TableRequestDep = Annotated[TableRequest, Depends(table_request)]
