"""Build one source in the background while the pages are served: what ``periscope open`` starts.

A process of its own (``python -m app.builds.opening SLUG JSON``), like the demo's builder: the web process answers
at once and loads no model. First the pages are built, then the output scores are added, so that there
is something to see early. A build that was stopped goes on from its checkpoint.
"""

import json
import sys
from dataclasses import replace
from time import sleep

from app.builds.output_scores import add_scores
from app.builds.request import BuildProgress, BuildRequest
from app.builds.run import NothingToResume, run_build
from app.db.queries.answers import BuildInfo
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.db.writes.builds import refuse_if_running
from app.errors import BuildRunning, PeriscopeError
from app.settings import Settings, load_settings
from models.errors import PeriscopeModelError

#: How often it is looked whether a build by another process still lives, in seconds.
POLL_SECONDS = 2.0
#: A line for every so much of the build.
STEP = 0.1


def build_and_score(settings: Settings, request: BuildRequest) -> None:
    """Build the source of the request unless its pages are of such a build already; then score its latents.

    Raises:
        PeriscopeError, PeriscopeModelError: as run_build and add_scores.
        KeyboardInterrupt: stopped; what is saved stays.
    """
    [slug] = request.slugs
    if _wait_until_free(settings, slug, request):
        lines = _Lines(slug)
        try:
            run_build(settings, replace(request, resume=True), lines.progress, say)
        except NothingToResume:
            run_build(settings, request, lines.progress, say)
        say(f"Built {slug}; its pages are complete.")
    said: list[str] = []

    def scored(slug: str, _done: int, total: int) -> None:
        if total and not said:
            said.append(f"Scoring how well {total:,} latents of {slug} steer; the pages show the scores as they come.")
            say(said[0])

    add_scores(settings, [slug], request.device, request.dtype, scored)
    if said:
        say(f"Scored {slug}.")


def is_of(build: BuildInfo | None, request: BuildRequest) -> bool:
    """Whether a complete build was made from the same text."""
    if build is None or request.context not in (None, build.context_size):
        return False
    return (build.corpus, build.tokens, build.seed) == (request.corpus, request.tokens, request.seed)


def say(sentence: str) -> None:
    """A line on the terminal, between those of the server."""
    print(f"Periscope: {sentence}", flush=True)  # noqa: T201 (a command's output)


class _Lines:
    """Progress as a line now and then: a bar would be torn apart by what the server logs."""

    def __init__(self, slug: str) -> None:
        self.slug, self.next = slug, 0.0

    def progress(self, found: BuildProgress) -> None:
        if found.progress >= self.next:
            self.next = found.progress + STEP
            say(f"Building {self.slug}: {found.progress:.0%}, {found.stage}.")


def _wait_until_free(settings: Settings, slug: str, request: BuildRequest) -> bool:
    """Whether the source still has to be built, once no other process builds it."""
    engine = make_engine(settings)
    told = False
    try:
        while True:
            with make_session_maker(engine)() as session:
                source = source_by_slug(session, slug)
                try:
                    refuse_if_running(session, source.id, slug)
                except BuildRunning as running:
                    sentence = str(running)
                else:
                    return not is_of(source.build, request)
            if not told:
                say(f"{sentence} This one waits for that.")
                told = True
            sleep(POLL_SECONDS)
    finally:
        engine.dispose()


def main() -> None:
    """The process that ``periscope open`` starts."""
    try:
        options = json.loads(sys.argv[1])
        options |= {"slugs": tuple(options["slugs"]), "labels": tuple(options["labels"])}
        build_and_score(load_settings(), BuildRequest(**options))
    except KeyboardInterrupt:
        sys.exit(130)
    except (PeriscopeError, PeriscopeModelError) as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
