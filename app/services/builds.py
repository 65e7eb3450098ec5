"""The Builds page, the panel of running builds and the events that keep it up to date."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.db import queries
from app.db.queries import BuildInfo
from app.formats import count, moment, short_count, span
from app.views import BuildRow, BuildsView, LiveBuild, LiveBuilds, Pulse

#: The list of builds shows at most so many.
LIMIT = 50
#: A build that has not reported for longer is shown as silent.
SILENT_AFTER = timedelta(seconds=45)
STATUS_CLASS = {"running": "running", "complete": "done", "failed": "failed", "cancelled": "stopped"}


def builds_page(session: Session) -> BuildsView:
    """All builds, running ones first."""
    builds = queries.recent_builds(session, LIMIT)
    return BuildsView(pulse=pulse(builds), live=live_builds(builds), rows=tuple(map(_row, builds)), limit=LIMIT)


def running(session: Session) -> LiveBuilds:
    """The builds that run now."""
    return live_builds(queries.running_builds(session))


def current_pulse(session: Session) -> Pulse:
    """The state that pages compare with the one they were made in."""
    return pulse(queries.recent_builds(session, LIMIT))


def pulse(builds: Sequence[BuildInfo]) -> Pulse:
    """What changes when a build starts or ends, and not with its progress."""
    active = [build.id for build in builds if build.status == "running"]
    newest = max((build.id for build in builds), default=0)
    return Pulse(seen=".".join(str(n) for n in (newest, *sorted(active))), is_running=bool(active))


def live_builds(builds: Sequence[BuildInfo], slug: str | None = None) -> LiveBuilds:
    """The running ones among the builds, oldest first, or only those of one source."""
    active = [b for b in builds if b.status == "running" and slug in (None, b.slug)]
    return LiveBuilds(tuple(_live(build) for build in sorted(active, key=lambda build: build.id)))


def _live(build: BuildInfo) -> LiveBuild:
    speed = build.tokens_per_second
    remaining = build.tokens - build.tokens_done
    return LiveBuild(
        slug=build.slug,
        href=f"/sources/{build.slug}",
        stage=build.stage,
        percent=round(100 * build.progress, 1),
        tokens_done=short_count(build.tokens_done),
        tokens=short_count(build.tokens),
        speed=f"{count(round(speed))} tokens/s" if speed else "",
        left=f"about {span(remaining / speed)} left" if speed and remaining > 0 else "",
        message=build.message,
        is_silent=datetime.now(UTC) - build.heartbeat > SILENT_AFTER,
    )


def _row(build: BuildInfo) -> BuildRow:
    return BuildRow(
        number=build.id,
        slug=build.slug,
        href=f"/sources/{build.slug}",
        corpus=build.corpus,
        tokens=short_count(build.tokens),
        context_size=build.context_size,
        status=build.status,
        status_class=STATUS_CLASS[build.status],
        is_current=build.is_current,
        started=moment(build.started),
        took=span((build.finished - build.started).total_seconds()) if build.finished else "",
        error=build.error or "",
    )
