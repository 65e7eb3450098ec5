"""``periscope scores``: add output scores to builds that are complete."""

from typing import TYPE_CHECKING

import typer

from app.commands.build import INTERRUPTED, Device, Dtype, Slugs, progress_bar
from app.commands.console import console, warn_of_unknown_settings
from app.settings import load_settings

if TYPE_CHECKING:
    from rich.progress import Progress

    from app.builds.output_scores import Report


def scores(slugs: Slugs, device: Device = None, dtype: Dtype = None) -> None:
    """Score how well the latents of a complete build steer.

    The corpus is not read again. Latents that have a score keep it.
    """
    warn_of_unknown_settings()
    settings = load_settings()

    from app.builds.output_scores import add_scores

    try:
        with progress_bar() as bar:
            add_scores(settings, slugs, device or settings.device, dtype or settings.dtype, reporter(bar))
    except KeyboardInterrupt:
        typer.echo("Stopped; what is scored stays, and the same command goes on with the rest.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    console().print(f'Scored {", ".join(slugs)}; see the column "Output score" in the table of latents.')


def reporter(bar: "Progress") -> "Report":
    """What moves the bar, which starts anew with each source."""
    task = bar.add_task("scores", total=1.0, stage="loading the model", speed="")

    def report(slug: str, done: int, total: int) -> None:
        speed = f"{done:,} of {total:,} latents" if total else "nothing left to score"
        bar.update(task, total=max(1, total), completed=done if total else 1, stage=f"scoring {slug}", speed=speed)

    return report
