"""The Builds page, the panel of running builds and its events, and the end of a build on request."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from sqlalchemy.orm import Session

from app.builds.command import command_of, json_of, slugs_of
from app.builds.request import READING
from app.builds.views import BuildRow, BuildsView, LiveBuild, LiveBuilds, Pulse, SourceLink
from app.db.queries.answers import BuildInfo, BuildsNow
from app.db.queries.sources import build_by_id, builds_now, recent_builds, running_builds
from app.db.writes.builds import request_cancel
from app.errors import Conflict
from app.text.formats import count, moment, short_count, span
from app.text.tokens import plain
from app.trainings.service import trainings

#: The list of builds shows at most so many.
LIMIT = 50
#: A build that has not reported for longer is shown as silent.
SILENT_AFTER = timedelta(seconds=45)
STATUS_CLASS = {"running": "running", "complete": "done", "failed": "failed", "cancelled": "stopped"}
#: A build that read this share of what was asked read all of it: BOS and the texts held out are not counted.
MOST = 0.9
CANCELLED = "Cancelled on the Builds page."


def builds_page(session: Session, data_dir: Path) -> BuildsView:
    """All builds, running ones first, and what is being trained."""
    builds = recent_builds(session, LIMIT)
    return BuildsView(
        pulse=pulse(builds),
        trainings=trainings(data_dir),
        live=live_builds(builds),
        rows=tuple(map(_row, builds)),
        limit=LIMIT,
    )


def watched(session: Session) -> tuple[Pulse, LiveBuilds]:
    """The state of the pages, and the builds that run now."""
    builds = recent_builds(session, LIMIT)
    return pulse(builds), live_builds(builds)


def current_pulse(session: Session) -> Pulse:
    """The state that pages compare with the one they were made in."""
    return pulse_of(builds_now(session))


def pulse_of(now: BuildsNow) -> Pulse:
    """``pulse`` from less."""
    return _pulse(now.running, now.newest)


def pulse(builds: Sequence[BuildInfo]) -> Pulse:
    """What changes when a build starts or ends, and not with its progress."""
    active = sorted(build.id for build in builds if build.status == "running")
    return _pulse(active, max((build.id for build in builds), default=0))


def _pulse(running: Sequence[int], newest: int) -> Pulse:
    return Pulse(seen=".".join(map(str, (newest, *running))), is_running=bool(running))


def live_builds(builds: Sequence[BuildInfo]) -> LiveBuilds:
    """The running ones among the builds, those of one run together, oldest first."""
    active = sorted((b for b in builds if b.status == "running"), key=lambda build: (slugs_of(build), build.id))
    runs = [list(members) for _, members in groupby(active, key=slugs_of)]
    return LiveBuilds(tuple(_live(run) for run in sorted(runs, key=lambda run: run[0].id)))


def cancel(session: Session, build_id: int) -> str:
    """End a running build with all builds of its run; gives the sentence to show. Conflict if it does not run."""
    build = build_by_id(session, build_id)
    run = [other for other in running_builds(session) if slugs_of(other) == slugs_of(build)]
    if build.status != "running":
        raise Conflict(f"Build {build_id} does not run: it is {build.status}.")
    request_cancel(session, [other.id for other in run], CANCELLED)
    return f"Cancelled the build of {', '.join(other.slug for other in run)}."


def _live(run: Sequence[BuildInfo]) -> LiveBuild:
    build = run[0]
    silence = datetime.now(UTC) - max(member.heartbeat for member in run)
    is_reading = build.stage == READING and silence <= SILENT_AFTER
    speed = build.tokens_per_second if is_reading else None
    remaining = build.tokens - build.tokens_done
    return LiveBuild(
        number=build.id,
        sources=tuple(SourceLink(member.slug, f"/sources/{member.slug}") for member in run),
        stage=plain(build.stage),
        percent=round(100 * build.progress, 1),
        tokens_done=short_count(build.tokens_done),
        tokens=short_count(build.tokens),
        speed=f"{count(round(speed))} tokens/s" if speed else "",
        left=f"about {span(remaining / speed)} left" if speed and remaining > 0 else "",
        message=plain(build.message),
        silence=span(silence.total_seconds()) if silence > SILENT_AFTER else "",
        cancel_href=f"/builds/{build.id}/cancel",
        slugs=", ".join(slugs_of(build)),
    )


def _tokens(build: BuildInfo) -> str:
    """The tokens that were asked for; of a build that ended, also those that were read where they are far fewer."""
    asked, read = short_count(build.tokens), short_count(build.tokens_done)
    is_whole = build.status == "running" or build.tokens_done >= MOST * build.tokens
    return asked if is_whole else f"{read} of {asked}"


def _row(build: BuildInfo) -> BuildRow:
    is_silent = build.status == "running" and datetime.now(UTC) - build.heartbeat > SILENT_AFTER
    return BuildRow(
        number=build.id,
        slug=build.slug,
        href=f"/sources/{build.slug}",
        corpus=plain(build.corpus),
        tokens=_tokens(build),
        context_size=build.context_size,
        status="no sign of life" if is_silent else build.status,
        status_class="silent" if is_silent else STATUS_CLASS[build.status],
        is_current=build.is_current,
        started=moment(build.started),
        took=span((build.finished - build.started).total_seconds()) if build.finished else "",
        error=plain(build.error or ""),
        note=plain(build.message) if build.status == "complete" else "",
        config=json_of(build),
        command=command_of(build),
        can_resume=build.status in ("failed", "cancelled"),
    )
