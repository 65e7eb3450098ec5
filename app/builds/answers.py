"""Builds in JSON: a session in, an answer out."""

from sqlalchemy.orm import Session

from app.builds.schemas import BuildAnswer, BuildsAnswer
from app.db.queries.answers import BuildInfo
from app.db.queries.sources import recent_builds


def builds(session: Session) -> BuildsAnswer:
    """The newest builds, running ones first."""
    return BuildsAnswer([_build(build) for build in recent_builds(session)])


def _build(build: BuildInfo) -> BuildAnswer:
    return BuildAnswer(
        build=build.id,
        source=build.slug,
        corpus=build.corpus,
        tokens=build.tokens_done,
        tokens_asked=build.tokens,
        tokens_per_second=build.tokens_per_second,
        context_size=build.context_size,
        seed=build.seed,
        status=build.status,
        progress=build.progress,
        stage=build.stage,
        message=build.message,
        error=build.error,
        started=build.started,
        finished=build.finished,
    )
