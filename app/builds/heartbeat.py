"""Say that a build lives while a long stage says nothing, and hear that it was cancelled meanwhile."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from app.db.queries.sources import build_by_id
from app.db.writes.builds import update_progress
from app.errors import PeriscopeError, UnknownBuild

#: Well below the minute after which a silent build is taken for dead.
SECONDS = 15.0
#: How soon a build that was cancelled on a page hears of it in a stage that reports nothing.
POLL_SECONDS = 2.0
ENDED = ("cancelled", "failed")


@contextmanager
def beating(
    sessions: sessionmaker[Session], builds: Mapping[str, int], on_ended: Callable[[], None] | None = None
) -> Iterator[None]:
    """Touch the builds (by slug) every few seconds from a thread of its own, until the block ends.

    ``on_ended`` is called once, in that thread, when one of them was cancelled or taken for dead.
    """
    ended = threading.Event()
    polls = max(1, round(SECONDS / POLL_SECONDS))

    def beat() -> None:
        count = 0
        told = on_ended is None
        while not ended.wait(min(SECONDS, POLL_SECONDS)):
            count += 1
            ids = list(builds.values())
            if not told and has_ended(sessions, ids):
                told = True
                if on_ended and not ended.is_set():
                    on_ended()
            if count % polls == 0:
                _touch(sessions, ids)

    thread = threading.Thread(target=beat, name="build heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def has_ended(sessions: sessionmaker[Session], ids: list[int]) -> bool:
    """Whether one of the builds was cancelled, taken for dead or removed; False when the database is busy."""
    try:
        with sessions() as session:
            return any(build_by_id(session, build_id).status in ENDED for build_id in ids)
    except UnknownBuild:
        return True
    except PeriscopeError:
        return False


def _touch(sessions: sessionmaker[Session], ids: list[int]) -> None:
    for build_id in ids:
        try:
            with sessions() as session:
                update_progress(session, build_id)
        except PeriscopeError:
            continue  # this build has ended, or the database is busy: the run itself finds out
