"""The command line: ``periscope``. Every command is explained in docs/cli.md.

Exit status 0: done; 1: failed, with one plain sentence on stderr; 2: wrong usage. Commands import what is
heavy (torch, SQLAlchemy) when they run, so that ``periscope --help`` answers at once.
"""

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from app.commands import (
    build,
    database,
    demo,
    doctor,
    explain,
    labels,
    presets,
    scores,
    search_index,
    serve,
    sources,
    train,
)
from app.commands import open as opening
from app.errors import PeriscopeError, permission_sentence
from app.private_files import write_privately
from app.settings import PREFIX
from models.errors import PeriscopeModelError
from models.loading.files import safe_text

DEBUG = "--debug"

# Before anything imports torch: its threads must not spin while they wait, or another busy process on the machine
# makes every matrix product several times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

cli = typer.Typer(
    name="periscope",
    help="Browse and steer the latents of sparse autoencoders, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command("demo")(demo.demo)
cli.command("open")(opening.open_source)
cli.command("serve")(serve.serve)
cli.add_typer(sources.commands, name="sources")
cli.command("presets")(presets.presets)
cli.command("build")(build.build)
cli.command("train")(train.train)
cli.command("scores")(scores.scores)
cli.command("explain")(explain.explain)
cli.add_typer(labels.commands, name="labels")
cli.command("search-index")(search_index.search_index)
cli.add_typer(database.commands, name="db")
cli.command("doctor")(doctor.doctor)


@cli.callback()
def options(
    debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks and log everything.")] = False,
) -> None:
    """Browse and steer the latents of sparse autoencoders, on your own machine."""
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its status."""
    write_privately()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in given
    # Neither a database nor a page could take what is not Unicode. A setting's value may be secret, its name is not.
    wrong = [f"The argument {text!a}" for text in given if safe_text(text) != text]
    settings = [name for name in os.environ if name.startswith(PREFIX)]
    wrong += [f"The setting {name!a}" for name in settings if safe_text(text := name + os.environ[name]) != text]
    if wrong:
        _fail(f"{wrong[0]} is not valid UTF-8; rename the file or folder that it names, or write it anew.", debug, 2)
    # Accepted before and after the command, as people type it.
    ordered = ([DEBUG] if debug else []) + [argument for argument in given if argument != DEBUG]
    try:
        cli(args=ordered, prog_name="periscope")
    except (PeriscopeError, PeriscopeModelError) as error:
        _fail(str(error), debug)
    except PermissionError as error:
        _fail(permission_sentence(error), debug)
    except MemoryError:
        _fail("There is not enough memory for this; free some, or give less work at once.", debug)
    except Exception as error:
        # A defect: the sentence says so, the details are one flag away.
        _fail(f"Unexpected {type(error).__name__}: {error} (run again with {DEBUG} for the details)", debug)


def _fail(sentence: str, debug: bool, status: int = 1) -> NoReturn:
    if debug and sys.exc_info()[0] is not None:
        traceback.print_exc()
    # It may quote a file: what would steer the terminal, or could not be written to it, is shown as it is spelt.
    shown = "".join(c if c.isprintable() or c.isspace() else ascii(c)[1:-1] for c in sentence)
    typer.echo(f"Error: {' '.join(shown.split())}", err=True)
    sys.exit(status)
