"""``periscope doctor``: what is installed, reachable and wrong, each with its remedy."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from app.commands.checks import FAIL, OK, WARN, Check, all_checks
from app.commands.console import console
from app.commands.deep_checks import deep_checks
from app.errors import SettingsError
from app.settings import Settings, default_database, load_settings

MARKS = {OK: "ok  ", WARN: "warn", FAIL: "FAIL"}
STYLES = {OK: "green", WARN: "yellow", FAIL: "bold red"}


Deep = Annotated[
    bool, typer.Option("--deep", help="Read the whole database as well and say what is damaged; takes its time.")
]


def doctor(deep: Deep = False) -> None:
    """Check what is installed and reachable.

    Ends with status 1 when something is wrong.
    """
    try:
        settings = load_settings()
        first = Check("settings", OK, "valid")
    except SettingsError as error:
        # The rest can still be looked at, with the values that nobody set.
        data_dir = Path("data")
        settings = Settings.model_construct(data_dir=data_dir, database_url=default_database(data_dir))
        first = Check("settings", FAIL, str(error), "correct it in the environment or in .env")
    failed = 0
    out = console()
    for check in chain([first], all_checks(settings), deep_checks(settings) if deep else ()):
        out.print(MARKS[check.state], f"{check.name}:", check.detail, style=STYLES[check.state])
        if check.remedy:
            out.print(f"     -> {check.remedy}")
        failed += check.state == FAIL
    if failed:
        typer.echo(f"Error: {failed} of the checks failed.", err=True)
        raise typer.Exit(1)
