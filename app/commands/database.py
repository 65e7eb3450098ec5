"""``periscope db``: the migrations."""

import typer

from app.commands.console import console
from app.settings import load_settings

commands = typer.Typer(help="The database and its migrations.", no_args_is_help=True, rich_markup_mode=None)


@commands.callback()
def database() -> None:
    """The database and its migrations."""


@commands.command("upgrade")
def upgrade_database() -> None:
    """Bring the database to this version's tables; makes it if there is none."""
    from app.db.session import database_url, make_engine, upgrade

    settings = load_settings()
    engine = make_engine(settings)
    try:
        upgrade(engine)
    finally:
        engine.dispose()
    console().print(f"The database is up to date: {database_url(settings).render_as_string(hide_password=True)}")
