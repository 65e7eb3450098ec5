"""Output scores of whole sources: a step of every build, and a command that adds them to a build that is complete.

In a build they are kept in its checkpoint until the latents are written with them. Added later, they are stored as they
come, and a latent that has one is left out. Both go on where they stopped, in the same batches as without a stop.
"""

import math
import time
from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from app.builds.checkpoints import SCORES, Checkpoint
from app.builds.sources import load_checked
from app.db.queries.answers import SourceInfo
from app.db.queries.scores import count_unscored, unscored_latents
from app.db.queries.sources import build_by_id, sources_by_slugs
from app.db.session import make_engine, make_ready, make_session_maker
from app.db.writes.builds import refuse_if_running
from app.db.writes.latents import write_output_scores
from app.errors import BuildLost, NotBuilt
from app.settings import Settings
from app.stopping import StopSignal
from models.building.output_score import ROWS, OutputScorer
from models.loading.opening import load_language_model
from models.records import LatentsToScore
from models.running.language_model import LanguageModel

#: Latents stored in one transaction by the command.
STEP = 4 * ROWS
#: Slug, latents done, latents in all.
Report = Callable[[str, int, int], None]


class ScoreStep:
    """The step of one build: the scores of its sources so far."""

    def __init__(self, checkpoint: Checkpoint, stop: StopSignal, save_seconds: float) -> None:
        self.checkpoint, self.stop, self.save_seconds = checkpoint, stop, save_seconds
        self._found: dict[str, list[NDArray[np.float32]]] = {}

    def begin(self, resume: bool) -> None:
        """Take up what an earlier run of the same request scored, or forget it."""
        if not resume:
            self.checkpoint.forget(SCORES)
        elif self.checkpoint.exists(SCORES):
            found = self.checkpoint.load(SCORES)
            if any(scores.dtype != np.float32 or scores.ndim != 1 for scores in found.values()):
                raise self.checkpoint.unusable(ValueError("its output scores are no such"))
            self._found = {name.removesuffix("/scores"): [scores] for name, scores in found.items()}

    def run(
        self, slug: str, scorer: OutputScorer, latents: LatentsToScore, tell: Callable[[int], None]
    ) -> dict[int, float]:
        """Scores by latent. ``tell`` gets the number of latents done; KeyboardInterrupt after what is done is saved."""
        found = self._found.setdefault(slug, [])
        done = sum(map(len, found))
        if done > len(latents):
            raise self.checkpoint.unusable(ValueError(f"it has more output scores than {slug} has latents"))
        saved = time.monotonic()
        with self.stop.held():
            try:
                for scores in scorer.in_batches(latents, done):
                    found.append(scores)
                    done += len(scores)
                    tell(done)
                    if self.stop.pending:
                        raise KeyboardInterrupt
                    if time.monotonic() - saved > self.save_seconds:
                        self._save()
                        saved = time.monotonic()
            finally:
                self._save()
        return by_latent(latents, np.concatenate([np.zeros(0, np.float32), *found]))

    def _save(self) -> None:
        # The names have a slash, because numpy takes the name "file" for its own.
        arrays = {f"{slug}/scores": np.concatenate(parts) for slug, parts in self._found.items() if parts}
        self.checkpoint.save(arrays, SCORES)


def by_latent(latents: LatentsToScore, scores: NDArray[np.float32]) -> dict[int, float]:
    """Scores under the latents' indices; what is not a number is left out."""
    pairs = zip(latents.indices.tolist(), scores.tolist(), strict=True)
    return {index: score for index, score in pairs if math.isfinite(score)}


def add_scores(settings: Settings, slugs: Sequence[str], device: str, dtype: str, report: Report) -> None:
    """Score the latents of complete builds that have no score yet; pages show the scores as they come.

    Raises:
        UnknownSource, NotBuilt, BuildRunning: there is no build to add them to.
        SourceError, SteeringError: a source cannot be loaded, or cannot be steered.
        BuildLost: a newer build took the place of the one that was being scored.
        KeyboardInterrupt: also for SIGTERM; what is done stays.
    """
    engine = make_engine(settings, is_durable=False)
    try:
        make_ready(engine)
        sessions = make_session_maker(engine)
        with StopSignal().listening():
            sources = _complete(sessions, slugs)
            for location, group in groupby(sources, key=lambda source: source.facts.model.location):
                model = load_language_model(location, device, dtype)
                for source in group:
                    _score_source(sessions, source, model, report)
    finally:
        engine.dispose()


def _complete(sessions: sessionmaker[Session], slugs: Sequence[str]) -> list[SourceInfo]:
    """The sources, all of which have a complete build and none of which is being built."""
    with sessions() as session:
        sources = sources_by_slugs(session, slugs)
        for source in sources:
            refuse_if_running(session, source.id, source.slug)
            if source.build is None:
                raise NotBuilt(source.slug)
    return list(sources)


def _score_source(sessions: sessionmaker[Session], source: SourceInfo, model: LanguageModel, report: Report) -> None:
    assert source.build is not None  # noqa: S101 (see _complete)
    build_id = source.build.id
    scorer = OutputScorer(model, load_checked(source, str(model.device)))
    with sessions() as session:
        total, done, last = count_unscored(session, build_id), 0, -1
        report(source.slug, done, total)
        while True:
            latents = unscored_latents(session, build_id, last, STEP)
            if not build_by_id(session, build_id).is_current:
                raise BuildLost(f"{source.slug} was built anew meanwhile; start the same command again for that build.")
            if not len(latents):
                return
            scores = np.concatenate(list(scorer.in_batches(latents)))
            write_output_scores(session, build_id, by_latent(latents, scores))
            done, last = done + len(latents), int(latents.indices[-1])
            report(source.slug, done, total)
