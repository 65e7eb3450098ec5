"""The answers about builds. docs/api.md lists the fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.db.tables.builds import CANCELLED, COMPLETE, FAILED, RUNNING
from app.web.request_types import Share, Word

Status = Annotated[str, Word((RUNNING, COMPLETE, FAILED, CANCELLED))]


@dataclass(frozen=True)
class BuildAnswer:
    """A precompute run. ``status`` is running, complete, failed or cancelled; ``progress`` is 0 to 1; ``tokens`` of
    ``tokens_asked`` were counted, or, while it runs, read.
    """

    build: int
    source: str
    corpus: str
    tokens: int
    tokens_asked: int
    tokens_per_second: float | None
    context_size: int
    seed: int
    status: Status
    progress: Share
    stage: str
    message: str
    error: str | None
    started: datetime
    finished: datetime | None


@dataclass(frozen=True)
class BuildsAnswer:
    """The newest builds of all sources, running ones first."""

    builds: list[BuildAnswer]
