"""``periscope search-index``: what the search reads, for builds and labels that it does not know yet."""

from typing import Annotated

import typer

from app.commands.build import INTERRUPTED, progress_bar
from app.commands.console import console, warn_of_unknown_settings
from app.settings import load_settings

Slugs = Annotated[list[str] | None, typer.Argument(help="Slugs of sources [default: all that are built].")]


def search_index(slugs: Slugs = None) -> None:
    """Make what the search over all latents reads.

    A build does this itself; this is for builds of earlier versions, and for labels that came since.
    """
    warn_of_unknown_settings()
    settings = load_settings()

    from app.search.index import make_search_index

    try:
        with progress_bar() as bar:
            task = bar.add_task("search", total=1, stage="looking what is missing", speed="")

            def report(stage: str, done: int, total: int) -> None:
                bar.update(task, total=max(1, total), completed=done, stage=stage, speed=f"{done:,} of {total:,}")

            said = make_search_index(settings, slugs or (), report)
    except KeyboardInterrupt:
        typer.echo("Stopped; what is made stays, and the same command goes on with the rest.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    console().print(said)
