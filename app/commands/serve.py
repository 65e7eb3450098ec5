"""``periscope serve``: the web server."""

from typing import Annotated

import typer

from app.commands.console import Host, Port, console, open_session, warn_of_unknown_settings
from app.settings import load_settings

Check = Annotated[bool, typer.Option("--check", help="Only say whether the settings allow to serve.")]


def serve(host: Host = None, port: Port = None, check: Check = False) -> None:
    """Serve the pages and the API."""
    warn_of_unknown_settings()
    settings = load_settings(host=host, port=port)
    settings.require_safe_host()
    if check:
        console().print("The settings allow to serve.")
        return

    from app.commands.web_server import bind, serve_app
    from app.db.writes.builds import clean_stale_builds

    with bind(settings) as opened:
        with open_session(settings) as session:
            clean_stale_builds(session)
        serve_app(settings, opened)
