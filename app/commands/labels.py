"""``periscope labels``: the labels of a source into a file, and out of one."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.console import console, open_session, warn_of_unknown_settings
from app.settings import load_settings
from app.text.formats import count

commands = typer.Typer(help="Labels of latents, in and out.", no_args_is_help=True, rich_markup_mode=None)

Slug = Annotated[str, typer.Argument(help="The source's short name.", show_default=False)]
Target = Annotated[Path, typer.Argument(help="The file to write, lines of JSON.", show_default=False)]
Given = Annotated[
    Path,
    typer.Argument(
        help="Lines of JSON, a batch or folder of Neuronpedia's explanations, or a folder of delphi's results.",
        show_default=False,
    ),
]
Hook = Annotated[str | None, typer.Option("--hook", help="Which hook's results of delphi [default: the only one].")]
AnyModel = Annotated[bool, typer.Option("--any-model", help="Import what names another model.")]
SkipBroken = Annotated[bool, typer.Option("--skip-broken", help="Import the rest where lines cannot be read.")]


@commands.callback()
def labels() -> None:
    """Labels of latents, in and out."""


@commands.command("export")
def export(slug: Slug, file: Target) -> None:
    """Write all labels of a source, with what they are worth, as lines of JSON."""
    warn_of_unknown_settings()
    from app.db.queries.sources import source_by_slug
    from app.labels.files.transfer import export_labels

    with open_session(load_settings()) as session:
        n = export_labels(session, source_by_slug(session, slug), file)
    console().print(f"{count(n)} {'label' if n == 1 else 'labels'} of {slug} written to {file}.")


@commands.command("import")
def import_(
    slug: Slug, file: Given, hook: Hook = None, any_model: AnyModel = False, skip_broken: SkipBroken = False
) -> None:
    """Read labels for a source; nothing is stored where a line cannot be read."""
    warn_of_unknown_settings()
    from app.db.queries.sources import source_by_slug
    from app.labels.files.transfer import import_labels, read_labels

    with open_session(load_settings()) as session:
        source = source_by_slug(session, slug)
        found = read_labels(file, source, hook=hook, any_model=any_model)
        import_labels(session, source, found, skip_broken=skip_broken)
    out = console()
    n = len(found.labels)
    out.print(f"{count(n)} {'label' if n == 1 else 'labels'} imported for {slug}.")
    others = sum(label.weights_hash != source.facts.weights_hash for label in found.labels)
    if others:
        out.print(f"{count(others)} of them are of other weights: they are shown as such, and name no latent.")
    for item in found.broken:
        out.print(f"Left out: {item}")
    for note in found.notes:
        out.print(note)
