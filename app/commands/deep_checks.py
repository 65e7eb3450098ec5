"""``periscope doctor --deep``: the whole database read, with a bar on a terminal, and a line for every damage."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.commands.checks import FAIL, OK, Check
from app.commands.console import console
from app.errors import DatabaseError
from app.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

NAME = "integrity"


def deep_checks(settings: Settings) -> Iterator[Check]:
    """One finding for each damage, or one that there is none."""
    from app.db.integrity import describe_checks, examine
    from app.db.session import make_engine

    try:
        engine = make_engine(settings)
    except DatabaseError as error:
        yield Check(NAME, FAIL, f"the database cannot be opened: {error}", "check PERISCOPE_DATABASE_URL")
        return
    found = 0
    try:
        with progress_bar() as bar:
            task = bar.add_task("looking", what="")

            def tell(what: str, share: float | None) -> None:
                bar.update(task, what=what, total=None if share is None else 1.0, completed=share or 0.0)

            for damage in examine(engine, tell):
                found += 1
                yield Check(NAME, FAIL, damage.what, damage.remedy)
        if not found:
            yield Check(NAME, OK, f"nothing is damaged ({describe_checks(engine)})")
    except DatabaseError as error:
        yield Check(NAME, FAIL, f"the database does not answer any more: {error}", "see the finding about the database")
    finally:
        engine.dispose()


def progress_bar() -> "Progress":
    """What is being looked at and how far; gone when it is done, and nothing where there is no terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.fields[what]}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=console(),
        transient=True,
        disable=not console().is_terminal,
    )
