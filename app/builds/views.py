"""The Builds page, and the panel of running builds that several pages carry."""

from dataclasses import dataclass

from app.trainings.views import Trainings


@dataclass(frozen=True)
class SourceLink:
    """A source by name, with its page."""

    slug: str
    href: str


@dataclass(frozen=True)
class LiveBuild:
    """A run that is going on now: builds of one or several sources that share a pass over the corpus.

    ``percent`` 0 to 100; ``speed`` and ``left`` are empty while they are unknown; partials/_live_build.html.
    """

    number: int  # of its first build
    sources: tuple[SourceLink, ...]
    stage: str
    percent: float
    tokens_done: str
    tokens: str
    speed: str
    left: str
    message: str
    silence: str  # for how long there was no sign of life; empty while there is one
    cancel_href: str
    slugs: str  # of all its sources, those that are finished included


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
    """One line of the list of all builds."""

    number: int
    slug: str
    href: str
    corpus: str
    tokens: str
    context_size: int
    status: str
    status_class: str  # running, silent, done, failed, stopped
    is_current: bool
    started: str
    took: str  # empty while it runs
    error: str
    note: str  # what a build that went well has to say; empty for most
    config: str  # as JSON
    command: str  # that goes on with it or repeats it; empty if its configuration was not recorded
    can_resume: bool


@dataclass(frozen=True)
class BuildsView:
    """pages/builds.html."""

    pulse: Pulse
    trainings: Trainings
    live: LiveBuilds
    rows: tuple[BuildRow, ...]
    limit: int  # the list shows at most so many
