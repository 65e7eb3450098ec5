"""What every page and API path takes from a request: a database session, and a thread to work in."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar

from anyio import to_thread
from fastapi import Depends, Request
from sqlalchemy.orm import Session

Answer = TypeVar("Answer")


async def in_turn(request: Request, work: Callable[[Session], Answer]) -> Answer:
    """Do a short piece of work in a thread, one such piece at a time in the order of the requests.

    It is work for Python, of which a process does one piece at a time: two pages that take turns are both as late as
    the later one. What may take long, as the first sort of a table, is not done here, so that nobody waits for it.
    """

    def with_session() -> Answer:
        with request.app.state.sessions() as session:
            return work(session)

    answer: Answer = await to_thread.run_sync(with_session, limiter=request.app.state.turns)
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


SessionDep = Annotated[Session, Depends(open_session)]
