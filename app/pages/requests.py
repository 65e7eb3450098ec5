"""What every page and API path takes from a request: a database session."""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request
from sqlalchemy.orm import Session


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
