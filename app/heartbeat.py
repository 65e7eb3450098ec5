"""Say that a build lives while a long stage says nothing: loading, or the direct effects of many latents."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from app.db.writes import update_progress
from app.errors import PeriscopeError

#: Well below the minute after which a silent build is taken for dead.
SECONDS = 15.0


@contextmanager
def beating(sessions: sessionmaker[Session], builds: Mapping[str, int]) -> Iterator[None]:
    """Touch the builds (by slug) every few seconds from a thread of its own, until the block ends."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(SECONDS):
            for build_id in list(builds.values()):
                try:
                    with sessions() as session:
                        update_progress(session, build_id)
                except PeriscopeError:
                    continue  # this build has ended, or the database is busy: the run itself finds out

    thread = threading.Thread(target=beat, name="build heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
