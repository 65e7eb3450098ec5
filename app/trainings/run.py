"""A training: corpus -> prompts -> activations -> SAEs on disk, with their quality, registered as sources.

1. Names, model, hooks: whatever can be refused is refused before anything is written.
2. The plan: numbers, memory, disk space, time. What would not fit is refused.
3. The prompts are cut once; then steps, with a state on disk every half minute.
4. The SAEs as SAELens folders, their quality on the held-out prompts, and, unless it was asked not to, their sources.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from app.db.session import make_engine, make_ready, make_session_maker
from app.errors import InvalidRequest
from app.settings import Settings
from app.stopping import StopSignal
from app.trainings.folder import TrainingFolder
from app.trainings.names import fingerprint, require_places, targets_of
from app.trainings.news import Newsreader
from app.trainings.outcome import Outcome, Trained
from app.trainings.plan import plan_lines, size_of, span_in_words
from app.trainings.request import TRAINING, Reporter, TrainRequest
from models.corpus.prompts import Corpus, PromptShape, open_corpus, prompts
from models.corpus.training_store import usual_separator
from models.loading.opening import load_language_model
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids
from models.training.hooks import require_hook
from models.training.need import estimate_training, seconds_needed
from models.training.prompts_file import Prompts, read_prompts, require_enough, write_prompts
from models.training.recipe import resolve
from models.training.run import Training
from models.training.stream import ActivationStream

STATE_SECONDS = 30.0
Say = Callable[[str], None]


class NothingToResume(InvalidRequest):
    """--resume was given and there is no state of this training."""


def plan_training(settings: Settings, request: TrainRequest, say: Say) -> None:
    """Say what the training would be and need, and refuse what would not fit; nothing is written."""
    _Run(settings, request, None, Newsreader(lambda _: None), say, StopSignal()).plan()


def run_training(settings: Settings, request: TrainRequest, report: Reporter, say: Say) -> list[Trained]:
    """Train the SAEs of the request; returns when they are on disk and, if that was asked, registered.

    ``report`` gets the progress, ``say`` whole sentences. Raises the errors of app.errors and models.errors;
    KeyboardInterrupt (also for SIGTERM) after the state has been saved.
    """
    engine = make_engine(settings) if request.add else None
    try:
        if engine is not None:
            make_ready(engine)
        sessions = make_session_maker(engine) if engine is not None else None
        stop = StopSignal()
        with stop.listening():
            return _Run(settings, request, sessions, Newsreader(report), say, stop).go()
    finally:
        if engine is not None:
            engine.dispose()


class _Run:
    """One run over hooks that share a forward pass."""

    def __init__(
        self,
        settings: Settings,
        request: TrainRequest,
        sessions: sessionmaker[Session] | None,
        news: Newsreader,
        say: Say,
        stop: StopSignal,
    ) -> None:
        self.settings, self.request, self.sessions = settings, request, sessions
        self.news, self.say, self.stop = news, say, stop
        self.targets = targets_of(request, settings.data_dir)
        self.corpus: Corpus = open_corpus(
            request.corpus, request.wishes.seed, prefix=request.prefix, special_tokens=request.special_tokens
        )
        if not request.resume:
            require_places(self.targets, sessions, None)

    # ---------------------------------------------------------------- before

    def plan(self) -> None:
        """Load the model, know all numbers, and hold what is needed against what there is."""
        request = self.request
        self.news.tell("loading the model", 0.0, 0, 0)
        self.model: LanguageModel = load_language_model(request.model, request.device, request.dtype)
        for hook in request.hooks:
            require_hook(self.model, hook)
        self.widths = {hook: self.model.width(hook) for hook in request.hooks}
        self.recipe = resolve(request.wishes, size_of(self.model))
        self.uncounted = uncounted_ids(self.model)
        self.folder = TrainingFolder(self.settings.data_dir, self._identity())
        need = estimate_training(self.model, self.recipe, self.widths, self.recipe.tokens, self.folder.path)
        for line in plan_lines(request, self.recipe, self.widths, self.model):
            self.say(line)
        self.say(f"needs: {need.sentence()}")
        need.require_fit()
        self.say(
            f"takes: {span_in_words(seconds_needed(self.model, self.recipe, self.widths))} on this machine, roughly"
        )

    def _identity(self) -> dict[str, object]:
        """Everything that the SAEs depend on."""
        request, facts = self.request, self.model.facts
        return {
            "recipe": asdict(self.recipe),
            "hooks": request.hooks,
            "model": facts.location,
            "files": fingerprint(facts.location),
            "corpus": self.corpus.name,
            "dtype": str(self.model.dtype),
            "prefix": request.prefix,
            "special_tokens": request.special_tokens,
            "version": 1,
        }

    def go(self) -> list[Trained]:
        self.plan()
        if self.request.resume and self.folder.state() is None:
            if (done := self._done_before()) is not None:
                return done
            raise NothingToResume(
                "There is no state of exactly this training; leave out --resume to start from the beginning."
            )
        require_places(self.targets, self.sessions, self.folder.name)
        with self.folder.taken():
            self.news.begin(self.folder, self._about())
            try:
                found = self._go()
            except KeyboardInterrupt:
                sentence = f"Stopped; {self._what_is_kept()}."
                self._end("stopped", sentence)
                raise KeyboardInterrupt(sentence) from None
            except Exception as error:
                self._end("failed", str(error) or type(error).__name__)
                raise
            self.folder.remove()
            return found

    def _about(self) -> dict[str, Any]:
        return {
            "model": self.model.facts.name,
            "hooks": list(self.request.hooks),
            "corpus": self.corpus.name,
            "kind": self.recipe.kind,
            "d_sae": self.recipe.d_sae,
        }

    def _end(self, status: str, sentence: str) -> None:
        """Tell how it ended where it can be gone on with; without a state nothing of it is of use."""
        if self.folder.state() is None:
            self.folder.remove()
        else:
            self.news.end(status, sentence)

    def _what_is_kept(self) -> str:
        how = "the same command with --resume goes on from the last state"
        return how if self.folder.state() is not None else "nothing of it was kept"

    def _done_before(self) -> list[Trained] | None:
        """What an earlier run of this training finished; None unless all of it is there."""
        found = self._outcome().found_again()
        if found is not None:
            self.say("This training was finished before.")
        return found

    def _outcome(self) -> Outcome:
        return Outcome(self.request, self.model, self.recipe, self.folder, self.targets, self.sessions)

    # ---------------------------------------------------------------- training

    def _go(self) -> list[Trained]:
        state = self.folder.state() if self.request.resume else None
        if state is None:
            self.folder.clear()
        found = self._prompts()
        stream = ActivationStream(self.model, found, self.recipe, self.widths)
        metadata = {hook: self._metadata(hook) for hook in self.widths}
        self.news.tell("filling the first buffer", 0.0, 0, self.recipe.tokens)
        training = Training(self.recipe, stream, metadata, str(self.model.device))
        if state is None:
            training.begin()
        else:
            self._restore(training, state)
        self._steps(training)
        training.finish()
        total = self.recipe.tokens
        self.news.tell("saving and measuring", 1.0, total, total)
        return self._outcome().settle(training, found)

    def _prompts(self) -> Prompts:
        path, total = self.folder.prompts, self.recipe.tokens
        if not path.exists():
            shape = PromptShape(self.recipe.context, self.recipe.prepend_bos)

            def tell(n: int) -> None:
                self.news.tell("cutting the corpus into prompts", min(1.0, n / total), n, total)

            with self.folder.writing():
                write_prompts(path, prompts(self.corpus, self.model, shape), self.recipe, self.uncounted, tell)
            for said in (self.corpus.repairs.sentence(), self.corpus.spelled.news()):
                if said:
                    self.say(said)
        try:
            found = read_prompts(path, self.recipe, self.uncounted)
        except (OSError, ValueError) as error:
            raise self.folder.unusable("prompts", error) from None
        times = require_enough(found, self.recipe, self.corpus.name, repeat=self.request.repeat)
        if times > 1:
            self.say(f"The corpus is read {times:.1f} times.")
        return found

    def _metadata(self, hook: str) -> dict[str, Any]:
        """What the cfg.json says of how the SAE was trained, by SAELens's names."""
        name = self.corpus.name
        return {
            "model_name": self.model.facts.name,
            "hook_name": hook,
            "context_size": self.recipe.context,
            "prepend_bos": self.recipe.prepend_bos,
            "dataset_path": Path(name).name if Path(name).exists() else name,
            "exclude_special_tokens": self.uncounted.tolist(),
            "sequence_separator_token": usual_separator(self.model),  # a token id, as the prompts were joined
        }

    def _restore(self, training: Training, state: Path) -> None:
        try:
            differs = training.restore(state)
        except Exception as error:  # a damaged file fails in a dozen ways
            raise self.folder.unusable("state", error) from None
        self.say(f"Going on after {training.tokens_done:,} tokens.")
        if differs:
            self.say(f"What comes out differs by rounding from a run that was not stopped: {differs}.")

    def _steps(self, training: Training) -> None:
        total, began, before = self.recipe.steps * self.recipe.step_tokens, time.monotonic(), training.tokens_done
        saved, said = began, 0
        with self.stop.held():
            while not training.is_done:
                training.step()
                done, now = training.tokens_done, time.monotonic()
                if self.news.is_due():
                    rate = (done - before) / max(now - began, 1e-9)
                    self.news.readings(TRAINING, done / total, done, total, rate, training.readings())
                if (tenth := 10 * done // total) > said:
                    said = tenth
                    self._say_readings(training, total)
                if self.stop.pending:
                    self._save(training)
                    raise KeyboardInterrupt
                if now - saved > STATE_SECONDS:
                    self._save(training)
                    # Writing a large state takes seconds: at most a twentieth of the time goes into it.
                    saved = time.monotonic() + 19 * (time.monotonic() - now)
            self._save(training)

    def _save(self, training: Training) -> None:
        training.readings()  # what is no number any more must not replace what was good
        self.folder.save(training.tokens_done, training.save)

    def _say_readings(self, training: Training, total: int) -> None:
        for hook, reading in training.readings().items():
            where = f" at {hook}" if len(self.targets) > 1 else ""
            self.say(
                f"{training.tokens_done:,} of {total:,} tokens{where}: loss {reading.loss:.4g}, L0 {reading.l0:.1f}, "
                f"explained variance {reading.explained_variance:.3f}, dead {reading.dead:.1%}"
            )
