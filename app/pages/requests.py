"""What every page and API path takes from a request: a database session, and a thread to work in."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Literal, TypeVar

from anyio import to_thread
from fastapi import Depends, Request, params
from fastapi.dependencies.utils import get_flat_params
from sqlalchemy.orm import Session

from app.errors import InvalidRequest, shorten

Answer = TypeVar("Answer")
Line = Literal["latents", "tables"]
#: Pages of a kind that are made at once. The latents' are work for Python, of which a process does one piece at a time:
#: two pages that take turns are both as late as the later one. Half of a table's work is numpy's, which two threads do
#: side by side, and the first sort of a column may take long; so nobody else waits in that line.
LINES: dict[Line, int] = {"latents": 1, "tables": 2}


async def in_line(request: Request, line: Line, work: Callable[[Session], Answer]) -> Answer:
    """Do the work for a page, which only reads, in a thread, after the work that is before it in the line."""

    def with_session() -> Answer:
        with request.app.state.reading() as session:
            return work(session)

    answer: Answer = await to_thread.run_sync(with_session, limiter=request.app.state.lines[line])
    return answer


async def open_session(request: Request) -> AsyncIterator[Session]:
    """A session for one request; pages only read.

    Made in the event loop, since a session asks for a connection only when it is used: in a thread of its own each
    request would wait in line three times instead of once.
    """
    session: Session = request.app.state.sessions()
    try:
        yield session
    finally:
        if session.get_bind().dialect.name == "sqlite":
            session.close()  # no more than a call into the library
        else:
            await to_thread.run_sync(session.close)  # asks the server to roll back


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


SessionDep = Annotated[Session, Depends(open_session)]
