"""The Builds page, and the panel of running builds that several pages carry."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveBuild:
    """A build that is running now. ``percent`` 0 to 100; ``speed`` and ``left`` are empty while they are unknown."""

    slug: str
    href: str
    stage: str
    percent: float
    tokens_done: str
    tokens: str
    speed: str
    left: str
    message: str
    is_silent: bool  # no sign of life for a while: the process may be gone


@dataclass(frozen=True)
class LiveBuilds:
    """The running builds; partials/_live_builds.html."""

    builds: tuple[LiveBuild, ...]


@dataclass(frozen=True)
class Pulse:
    """How a page notices that builds started or ended; partials/_pulse.html. ``seen`` is the state it was made in."""

    seen: str
    is_running: bool


@dataclass(frozen=True)
class BuildRow:
    """A build that ended, or one line of the list of all builds."""

    number: int
    slug: str
    href: str
    corpus: str
    tokens: str
    context_size: int
    status: str
    status_class: str  # running, done, failed, stopped
    is_current: bool
    started: str
    took: str  # empty while it runs
    error: str


@dataclass(frozen=True)
class BuildsView:
    """pages/builds.html."""

    pulse: Pulse
    live: LiveBuilds
    rows: tuple[BuildRow, ...]
    limit: int  # the list shows at most so many
