"""Prepare a demo: register its sources, attach the labels that come with it, build what is not built.

It runs in a process of its own (``python -m app.demo.prepare [chat|grammar]``), so that the web process answers at once
and never loads a model, and so that a killed build leaves the pages up. A build that was interrupted goes on from its
checkpoint.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import sleep

from sqlalchemy.orm import Session, sessionmaker

from app.builds.portable import import_dashboards
from app.builds.request import BuildProgress
from app.builds.run import NothingToResume, run_build
from app.db.queries.mixes import count_mixes
from app.db.queries.sources import all_sources, source_by_slug
from app.db.queries.texts import texts_by
from app.db.session import make_engine, make_session_maker
from app.db.writes.builds import refuse_if_running
from app.db.writes.explanations import replace_explanations
from app.db.writes.sources import register_source
from app.demo.demos import AUTHOR, DEMOS, Demo, DemoSource, default_demo
from app.errors import BuildRunning, PeriscopeError
from app.preparing import announce, withdraw
from app.search.index import add_meanings, write_words
from app.settings import Settings, load_settings
from models.errors import PeriscopeModelError
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from models.statistics.label_tests import TAG

#: How often it is looked whether a build by another process still lives.
POLL_SECONDS = 2.0


def prepare(settings: Settings, demo: Demo, tokens: int | None = None) -> None:
    """Do all that is not done yet; returns when every source of the demo is shown, built on ``tokens`` tokens, or as
    many as the demo says.
    """
    engine = make_engine(settings)
    try:
        sessions = make_session_maker(engine)
        with sessions() as session:
            known = {source.slug: source for source in all_sources(session)}
            for source in demo.sources:
                if source.slug in demo.ready and (source.slug not in known or known[source.slug].build is None):
                    _import(settings, session, demo, source)
                    known[source.slug] = source_by_slug(session, source.slug)
                elif source.slug in known:
                    _label(session, demo, source)
        missing = [source for source in demo.sources if source.slug not in known]
        if missing:
            announce(settings.data_dir, "Loading the bundled language model.")
            _register(settings, demo, missing)
        todo = _wait_for_others(settings, sessions, demo)
        _make_searchable(settings, sessions, [s.slug for s in demo.sources if s not in todo])
    finally:
        engine.dispose()
    if todo:
        _mix(settings, demo)
        announce(settings.data_dir, "Starting to build the bundled sources.")
        _build(settings, demo, todo, tokens)
    withdraw(settings.data_dir)


def _wait_for_others(settings: Settings, sessions: sessionmaker[Session], demo: Demo) -> list[DemoSource]:
    """The sources that nobody has built or builds now; waits while another process does.

    One that was killed falls silent and is taken for dead after a minute, at once if it ran on this machine. A
    container that takes the place of another one cannot see its processes, so it has to wait.
    """
    told = False
    while True:
        with sessions() as session:
            infos = [(source, source_by_slug(session, source.slug)) for source in demo.sources]
            todo = [(source, info) for source, info in infos if info.build is None]
            try:
                for source, info in todo:
                    refuse_if_running(session, info.id, source.slug)
            except BuildRunning as running:
                sentence = f"{running} The demo waits for that."
            else:
                return [source for source, _ in todo]
        announce(settings.data_dir, sentence)
        if not told:
            print(sentence, flush=True)  # noqa: T201 (a command's output)
            told = True
        sleep(POLL_SECONDS)


def _register(settings: Settings, demo: Demo, sources: Sequence[DemoSource]) -> None:
    engine = make_engine(settings)
    location = str(demo.model(settings, lambda sentence: announce(settings.data_dir, sentence)))
    model = load_language_model(location, settings.device, settings.dtype)
    vocabulary = model.vocabulary()
    text = demo.sample_text()
    with make_session_maker(engine)() as session:
        for number, source in enumerate(sources, start=1):
            announce(settings.data_dir, f"Registering {source.slug}, bundled source {number} of {len(sources)}.")
            spec = SourceSpec(location, str(source.folder), source.hook_name)
            facts = inspect_loaded(model, load_dictionary(spec, device=str(model.device)), sample_text=text)
            register_source(session, source.slug, facts, vocabulary)
            _label(session, demo, source)
    engine.dispose()


def _import(settings: Settings, session: Session, demo: Demo, source: DemoSource) -> None:
    """Show the dashboards that come ready; those of a source that somebody builds now are left to that."""
    announce(settings.data_dir, f"Reading the dashboards of {source.slug} that come with the demo.")
    sae = str(source.folder)
    try:
        import_dashboards(session, demo.ready[source.slug], source.slug, model=str(demo.folder(settings)), sae=sae)
    except BuildRunning:
        return
    _label(session, demo, source)


def _label(session: Session, demo: Demo, source: DemoSource) -> None:
    """Attach the labels that come with the demo, in place of those that an earlier version brought."""
    found = demo.labels(source.slug)
    info = source_by_slug(session, source.slug)
    known = texts_by(session, info, AUTHOR, TAG)
    if known != sorted((item.latent_index, item.text) for item in found):
        replace_explanations(session, info, found, author=AUTHOR, kind=TAG, method=demo.label_method)


def _make_searchable(settings: Settings, sessions: sessionmaker[Session], slugs: Sequence[str]) -> None:
    """What the search reads, for sources that came ready, or were built before there was this search."""

    def say(stage: str, done: int, total: int) -> None:
        announce(settings.data_dir, f"Making the search: {stage}, {done:,} of {total:,}.")

    for slug in slugs:
        write_words(sessions, slug, say)
    add_meanings(settings.data_dir, sessions, slugs, say)
    withdraw(settings.data_dir)


def _mix(settings: Settings, demo: Demo) -> None:
    """Add the ready-made mixes, once: whoever deletes them later does not get them back."""
    engine = make_engine(settings)
    with make_session_maker(engine)() as session:
        source = source_by_slug(session, demo.sources[0].slug)
        if not count_mixes(session, source.language_model_id):
            announce(settings.data_dir, "Making the ready-made mixes of sliders.")
            location = source.facts.model.location
            demo.add_mixes(session, load_language_model(location, settings.device, settings.dtype))
    engine.dispose()


def _build(settings: Settings, demo: Demo, sources: Sequence[DemoSource], tokens: int | None) -> None:
    request = replace(
        demo.request,
        slugs=tuple(source.slug for source in sources),
        tokens=tokens or demo.request.tokens,
        device=settings.device,
        dtype=settings.dtype,
        resume=True,
    )

    def started(_: BuildProgress) -> None:
        withdraw(settings.data_dir)  # from here on the builds themselves say how far they are

    try:
        run_build(settings, request, started)
    except NothingToResume:
        run_build(settings, replace(request, resume=False), started)


def main(name: str | None = None) -> None:
    """The process that ``periscope demo`` starts; ``name``: of the demo, the default one if there is none."""
    try:
        settings = load_settings()
        demo = DEMOS[name] if name else default_demo()
        with _told_on_home(settings):
            prepare(settings, demo)
        print(f"The demo is ready: {', '.join(source.slug for source in demo.sources)}.")  # noqa: T201
    except KeyboardInterrupt:
        sys.exit(130)
    except (PeriscopeError, PeriscopeModelError) as error:
        print(f"The demo could not be built: {error}", file=sys.stderr)  # noqa: T201 (a command's output)
        sys.exit(1)


@contextmanager
def _told_on_home(settings: Settings) -> Iterator[None]:
    """Leave a word on the Home page only where nothing else tells why there are no sources."""
    try:
        yield
    except (PeriscopeError, PeriscopeModelError) as error:
        announce(settings.data_dir, f"The demo could not be built: {error}", has_failed=True)
        raise
    except BaseException:
        withdraw(settings.data_dir)
        raise


if __name__ == "__main__":
    main(*sys.argv[1:2])
