"""The life of a build: one at a time, invisible until complete, swept when it dies."""

import os
import socket
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.queries.latents import latent_record
from app.db.queries.sources import build_by_id, builds_now, builds_of, recent_builds, running_builds, source_by_slug
from app.db.session import make_session_maker
from app.db.tables.builds import Build, Example, Latent, LatentDetail, Prompt
from app.db.writes.builds import (
    INTERRUPTED,
    Process,
    cancel_build,
    clean_stale_builds,
    fail_build,
    finish_build,
    update_progress,
)
from app.db.writes.latents import write_latents, write_prompts, write_quality
from app.errors import BuildLost, BuildRunning, UnknownBuild
from models.records import SourceQuality
from tests.app.db.support import begin, built, fill, start
from tests.records import VOCABULARY, make_record, make_records

ELSEWHERE = Process(pid=1, host="another-machine", started=0.0)


def rows_of(session: Session, build_id: int) -> int:
    counts = (
        session.scalar(select(func.count()).select_from(table).where(table.build_id == build_id))
        for table in (Latent, LatentDetail, Example, Prompt)
    )
    return sum(count or 0 for count in counts)


def silence(session: Session, build_id: int, seconds: float) -> None:
    session.execute(
        update(Build).where(Build.id == build_id).values(heartbeat=datetime.now(UTC) - timedelta(seconds=seconds))
    )
    session.commit()


def test_a_second_build_of_a_source_is_refused_while_the_first_lives(session: Session) -> None:
    source_id, build_id = begin(session)
    with pytest.raises(BuildRunning, match=f"build {build_id}, process {os.getpid()}"):
        start(session, source_id)


def test_another_source_can_be_built_meanwhile(session: Session) -> None:
    begin(session)
    _, other = begin(session, "other")
    assert [build.slug for build in running_builds(session)] == ["tiny", "other"]
    assert build_by_id(session, other).status == "running"


def test_the_database_itself_holds_one_running_build_per_source(engine: Engine, session: Session) -> None:
    source_id, build_id = begin(session)
    with make_session_maker(engine)() as other:
        # What a second process does that looked before the first had written.
        row = other.get_one(Build, build_id)
        values = {column.name: getattr(row, column.name) for column in Build.__table__.c if column.name != "id"}
        other.add(Build(**values))
        with pytest.raises(IntegrityError):
            other.commit()
    assert len(builds_of(session, source_id)) == 1


def test_a_build_that_was_silent_for_a_minute_gives_way(session: Session) -> None:
    source_id, first = begin(session)
    fill(session, first, make_records(5))
    silence(session, first, 61)
    second = start(session, source_id)
    old = build_by_id(session, first)
    assert (old.status, old.error) == ("failed", INTERRUPTED)
    assert rows_of(session, first) == 0
    assert build_by_id(session, second).status == "running"


def test_a_build_of_another_machine_counts_until_it_is_silent(session: Session) -> None:
    source_id, first = begin(session)
    fail_build(session, first, "x")
    second = start(session, source_id, process=ELSEWHERE)
    silence(session, second, 50)
    with pytest.raises(BuildRunning):
        start(session, source_id)
    silence(session, second, 61)
    start(session, source_id)


def test_a_build_whose_process_is_gone_gives_way_at_once(session: Session) -> None:
    source_id, first = begin(session)
    fail_build(session, first, "x")
    unused = max(psutil.pids()) + 10_000
    start(session, source_id, process=Process(unused, socket.gethostname(), 0.0))
    # The same number, but a process that was started at another time.
    start(session, source_id, process=Process(os.getpid(), socket.gethostname(), 1.0))
    start(session, source_id)


def test_progress_is_kept_and_what_is_not_given_stays(session: Session) -> None:
    _, build_id = begin(session)
    update_progress(session, build_id, progress=0.25, tokens_done=2500, tokens_per_second=99.5, stage="reading")
    update_progress(session, build_id, progress=7.0, message="nearly done")
    build = build_by_id(session, build_id)
    assert (build.progress, build.tokens_done, build.tokens_per_second) == (1.0, 2500, 99.5)
    assert (build.stage, build.message) == ("reading", "nearly done")
    assert datetime.now(UTC) - build.heartbeat < timedelta(seconds=30)


