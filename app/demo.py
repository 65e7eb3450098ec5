"""Prepare the bundled demo: register its sources, attach the corpus's labels, build what is not built.

It runs in a process of its own (``python -m app.demo``), so that the web process answers at once and never loads a
model, and so that a killed build leaves the pages up. A build that was interrupted goes on from its checkpoint.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import sleep

from sqlalchemy.orm import Session, sessionmaker

from app.build_request import BuildProgress, BuildRequest
from app.builds import NothingToResume, run_build
from app.db import queries
from app.db.queries.mixes import count_mixes
from app.db.session import make_engine, make_session_maker
from app.db.writes import NewExplanation, add_explanations, refuse_if_running, register_source
from app.demo_mixes import add_mixes
from app.errors import BuildRunning, PeriscopeError
from app.preparing import announce, withdraw
from app.settings import Settings, load_settings
from models.demo import bundle
from models.errors import PeriscopeModelError, SourceError
from models.loading import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec

#: Tokens that make every band of nearly every latent full, and still build in under 90 s on two cores.
TOKENS = 250_000
BATCH = 8
#: The texts of the build are not those that the model was trained on.
SEED = 7
#: How often it is looked whether a build by another process still lives.
POLL_SECONDS = 2.0
AUTHOR, METHOD = "demo", "corpus labels"


def prepare(settings: Settings, tokens: int = TOKENS) -> None:
    """Do all that is not done yet; returns when every bundled source is shown, built on ``tokens`` tokens."""
    if not bundle.LANGUAGE_MODEL.is_dir():
        raise SourceError(f"The demo is not in this checkout: {bundle.LANGUAGE_MODEL} is missing; clone it again.")
    engine = make_engine(settings)
    try:
        sessions = make_session_maker(engine)
        with sessions() as session:
            known = {source.slug: source for source in queries.all_sources(session)}
        missing = [source for source in bundle.SOURCES if source.slug not in known]
        if missing:
            announce(settings.data_dir, "Loading the bundled language model.")
            _register(settings, missing)
        todo = _wait_for_others(settings, sessions)
    finally:
        engine.dispose()
    if todo:
        _mix(settings)
        announce(settings.data_dir, "Starting to build the bundled sources.")
        _build(settings, todo, tokens)
    withdraw(settings.data_dir)


def _wait_for_others(settings: Settings, sessions: sessionmaker[Session]) -> list[bundle.DemoSource]:
    """The sources that nobody has built or builds now; waits while another process does.

    One that was killed falls silent and is taken for dead after a minute, at once if it ran on this machine. A
    container that takes the place of another one cannot see its processes, so it has to wait.
    """
    told = False
    while True:
        with sessions() as session:
            infos = [(source, queries.source_by_slug(session, source.slug)) for source in bundle.SOURCES]
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


def _register(settings: Settings, sources: Sequence[bundle.DemoSource]) -> None:
    engine = make_engine(settings)
    model = load_language_model(str(bundle.LANGUAGE_MODEL), settings.device, settings.dtype)
    vocabulary = model.vocabulary()
    labels = json.loads(bundle.LABELS.read_text())
    text = _sample_text()
    with make_session_maker(engine)() as session:
        for number, source in enumerate(sources, start=1):
            announce(settings.data_dir, f"Registering {source.slug}, bundled source {number} of {len(sources)}.")
            spec = SourceSpec(str(bundle.LANGUAGE_MODEL), str(source.folder), source.hook_name)
            facts = inspect_loaded(model, load_dictionary(spec, device=str(model.device)), sample_text=text)
            register_source(session, source.slug, facts, vocabulary)
            found = [
                NewExplanation(
                    item["index"],
                    item["concept"].replace(":", ": "),
                    {"auroc": item["auroc"], "n_texts": item["n_texts"]},
                )
                for item in labels.get(source.slug, [])
            ]
            info = queries.source_by_slug(session, source.slug)
            add_explanations(session, info, found, author=AUTHOR, method=METHOD)
    engine.dispose()


def _mix(settings: Settings) -> None:
    """Add the ready-made mixes, once: whoever deletes them later does not get them back."""
    engine = make_engine(settings)
    with make_session_maker(engine)() as session:
        if not count_mixes(session):
            announce(settings.data_dir, "Making the ready-made mixes of sliders.")
            add_mixes(session, load_language_model(str(bundle.LANGUAGE_MODEL), settings.device, settings.dtype))
    engine.dispose()


def _sample_text() -> str:
    from models.demo.corpus.generator import document

    return "\n".join(document(SEED + 1, index).text for index in range(6))


def _build(settings: Settings, sources: Sequence[bundle.DemoSource], tokens: int) -> None:
    request = BuildRequest(
        slugs=tuple(source.slug for source in sources),
        corpus="demo",
        tokens=tokens,
        batch=BATCH,
        device=settings.device,
        dtype=settings.dtype,
        seed=SEED,
        resume=True,
    )

    def started(_: BuildProgress) -> None:
        withdraw(settings.data_dir)  # from here on the builds themselves say how far they are

    try:
        run_build(settings, request, started)
    except NothingToResume:
        run_build(settings, replace(request, resume=False), started)


def main() -> None:
    """The process that ``periscope demo`` starts."""
    try:
        settings = load_settings()
        with _told_on_home(settings):
            prepare(settings)
        print(f"The demo is ready: {', '.join(source.slug for source in bundle.SOURCES)}.")  # noqa: T201
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
    main()
