"""What the commands share: the console that they print on and the database that they open."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.settings import Settings, unknown_names

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

PIPE_WIDTH = 200  # columns

Host = Annotated[str | None, typer.Option(help="Address to listen on [default: PERISCOPE_HOST or 127.0.0.1].")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port to listen on [default: PERISCOPE_PORT or 8000].")
]


def console() -> "Console":
    """A console on the present stdout; names from outside are printed as they are, never read as markup.

    Lines are left to the terminal to wrap; into a pipe tables are written wide enough not to be cut.
    """
    from rich.console import Console  # a server needs none

    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def warn_of_unknown_settings() -> None:
    """Say on stderr which PERISCOPE_ names of the environment are no settings."""
    for sentence in unknown_names():
        typer.echo(f"Warning: {sentence}", err=True)


@contextmanager
def open_engine(settings: Settings) -> Iterator["Engine"]:
    """An engine on a database of this version, made if it is empty; closed afterwards."""
    from app.db.session import make_engine, make_ready

    engine = make_engine(settings)
    try:
        make_ready(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def open_session(settings: Settings) -> Iterator["Session"]:
    """A session on a database of this version, made if it is empty; closed afterwards."""
    from app.db.session import make_session_maker

    with open_engine(settings) as engine, make_session_maker(engine)() as session:
        yield session
