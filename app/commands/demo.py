"""``periscope demo``: everything from nothing, with the bundled model."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from app.commands.console import Host, Port, warn_of_unknown_settings
from app.errors import InvalidRequest
from app.settings import Settings, load_settings

#: How long the build may take to save its checkpoint when the server stops, in seconds.
PATIENCE = 30
#: What --model may be: the demos of app.demo.demos, which loads torch and so stays out of this process.
NAMES = ("chat", "grammar")
#: The process that builds; -P, since a folder of the present one may be called app as well.
BUILDER = (sys.executable, "-P", "-m", "app.demo.prepare")

Model = Annotated[
    str | None,
    typer.Option(
        help="chat: a real model of 135M parameters; grammar: a small one of which everything is known [default: chat, "
        "if it is installed]."
    ),
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")]


def demo(model: Model = None, host: Host = None, port: Port = None, no_browser: NoBrowser = False) -> None:
    """Migrate, build the bundled sources, serve.

    Sources that are built already are not built again; pages answer while the others are being built.
    """
    warn_of_unknown_settings()
    chosen = _chosen(model)
    settings = load_settings(host=host, port=port)
    settings.require_safe_host()

    from app.commands.web_server import bind, serve_app

    with bind(settings) as opened:
        migrate(settings)
        announce_start(settings)
        with building((*BUILDER, chosen)):
            serve_app(settings, opened, open_browser=not no_browser)


def _chosen(model: str | None) -> str:
    """The name of the demo."""
    from models.demo_chat.bundle import FETCH, installed_model

    if model is not None and model not in NAMES:
        raise InvalidRequest(f"--model is {' or '.join(NAMES)}, not {model[:40]!r}.")
    if model == "chat" and not installed_model():
        raise InvalidRequest(f"The chat model is not installed: `{FETCH}` fetches it (98 MB).")
    if model is None and not installed_model():
        typer.echo(f"The chat model is not installed (`{FETCH}` fetches it, 98 MB); this is the grammar.")
        return "grammar"
    return model or "chat"


def announce_start(settings: Settings) -> None:
    """Let the Home page say what goes on before the builder's process can: its imports take seconds."""
    from app.db.session import make_engine, make_session_maker
    from app.home.service import has_sources
    from app.preparing import announce, withdraw

    engine = make_engine(settings)
    try:
        with make_session_maker(engine)() as session:
            is_empty = not has_sources(session)
    finally:
        engine.dispose()
    if is_empty:
        announce(settings.data_dir, "Starting the demo's builder.")
    else:
        withdraw(settings.data_dir)


def migrate(settings: Settings) -> None:
    """Bring the database to this version's tables."""
    from app.db.session import make_engine, upgrade

    engine = make_engine(settings)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


@contextmanager
def building(command: Sequence[str]) -> Iterator[None]:
    """Build meanwhile, in a process of its own: the pages answer at once and load no model."""
    # In a session of its own, so that Ctrl+C reaches it once, from here, and it can save where it is.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
