"""The life of a build: started once per source, reported while it runs, shown only when it is complete."""

import math
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psutil
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.latent_table.columns import write_columns
from app.db.packing import pack_histogram
from app.db.tables.builds import CANCELLED, COMPLETE, FAILED, RUNNING, Build, Latent, Prompt
from app.db.tables.sources import Source
from app.db.writes.bulk import delete_build_rows, rolled_back_on_error
from app.db.writes.search import write_search_words
from app.errors import BuildLost, BuildRunning, UnknownBuild

#: A running build that has not been heard of for longer is taken for dead.
STALE = timedelta(seconds=60)
#: Start times of one process as told by the system differ by less, in seconds.
SAME_START = 2.0
#: Edges of the density histogram, log10: eight bins to a decade from one in a hundred million to every token.
DENSITY_EDGES = np.linspace(-8, 0, 65)
INTERRUPTED = "The build was interrupted: its process ended without a word."


@dataclass(frozen=True)
class Process:
    """A process of some machine; ``started`` (Unix seconds) tells it from a later one of the same number."""

    pid: int
    host: str
    started: float

    @classmethod
    def this(cls) -> "Process":
        """The process that calls."""
        return cls(os.getpid(), socket.gethostname(), psutil.Process().create_time())

    def is_gone(self) -> bool:
        """Whether the process certainly ended; False for another machine, of which nothing is known."""
        if self.host != socket.gethostname():
            return False
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) > SAME_START
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def start_build(
    session: Session,
    source_id: int,
    *,
    corpus: str,
    tokens: int,
    context_size: int,
    seed: int,
    config: Mapping[str, Any],
    slug: str = "the source",
    process: Process | None = None,
) -> int:
    """Begin a build and give its id; BuildRunning if a live process builds the source already.

    A build whose process is gone, or that was silent for over a minute, is marked failed and swept first.
    """
    process = process or Process.this()
    now = datetime.now(UTC)
    with rolled_back_on_error(session):
        refuse_if_running(session, source_id, slug)
        build = Build(
            source_id=source_id,
            corpus=corpus,
            tokens=tokens,
            context_size=context_size,
            seed=seed,
            config=dict(config),
            status=RUNNING,
            progress=0.0,
            tokens_done=0,
            stage="starting",
            message="",
            heartbeat=now,
            pid=process.pid,
            host=process.host,
            process_started=process.started,
            started=now,
        )
        session.add(build)
        try:
            session.commit()
        except IntegrityError:
            # The unique index decides between two that start in the same moment.
            raise _running_error(slug, None) from None
        return build.id


def refuse_if_running(session: Session, source_id: int, slug: str) -> None:
    """Raise BuildRunning if the source is being built; a dead build is marked failed and swept instead."""
    found = sa.select(Build).where(Build.source_id == source_id, Build.status == RUNNING)
    for build in session.scalars(found).all():
        if not _is_dead(build):
            raise _running_error(slug, build)
        _end(session, build.id, FAILED, INTERRUPTED)


def update_progress(
    session: Session,
    build_id: int,
    *,
    progress: float | None = None,
    tokens_done: int | None = None,
    tokens_per_second: float | None = None,
    stage: str | None = None,
    message: str | None = None,
) -> None:
    """Report that the build lives and how far it is; what is not given stays. BuildLost: it must stop."""
    given: dict[str, Any] = {
        "progress": None if progress is None else min(1.0, max(0.0, progress)),
        "tokens_done": tokens_done,
        "tokens_per_second": tokens_per_second,
        "stage": stage,
        "message": message,
    }
    values = {name: value for name, value in given.items() if value is not None}
    with rolled_back_on_error(session):
        touch(session, build_id, **values)
        session.commit()


