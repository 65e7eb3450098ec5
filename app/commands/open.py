"""``periscope open``: from a model and an SAE to their pages in one command."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.builds.request import BuildRequest
from app.commands.build import Context, parse
from app.commands.console import Host, Port, console, open_session, warn_of_unknown_settings
from app.commands.demo import NoBrowser, building
from app.commands.sources import HookName, K, Kind, NewSlug, Release, Subtract, ask_hub_once, because, sae_location
from app.errors import InvalidRequest
from app.hints import command
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.db.queries.answers import SourceInfo
    from models.sources import SourceSpec

#: Real text that is there without a network; see models.corpus.installed_text for what it is worth.
CORPUS = "installed"
#: Enough for a first look, in minutes on a CPU; more by --tokens.
TOKENS = 250_000
BATCH = 8
#: The process that registers: a model is loaded for it, which the server need not keep in its memory.
ADDER = (sys.executable, "-P", "-c", "from app.cli import main; main()", "sources", "add", "--no-next")
BUILDER = (sys.executable, "-P", "-m", "app.builds.opening")

Model = Annotated[
    str, typer.Argument(help="A Hugging Face folder, a hub name, or the slug of a source.", show_default=False)
]
Sae = Annotated[
    str | None,
    typer.Argument(
        help="An SAE's folder or file, release/sae_id, or a Neuronpedia id; left out: MODEL is a slug.",
        show_default=False,
    ),
]
Corpus = Annotated[
    str | None, typer.Option(help="What to read, as for build [default: installed, the documentation that is here].")
]
Tokens = Annotated[int | None, typer.Option(help=f"Tokens to read [default: {TOKENS:,}].")]


def open_source(
    model: Model,
    sae: Sae = None,
    slug: NewSlug = None,
    hook: HookName = None,
    release: Release = None,
    kind: Kind = None,
    k: K = None,
    subtract_b_dec: Subtract = None,
    corpus: Corpus = None,
    tokens: Tokens = None,
    context: Context = None,
    host: Host = None,
    port: Port = None,
    no_browser: NoBrowser = False,
) -> None:
    """Add a source, build its pages in the background, serve them.

    What is done already is not done again: a source that is registered is used as it is, and one that is built is
    built anew only if another corpus or number of tokens is asked for.
    """
    from app.commands.web_server import bind, serve_app
    from models.corpus.prompts import open_corpus

    warn_of_unknown_settings()
    settings = load_settings(host=host, port=port)
    settings.require_safe_host()
    asked = parse(
        slugs=("the source",),
        corpus=CORPUS if corpus is None else corpus,
        tokens=TOKENS if tokens is None else tokens,
        context=context,
        batch=BATCH,
        device=settings.device,
        dtype=settings.dtype,
        output_scores=False,
    )
    open_corpus(asked.corpus, asked.seed)  # one that is not there is refused before anything is loaded

    if sae is not None:
        sae = sae_location(sae, release=release, kind=kind, k=k, subtract_b_dec=subtract_b_dec)
    elif (release, kind, k, subtract_b_dec) != (None, None, None, None):
        raise InvalidRequest("--release, --kind, --k and b_dec are for a new source; name its SAE after its model.")
    with bind(settings) as opened:
        source = _registered(settings, model, sae, slug, hook)
        request = _request_for(source, asked, keep_corpus=corpus is None, keep_tokens=tokens is None)
        with building((*BUILDER, json.dumps(asdict(request)))):
            serve_app(settings, opened, open_browser=not no_browser, path=f"sources/{source.slug}")


def _registered(settings: Settings, model: str, sae: str | None, slug: str | None, hook: str | None) -> "SourceInfo":
    """The source, registered now if it was not."""
    from app.db.queries.sources import source_by_slug
    from models.loading.hub_files import require_cached
    from models.loading.opening import check_files
    from models.sources import SourceSpec

    with open_session(settings) as session:
        if sae is None:
            if slug or hook:
                raise InvalidRequest("--slug and --hook are for a new source; name its SAE after its model.")
            return _by_slug(session, model)
        spec = SourceSpec(model, sae, hook)
        if found := _same(session, spec, slug):
            console().print(f"{found.slug} is registered already.")
            return found
    offline = ask_hub_once(spec)
    with because(offline):
        if offline:
            require_cached(spec)
        check_files(spec)
    options = [*(["--slug", slug] if slug else []), *(["--hook", hook] if hook else [])]
    done = subprocess.run([*ADDER, *options, "--", model, sae], check=False)  # noqa: S603 (our own command)
    if done.returncode:
        raise typer.Exit(done.returncode)  # it has said why
    with open_session(settings) as session:
        return source_by_slug(session, slug or spec.slug())


def _by_slug(session: "Session", slug: str) -> "SourceInfo":
    from app.db.queries.sources import all_sources

    known = {source.slug: source for source in all_sources(session)}
    if slug in known:
        return known[slug]
    shown = f"the known ones are {', '.join(list(known)[:5])}" if known else "none is registered"
    raise InvalidRequest(
        f"There is no source {slug!r} ({shown}); to open a model, name its SAE too: `{command('open MODEL SAE')}`."
    )


def _same(session: "Session", spec: "SourceSpec", slug: str | None) -> "SourceInfo | None":
    """The source that was registered from this model and SAE, under this slug if one is given."""
    from app.db.queries.sources import all_sources
    from models.loading.sae_registry import resolve
    from models.sources import parse_model_location, parse_sae_location

    model, sae = str(parse_model_location(spec.model)), str(resolve(parse_sae_location(spec.sae)))
    for source in all_sources(session):
        facts = source.facts
        # Of a hub name the registered location may be the longer, official one.
        is_model = facts.model.location == model or facts.model.location.endswith(f"/{model}")
        if (
            is_model
            and facts.sae_location == sae
            and spec.hook in (None, facts.hook_name)
            and slug in (None, source.slug)
        ):
            return source
    return None


def _request_for(source: "SourceInfo", asked: BuildRequest, *, keep_corpus: bool, keep_tokens: bool) -> BuildRequest:
    """What is to be built: as the pages that are there, but for what was asked to be otherwise."""
    request = replace(asked, slugs=(source.slug,))
    if source.build is None:
        return request
    if keep_corpus:
        request = replace(request, corpus=source.build.corpus)
    if keep_tokens:
        request = replace(request, tokens=source.build.tokens)
    return replace(request, seed=source.build.seed) if keep_corpus and keep_tokens else request
