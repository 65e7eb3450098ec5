"""A precompute run: corpus -> models -> database, with progress, checkpoints, cancel and resume.

1. Take the sources (one model, nobody else building them) and the checkpoint, if one is asked for.
2. Load model and SAEs, state the memory needed, refuse what would not fit.
3. One pass over the corpus (models.building.build_pass), with progress in the database and a checkpoint every half
   minute.
4. For each source: quality, weights' geometry, output scores, records, rows; then it replaces the old build in one
   transaction.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from app.builds.checkpoints import Checkpoint
from app.builds.heartbeat import beating, has_ended
from app.builds.output_scores import ScoreStep
from app.builds.request import READING, BuildProgress, BuildRequest, Reporter
from app.builds.sources import common_shape, first_l0, joined, joined_sentence, load_checked
from app.db.queries.sources import sources_by_slugs
from app.db.queries.texts import vocabulary
from app.db.session import make_engine, make_ready, make_session_maker
from app.db.writes.builds import (
    cancel_build,
    clean_stale_builds,
    fail_build,
    finish_build,
    start_build,
    update_progress,
)
from app.db.writes.latents import write_latents, write_prompts, write_quality
from app.errors import BuildLost, DatabaseError, InvalidRequest
from app.search.index import read_after_build
from app.settings import Settings
from app.stopping import StopSignal
from models.building.build_pass import BuildPass, PassPlan
from models.building.geometry import weights_geometry
from models.building.logit_effects import require_direct_path
from models.building.memory import estimate
from models.building.output_score import OutputScorer
from models.building.quality import clean_loss, measure_quality, unmeasured
from models.corpus.labels import DocumentLog
from models.corpus.prompts import Corpus, open_corpus, prompts
from models.errors import SourceError, SteeringError
from models.loading.opening import load_language_model
from models.records import LatentsToScore
from models.running.uncounted import uncounted_ids
from models.statistics.summary import Geometry, summarise

CHECKPOINT_SECONDS = 30.0
_REPORT_SECONDS = 0.5
_PASS_SHARE = 0.85  # of the progress bar; the rest is writing
Say = Callable[[str], None]


class NothingToResume(InvalidRequest):
    """--resume was given and there is no checkpoint."""


def run_build(
    settings: Settings, request: BuildRequest, report: Reporter | None = None, say: Say | None = None
) -> None:
    """Build the sources of ``request``; returns when all of them are shown.

    ``report`` gets the progress, ``say`` whole sentences (memory, what is resumed). Raises the errors of app.errors and
    models.errors; KeyboardInterrupt (also for SIGTERM) after the state has been saved.
    """
    engine = make_engine(settings, is_durable=False)
    try:
        make_ready(engine)
        stop = StopSignal()
        with stop.listening():
            _Run(settings, request, make_session_maker(engine), report or _ignore, say or _ignore, stop).go()
    finally:
        engine.dispose()


def _ignore(_: object) -> None:
    pass


class _Run:
    """One run over sources that share a forward pass."""

    def __init__(
        self,
        settings: Settings,
        request: BuildRequest,
        sessions: sessionmaker[Session],
        report: Reporter,
        say: Say,
        stop: StopSignal,
    ) -> None:
        self.request, self.sessions, self.report, self.say, self.stop = request, sessions, report, say, stop
        self.settings = settings
        with sessions() as session:
            self.sources = {s.slug: s for s in sources_by_slugs(session, request.slugs)}
        self.first = next(iter(self.sources.values()))
        self.shape = common_shape(self.sources.values(), request.context)
        self.corpus: Corpus = open_corpus(
            request.corpus,
            request.seed,
            request.labels,
            prefix=request.prefix,
            special_tokens=request.special_tokens,
        )
        self.documents = DocumentLog(self.corpus.labels) if self.corpus.labels else None
        self.checkpoint = Checkpoint(settings.data_dir, self._identity())
        self.scores = ScoreStep(self.checkpoint, stop, CHECKPOINT_SECONDS)
        self.ids: dict[str, int] = {}
        self.done: set[str] = set()
        self.last_report = 0.0

    def _identity(self) -> dict[str, object]:
        """Everything that the records depend on."""
        asked = asdict(self.request)
        for changes_nothing in ("resume", "device", "batch", "output_scores", "labels"):
            del asked[changes_nothing]
        hashes = [s.facts.weights_hash for s in self.sources.values()]
        for name in ("prefix", "special_tokens"):
            if not asked[name]:  # states of a version that did not know them are found again
                del asked[name]
        labels = {"labels": self.corpus.labels} if self.corpus.labels else {}
        return asked | labels | {"context": self.shape.context_size, "weights": hashes, "state": 3}

    def go(self) -> None:
        resume = self.request.resume
        if resume and not self.checkpoint.exists():
            raise NothingToResume(
                "There is no checkpoint of exactly this build; leave out --resume to start from the beginning."
            )
        try:
            self._start()
            with beating(self.sessions, self.ids, self.stop.interrupt):
                self._build(resume)
        except KeyboardInterrupt:
            was_lost = has_ended(self.sessions, [number for slug, number in self.ids.items() if slug not in self.done])
            sentence = f"Stopped; {self._what_is_kept()}."
            self._end(cancel_build, sentence)
            if was_lost:
                raise self._lost() from None
            raise KeyboardInterrupt(sentence) from None
        except BuildLost:
            self._end(cancel_build, "Cancelled.")
            raise self._lost() from None
        except Exception as error:
            self._end(fail_build, str(error) or type(error).__name__)
            raise
        self.checkpoint.remove()
        n = self.request.tokens
        read_after_build(
            self.settings.data_dir,
            self.sessions,
            list(self.ids),
            lambda stage, *_: self.report(BuildProgress(stage, 1.0, n, n, None)),
            self.say,
        )

    def _start(self) -> None:
        request = self.request
        config = asdict(request) | {"context": self.shape.context_size, "prepend_bos": self.shape.prepend_bos}
        config |= {"slugs": list(request.slugs), "labels": list(self.corpus.labels)}
        with self.sessions() as session:
            clean_stale_builds(session)
            for slug, source in self.sources.items():
                self.ids[slug] = start_build(
                    session,
                    source.id,
                    corpus=self.corpus.name,
                    tokens=request.tokens,
                    context_size=self.shape.context_size,
                    seed=request.seed,
                    config=config,
                    slug=slug,
                )

    def _lost(self) -> BuildLost:
        """What to tell whoever started a build that was cancelled elsewhere."""
        ended = "The build was cancelled on the Builds page, or taken for dead by another one"
        return BuildLost(f"{ended}; {self._what_is_kept()}.")

    def _what_is_kept(self) -> str:
        how = "the same command with --resume goes on from the last checkpoint"
        return how if self.checkpoint.exists() else "nothing of it was kept"

    def _end(self, how: Callable[[Session, int, str], None], message: str) -> None:
        """Close the builds that are not complete; a database that is gone must not hide why."""
        for slug, build_id in self.ids.items():
            if slug not in self.done:
                with suppress(DatabaseError), self.sessions() as session:
                    how(session, build_id, message)

    def _build(self, resume: bool) -> None:
        self._tell("loading the model", 0.0, 0)
        model = load_language_model(self.first.facts.model.location, self.request.device, self.request.dtype)
        dictionaries = {slug: load_checked(source, str(model.device)) for slug, source in self.sources.items()}
        for slug, dictionary in dictionaries.items():
            require_direct_path(model, dictionary, slug)
        plan = PassPlan(
            self.request.tokens,
            self.shape.context_size,
            self.request.batch,
            self.request.seed,
            self.request.max_norm_ratio,
        )
        self.shape = joined(self.shape, model, dictionaries, self.request.separator)
        self.say(joined_sentence(self.shape, model))
        state = BuildPass(model, dictionaries, plan, uncounted_ids(model, self.shape.separator))
        self._require_memory(state)
        self.scores.begin(resume)
        if resume:
            self._restore(state)
            self.say(f"Going on after {state.n_prompts:,} prompts.")
        self._stream(state)
        loss = clean_loss(model, state.held_out_tokens())
        for number, slug in enumerate(dictionaries):
            self._finish(slug, state, loss, number)

    def _restore(self, state: BuildPass) -> None:
        found = self.checkpoint.load()
        try:
            state.restore(found)
        except ValueError as error:
            raise self.checkpoint.unusable(error) from None

    def _require_memory(self, state: BuildPass) -> None:
        """State what the pass will need, from the density of the first prompt, and refuse what would not fit."""
        need = estimate(
            state.model,
            state.dictionaries,
            first_l0(state, self.corpus, self.shape),
            n_tokens=self.request.tokens,
            batch=self.request.batch,
            context_size=self.shape.context_size,
            output_scores=self.request.output_scores,
        )
        self.say(need.sentence())
        need.require_fit()

    def _stream(self, state: BuildPass) -> None:
        context, wanted = self.shape.context_size, state.plan.n_prompts
        began, before = time.monotonic(), state.n_prompts
        saved = began
        with self.stop.held():
            try:
                for n_prompts in state.run(prompts(self.corpus, state.model, self.shape, self.documents)):
                    now = time.monotonic()
                    rate = (n_prompts - before) * context / max(now - began, 1e-9)
                    self._tell(READING, _PASS_SHARE * n_prompts / wanted, n_prompts * context, rate)
                    if said := self.corpus.spelled.news():
                        self.say(said)
                    if self.stop.pending:
                        raise KeyboardInterrupt
                    if now - saved > CHECKPOINT_SECONDS:
                        self.checkpoint.save(state.state())
                        # Saving a large state takes seconds: at most a twentieth of the time goes into it.
                        saved = time.monotonic() + 19 * (time.monotonic() - now)
            finally:
                if state.is_whole:
                    self.checkpoint.save(state.state())
        if state.n_prompts < wanted:
            self.say(f"The corpus ended after {state.n_prompts * context:,} of {self.request.tokens:,} tokens.")
        if not state.held_out:
            self.say("That is too little to hold some of it out, so the quality of the SAE is not measured.")
        for said in (self.corpus.repairs.sentence(), self.documents.sentence() if self.documents is not None else ""):
            if said:
                self.say(said)

    def _finish(self, slug: str, state: BuildPass, loss: float | None, number: int) -> None:
        """Quality, geometry, records and rows of one source; shown when all of it is stored."""
        model, dictionary, build_id = state.model, state.dictionaries[slug], self.ids[slug]
        done = state.n_prompts * self.shape.context_size
        share = (1 - _PASS_SHARE) / len(self.ids)
        tell = partial(self._tell, progress=_PASS_SHARE + share * number, tokens=done, force=True)
        tell(f"measuring {slug}")
        quality = measure_quality(model, dictionary, state.held_out_tokens(), loss)
        if missing := unmeasured(quality, slug):
            self._note(slug, missing)
        statistics = state.statistics[slug]
        dead = float((statistics.totals.n_active == 0).mean())
        geometry = weights_geometry(model, dictionary)
        scores = self._scores(slug, state, geometry, _PASS_SHARE + share * (number + 0.3), 0.3 * share)
        tell(f"writing {slug}", progress=_PASS_SHARE + share * (number + 0.6))
        source = self.sources[slug]
        with self.sessions() as session:
            texts: Mapping[int, str] = vocabulary(session, source.language_model_id)
            blocks = enumerate(row for block in state.prompts for row in block)
            # A resumed pass reads the corpus from its beginning, so that the log is whole without a checkpoint.
            log, n_before = self.documents, len(state.held_out)
            write_prompts(session, build_id, blocks, log.rows(n_before, state.n_prompts) if log else None)
            records = summarise(statistics, geometry, self.shape.context_size)
            write_latents(session, build_id, records, texts.__getitem__, scores)
            write_quality(session, build_id, replace(quality, dead_fraction=dead))
            update_progress(session, build_id, tokens_done=statistics.totals.n_tokens)
            finish_build(session, build_id)
        self.done.add(slug)

    def _scores(self, slug: str, state: BuildPass, geometry: Geometry, first: float, share: float) -> dict[int, float]:
        """Output scores by latent; none, and a sentence why, for a source that cannot be steered."""
        if not self.request.output_scores:
            return {}
        try:
            scorer = OutputScorer(state.model, state.dictionaries[slug])
        except (SourceError, SteeringError) as error:
            self._note(slug, f"No output scores for {slug}: {error}")
            return {}
        latents = LatentsToScore.active(state.statistics[slug].totals.maximum, geometry.promoted_ids)

        def tell(done: int) -> None:
            stage = f"scoring {slug}, {done:,} of {len(latents):,} latents"
            self._tell(stage, first + share * done / len(latents), state.n_prompts * self.shape.context_size)

        return self.scores.run(slug, scorer, latents, tell)

    def _note(self, slug: str, sentence: str) -> None:
        """Say something about a source, in the terminal and on its build."""
        self.say(sentence)
        with self.sessions() as session:
            update_progress(session, self.ids[slug], message=sentence)

    def _tell(self, stage: str, progress: float, tokens: int, rate: float | None = None, force: bool = False) -> None:
        """Progress to the terminal and to the database, at most twice a second."""
        now = time.monotonic()
        if not force and now - self.last_report < _REPORT_SECONDS:
            return
        self.last_report = now
        self.report(BuildProgress(stage, progress, tokens, self.request.tokens, rate))
        with self.sessions() as session:
            for slug, build_id in self.ids.items():
                if slug not in self.done:
                    update_progress(
                        session,
                        build_id,
                        progress=progress,
                        tokens_done=tokens,
                        tokens_per_second=rate,
                        stage=stage,
                    )