def test_a_finished_build_is_shown_and_the_older_one_is_deleted(session: Session) -> None:
    source = built(session)
    assert source.build
    first = source.build.id
    second = start(session, source.id)
    fill(session, second, [make_record(0, seed=5)])
    assert source_by_slug(session, "tiny").build == source.build
    finish_build(session, second)
    source = source_by_slug(session, "tiny")
    assert source.build
    assert (source.build.id, source.build.status, source.build.progress) == (second, "complete", 1.0)
    assert source.running is None
    assert rows_of(session, first) == 0
    assert [(build.id, build.is_current) for build in builds_of(session, source.id)] == [
        (second, True),
        (first, False),
    ]


@pytest.mark.parametrize(("end", "status"), [(fail_build, "failed"), (cancel_build, "cancelled")])
def test_a_build_that_ends_badly_leaves_the_old_one_served(session: Session, end: object, status: str) -> None:
    source = built(session)
    build_id = start(session, source.id)
    fill(session, build_id, make_records(3))
    end(session, build_id, "The corpus is empty.")  # type: ignore[operator]
    now = source_by_slug(session, "tiny")
    assert now.build == source.build
    assert now.latest
    assert (now.latest.status, now.latest.error) == (status, "The corpus is empty.")
    assert now.latest.finished
    assert rows_of(session, build_id) == 0
    assert latent_record(session, now, 5).n_active > 0


def test_a_cancelled_build_learns_of_it_at_its_next_report(session: Session) -> None:
    _, build_id = begin(session)
    cancel_build(session, build_id)
    with pytest.raises(BuildLost):
        update_progress(session, build_id, progress=0.5)
    with pytest.raises(BuildLost):
        write_latents(session, build_id, make_records(1), VOCABULARY.__getitem__)
    with pytest.raises(BuildLost):
        write_prompts(session, build_id, [(0, make_record(0).histogram_counts)])
    with pytest.raises(BuildLost):
        write_quality(session, build_id, SourceQuality())
    with pytest.raises(BuildLost):
        finish_build(session, build_id)
    assert rows_of(session, build_id) == 0


def test_ending_a_finished_build_changes_nothing(session: Session) -> None:
    source = built(session)
    assert source.build
    fail_build(session, source.build.id, "too late")
    cancel_build(session, source.build.id)
    assert source_by_slug(session, "tiny").build == source.build


def test_unknown_builds_are_refused(session: Session) -> None:
    for build_id in (-1, 99, 2**40):
        with pytest.raises(UnknownBuild):
            build_by_id(session, build_id)
    with pytest.raises(UnknownBuild):
        cancel_build(session, 99)


def test_quality_keeps_what_was_not_measured_as_null(session: Session) -> None:
    _, build_id = begin(session)
    write_quality(session, build_id, SourceQuality(l0=12.5, loss_sae=float("nan"), dead_fraction=0.0))
    quality = build_by_id(session, build_id).quality
    assert quality == SourceQuality(l0=12.5, dead_fraction=0.0)


def test_sweeping_removes_dead_builds_and_leftovers(session: Session) -> None:
    source = built(session)
    dead = start(session, source.id)
    fill(session, dead, make_records(5))
    silence(session, dead, 120)
    _, alive = begin(session, "other")
    fill(session, alive, make_records(5))
    # A process that ended between showing a new build and deleting the older one.
    third_id, third = begin(session, "third")
    fill(session, third, make_records(5))
    session.execute(update(Build).where(Build.id == third).values(status="complete"))
    session.commit()
    assert clean_stale_builds(session) == 2
    assert build_by_id(session, dead).status == "failed"
    assert (rows_of(session, dead), rows_of(session, third)) == (0, 0)
    assert rows_of(session, alive) > 0
    assert source.build
    assert rows_of(session, source.build.id) > 0
    assert builds_of(session, third_id)[0].status == "complete"
    assert clean_stale_builds(session) == 0


def test_recent_builds_begin_with_running_ones(session: Session) -> None:
    begin(session)
    source = built(session, slug="other")
    assert source.build
    assert [build.slug for build in recent_builds(session)] == ["tiny", "other"]
    assert recent_builds(session, limit=1)[0].slug == "tiny"


def test_what_runs_and_what_is_newest_are_one_small_question(session: Session) -> None:
    assert builds_now(session) == ((), 0, None)
    _, running = begin(session)
    started = build_by_id(session, running).started
    assert builds_now(session) == ((running,), running, started)
    source = built(session, slug="other")
    assert source.build
    assert builds_now(session) == ((running,), source.build.id, source.build.started)
