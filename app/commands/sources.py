"""``periscope sources``: register an SAE with its model, list, show and remove."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.console import console, open_session, warn_of_unknown_settings
from app.hints import command, example_file
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.db.queries.answers import BuildInfo, SourceInfo
    from models.records import SourceFacts
    from models.sources import SourceSpec

commands = typer.Typer(help="Sources: one SAE on one hook of one model.", no_args_is_help=True, rich_markup_mode=None)

Model = Annotated[str, typer.Argument(help="A Hugging Face folder, a GGUF file or a hub name.", show_default=False)]
Sae = Annotated[
    str,
    typer.Argument(help="An SAE's folder or file, release/sae_id, or a Neuronpedia id.", show_default=False),
]
Slug = Annotated[str, typer.Argument(help="The source's short name.", show_default=False)]
NewSlug = Annotated[str | None, typer.Option("--slug", help="Short name in URLs [default: made from the names].")]
HookName = Annotated[str | None, typer.Option("--hook", help="Hook of the model [default: the one the SAE names].")]
Release = Annotated[
    str | None, typer.Option("--release", help="release/sae_id of SAELens that local files are, for what it corrects.")
]
Kind = Annotated[
    str | None, typer.Option("--kind", help="topk, jumprelu, ...: of files that do not say [default: as they look].")
]
K = Annotated[int | None, typer.Option("--k", min=1, help="Latents active at once, of a top-k SAE that does not say.")]
Subtract = Annotated[
    bool | None,
    typer.Option("--subtract-b-dec/--keep-b-dec", help="Whether b_dec is subtracted from what plain tensors read."),
]
ModelId = Annotated[str | None, typer.Option("--model-id", help="The model's name there [default: as here].")]
SourceId = Annotated[str | None, typer.Option("--source-id", help="The source's name there [default: LAYER-SLUG].")]
TellNext = Annotated[bool, typer.Option("--next/--no-next", hidden=True)]


@commands.callback()
def sources() -> None:
    """Sources: one SAE on one hook of one model."""


@commands.command("add")
def add(
    model: Model,
    sae: Sae,
    slug: NewSlug = None,
    hook: HookName = None,
    release: Release = None,
    kind: Kind = None,
    k: K = None,
    subtract_b_dec: Subtract = None,
    tell_next: TellNext = True,
) -> None:
    """Check that an SAE fits a model and register it."""
    warn_of_unknown_settings()
    settings = load_settings()
    location = sae_location(sae, release=release, kind=kind, k=k, subtract_b_dec=subtract_b_dec)
    from app.db.queries.sources import source_by_slug
    from app.db.writes.sources import register_source, require_free_slug
    from models.loading.hub_files import require_cached
    from models.loading.opening import check_files
    from models.sources import SourceSpec

    spec = SourceSpec(model_folder(model, settings), location, hook)
    name = slug or spec.slug()
    offline = ask_hub_once(spec)
    with open_session(settings) as session, because(offline):
        # What costs nothing to find out comes before the weights are loaded.
        require_free_slug(session, name)
        if offline:
            require_cached(spec)
        check_files(spec)
        facts, vocabulary = inspect(spec, settings)
        register_source(session, name, facts, vocabulary)
        print_facts(source_by_slug(session, name))
        console().print(f"Reads {layout_of(location)}.")
    if tell_next:
        console().print(f"Next: {building(name)}")


def sae_location(sae: str, *, release: str | None, kind: str | None, k: int | None, subtract_b_dec: bool | None) -> str:
    """The SAE with what the options say of it; refused where there is none, or where it says that itself."""
    from models.loading.sae_registry import resolve
    from models.sources import parse_sae_location, with_options

    b_dec = None if subtract_b_dec is None else "subtract" if subtract_b_dec else "keep"
    location = with_options(sae, kind=kind, k=k, release=release, b_dec=b_dec)
    resolve(parse_sae_location(location))
    return location


def layout_of(location: str) -> str:
    """The published layout of a local SAE; of others that the hub gave it."""
    from models.loading.formats.layouts import read_sae
    from models.sources import local_sae

    sae = local_sae(location)
    return "a published release" if sae is None else read_sae(sae).layout


def ask_hub_once(spec: "SourceSpec") -> str:
    """Where a part of the source comes from the hub, find out whether it answers, before its libraries wait for it.

    Returns a sentence that says so where it does not.
    """
    from models.loading.hub_files import stay_offline_unless_reachable
    from models.sources import SaeRelease, parse_model_location, parse_sae_location

    is_hub = isinstance(parse_model_location(spec.model), str)
    is_hub = is_hub or isinstance(parse_sae_location(spec.sae), SaeRelease)
    return stay_offline_unless_reachable() if is_hub else ""


@contextmanager
def because(offline: str) -> Iterator[None]:
    """Say with what is not found that the hub could not be asked."""
    from models.errors import ModelNotFound, SaeNotFound

    try:
        yield
    except (ModelNotFound, SaeNotFound) as error:
        raise type(error)(f"{offline} {error}" if offline else str(error)) from error


@commands.command("list")
def list_sources() -> None:
    """List all sources and their builds."""
    from rich.table import Table

    from app.db.queries.sources import all_sources

    with open_session(load_settings()) as session:
        found = all_sources(session)
    out = console()
    if not found:
        out.print(f"No sources yet: `{command('sources add MODEL SAE')}` registers one.")
        return
    table = Table("source", "model", "hook", "SAE", "latents", "build", box=None, pad_edge=False)
    for source in found:
        facts = source.facts
        table.add_row(
            source.slug,
            facts.model.name,
            facts.hook_name,
            facts.sae_kind,
            f"{facts.d_sae:,}",
            build_state(source),
        )
    out.print(table)


@commands.command("show")
def show_source(slug: Slug) -> None:
    """Show everything known about a source."""
    from app.db.queries.sources import builds_of
    from app.db.queries.sources import source_by_slug as stored_source_by_slug

    with open_session(load_settings()) as session:
        source = stored_source_by_slug(session, slug)
        builds = builds_of(session, source.id, limit=5)
    print_facts(source)
    out = console()
    for build in builds:
        out.print(describe_build(build))
    if not builds:
        out.print(f"not built yet: {building(slug)}")


@commands.command("export")
def export(
    slug: Slug,
    folder: Annotated[Path, typer.Argument(help="Where the folder v1 will lie.", show_default=False)],
    model_id: ModelId = None,
    source_id: SourceId = None,
) -> None:
    """Write dashboards and labels of a source in Neuronpedia's layout: features, activations, explanations."""
    warn_of_unknown_settings()
    from rich.progress import Progress

    from app.db.queries.sources import source_by_slug
    from app.sources.neuronpedia import export_source

    out = console()
    with open_session(load_settings()) as session, Progress(console=out, transient=True) as bar:
        task = bar.add_task(f"Latents of {slug}", total=None)
        done = export_source(
            session, source_by_slug(session, slug), folder, model_id or "", source_id or "",
            lambda now, total: bar.update(task, completed=now, total=total),
        )  # fmt: skip
    written = ", ".join(f"{n:,} {kind}" for kind, n in done.counts.items())
    out.print(f"{done.folder}: {written}.")


