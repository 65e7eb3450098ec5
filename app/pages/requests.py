"""What every page and API path takes from a request: a database session."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def open_session(request: Request) -> Iterator[Session]:
    """A session for one request; pages only read."""
    with request.app.state.sessions() as session:
        yield session


SessionDep = Annotated[Session, Depends(open_session)]