def touch(session: Session, build_id: int, **values: Any) -> None:
    """Set the heartbeat and other columns of a running build, no commit; BuildLost if it has ended."""
    changed: Any = session.execute(
        sa.update(Build)
        .where(Build.id == build_id, Build.status == RUNNING)
        .values(heartbeat=datetime.now(UTC), **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise BuildLost(f"Build {build_id} does not run any more: it was cancelled or taken for dead.")


def finish_build(session: Session, build_id: int) -> None:
    """Make the words that a search finds its latents by, show the build on the pages from now on, in one transaction;
    then delete what older builds wrote.
    """
    with rolled_back_on_error(session):
        touch(session, build_id)  # one that was cancelled writes nothing more
        session.commit()
    write_search_words(session, build_id, lambda _done, _total: touch(session, build_id))
    with rolled_back_on_error(session):
        histogram = _density_histogram(session, build_id)
        write_columns(session, build_id)
        now = datetime.now(UTC)
        touch(
            session,
            build_id,
            status=COMPLETE,
            progress=1.0,
            stage="done",
            finished=now,
            density_histogram=histogram,
        )
        source_id = session.scalars(sa.select(Build.source_id).where(Build.id == build_id)).one()
        session.execute(sa.update(Source).where(Source.id == source_id).values(current_build_id=build_id))
        session.commit()
        older = sa.select(Build.id).where(Build.source_id == source_id, Build.id < build_id)
        for other in session.scalars(older).all():
            delete_build_rows(session, other)


def fail_build(session: Session, build_id: int, message: str) -> None:
    """End a build that went wrong, with the reason; what was shown before stays. Ended ones are left."""
    session.rollback()
    _end(session, build_id, FAILED, message)


def cancel_build(session: Session, build_id: int, message: str = "Cancelled.") -> None:
    """End a running build on request; its process learns of it at its next report (BuildLost)."""
    session.rollback()
    if session.scalar(sa.select(Build.id).where(Build.id == build_id)) is None:
        raise UnknownBuild(f"There is no build {build_id}.")
    _end(session, build_id, CANCELLED, message)


def request_cancel(session: Session, build_ids: Sequence[int], message: str) -> int:
    """End those of the builds that run, all at once; gives how many.

    Their process learns of it between two batches or within seconds (``heartbeat``) and deletes what it wrote; of a
    process that died, the rows go with the next ``clean_stale_builds``. So this answers at once.
    """
    with rolled_back_on_error(session):
        changed: Any = session.execute(
            sa.update(Build)
            .where(Build.id.in_(build_ids), Build.status == RUNNING)
            .values(status=CANCELLED, error=message, finished=datetime.now(UTC))
            .execution_options(synchronize_session=False)
        )
        session.commit()
    return int(changed.rowcount)


def clean_stale_builds(session: Session) -> int:
    """Mark dead builds failed and delete rows that no page will show; gives the number of builds swept."""
    swept = 0
    with rolled_back_on_error(session):
        for build in session.scalars(sa.select(Build).where(Build.status == RUNNING)).all():
            if _is_dead(build):
                _end(session, build.id, FAILED, INTERRUPTED)
                swept += 1
        for build_id in session.scalars(_leftovers()).all():
            delete_build_rows(session, build_id)
            swept += 1
        session.commit()
    return swept


def _leftovers() -> sa.Select[Any]:
    """Ended builds that are not shown and still have rows: their process ended while it deleted them."""
    has_rows = sa.exists().where(Latent.build_id == Build.id) | sa.exists().where(Prompt.build_id == Build.id)
    shown = sa.select(Source.current_build_id).where(Source.current_build_id.is_not(None))
    return sa.select(Build.id).where(Build.status != RUNNING, Build.id.not_in(shown), has_rows)


def _end(session: Session, build_id: int, status: str, message: str) -> None:
    with rolled_back_on_error(session):
        changed: Any = session.execute(
            sa.update(Build)
            .where(Build.id == build_id, Build.status == RUNNING)
            .values(status=status, error=message, finished=datetime.now(UTC))
        )
        session.commit()
        # Also what was ended elsewhere (request_cancel) while this process still wrote.
        ended = session.scalar(sa.select(Build.status).where(Build.id == build_id)) in (FAILED, CANCELLED)
        if changed.rowcount == 1 or ended:
            delete_build_rows(session, build_id)


def _is_dead(build: Build) -> bool:
    silent = datetime.now(UTC) - build.heartbeat > STALE
    return silent or Process(build.pid, build.host, build.process_started).is_gone()


def _running_error(slug: str, build: Build | None) -> BuildRunning:
    if build is None:
        return BuildRunning(
            f"A build of {slug} has just been started by another process; wait for it or cancel it first."
        )
    silent = max(0, round((datetime.now(UTC) - build.heartbeat).total_seconds()))
    return BuildRunning(
        f"A build of {slug} is running already (build {build.id}, process {build.pid} on {build.host}, heard of "
        f"{silent} s ago); wait for it or cancel it first. Silent for {STALE.seconds} s it counts as dead."
    )


def _density_histogram(session: Session, build_id: int) -> bytes:
    """Packed counts of latents by log10 density; the first bin, below all edges, counts the dead ones."""
    found = session.scalars(sa.select(Latent.density).where(Latent.build_id == build_id))
    values = np.fromiter(found, dtype=np.float64)
    live = values[values > 0]
    low, high = DENSITY_EDGES[0], DENSITY_EDGES[-1]
    counts, _ = np.histogram(np.clip(np.log10(live), low, high), bins=DENSITY_EDGES)
    all_counts = np.concatenate([[values.size - live.size], counts]).astype(np.int64)
    return pack_histogram(np.concatenate([[-math.inf], DENSITY_EDGES]).astype(np.float32), all_counts)