@commands.command("remove")
def remove(slug: Slug) -> None:
    """Remove a source and its builds, not the files of the SAE."""
    from app.db.writes.sources import remove_source

    with open_session(load_settings()) as session:
        remove_source(session, slug)
    console().print(f"Removed {slug}.")


def model_folder(location: str, settings: Settings) -> str:
    """The model as it is named; a GGUF file, or a folder with one, as the folder under the data folder that it is
    turned into, once.
    """
    from models.loading.gguf_file import convert_gguf, find_gguf

    file = find_gguf(location)
    if file is None:
        return location
    with console().status(f"Reading {file.name}") as status:
        return str(convert_gguf(file, settings.data_dir.absolute() / "models", status.update))


def inspect(spec: "SourceSpec", settings: Settings) -> "tuple[SourceFacts, list[str]]":
    """Load both parts, check that they fit, and read the model's vocabulary as display strings."""
    from models.loading.load_model import resolve_device
    from models.loading.opening import inspect_loaded, load_dictionary, load_language_model

    with console().status("Loading the model and the SAE"):
        # The SAE is the smaller part and the likelier to be refused.
        dictionary = load_dictionary(spec, device=str(resolve_device(settings.device)))
        model = load_language_model(spec.model, settings.device, settings.dtype)
        facts = inspect_loaded(model, dictionary)
        return facts, model.vocabulary()


def building(slug: str) -> str:
    """The command that builds a source."""
    return command(f"build {slug} --corpus {example_file('FILE')}")


def build_state(source: "SourceInfo") -> str:
    """The state of a source's builds in a few words."""
    if source.running:
        return f"running, {source.running.progress:.0%}"
    if source.build:
        return f"{source.build.tokens_done:,} tokens"
    return source.latest.status if source.latest else "none"


def describe_build(build: "BuildInfo") -> str:
    """A build in one line."""
    shown = ", shown on the pages" if build.is_current else ""
    why = f": {build.error}" if build.error else ""
    numbers = "".join(
        f", {name} {value:.3g}"
        for name, value in (
            ("L0", build.quality.l0),
            ("explained variance", build.quality.explained_variance),
            ("loss recovered", build.quality.loss_recovered),
            ("dead share", build.quality.dead_fraction),
        )
        if value is not None
    )
    return (
        f"build {build.id} of {build.started:%Y-%m-%d %H:%M} UTC on {build.corpus}: {build.status} at "
        f"{build.progress:.0%}, {build.tokens_done:,} of {build.tokens:,} tokens{numbers}{shown}{why}"
    )


def print_facts(source: "SourceInfo") -> None:
    """What was found when the source was registered."""
    from rich.table import Table

    facts, model = source.facts, source.facts.model
    explained = facts.explained_variance
    table = Table(box=None, show_header=False, pad_edge=False)
    rows = (
        ("source", source.slug),
        ("model", f"{model.name} ({model.architecture}, {model.n_layers} layers, width {model.d_model:,})"),
        ("model at", model.location),
        ("vocabulary", f"{model.vocab_size:,} tokens, context {model.context_size:,}"),
        ("SAE at", facts.sae_location),
        ("hook", f"{facts.hook_name} (layer {facts.layer}, {facts.site})"),
        ("SAE", f"{facts.sae_kind}, {facts.d_in:,} -> {facts.d_sae:,} latents"),
        ("prompts", f"{facts.context_size:,} tokens, {'BOS first' if facts.prepend_bos else 'no BOS'}"),
        ("explained variance", "not recorded" if explained is None else f"{explained:.3f} (on a few tokens)"),
        ("weights", facts.weights_hash),
    )
    for name, value in rows:
        table.add_row(name, value)
    for warning in facts.warnings:
        table.add_row("warning", warning)
    console().print(table)
