"""Explain latents of a source from the command line: read its corpus with the model, say what will be sent, send it."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from app.builds.sources import load_checked
from app.db.queries.answers import SourceInfo
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_ready, make_session_maker
from app.errors import BuildLost
from app.explain.budget import Budget
from app.explain.journal import Journal
from app.explain.labels import store_label
from app.explain.material import Material
from app.explain.reading import ToRead, chosen_latents, materials_of, to_read
from app.explain.request import ExplainRequest
from app.explain.run import Outcome, Progress, estimate, explain
from app.explain.words import plan_sentences
from app.settings import Settings
from models.corpus.window_pass import window_steps
from models.corpus.windows import Windows
from models.loading.opening import load_language_model

#: Prompts read and in all.
ReportReading = Callable[[int, int], None]


@dataclass(frozen=True)
class Told:
    """Who hears of the work: sentences, the reading, the run."""

    say: Callable[[str], None]
    reading: ReportReading
    progress: Callable[[Progress], None]


def prepared_request(
    settings: Settings,
    make: Callable[[tuple[int, ...]], ExplainRequest],
    slug: str,
    named: tuple[int, ...] | None,
    top: int | None,
) -> ExplainRequest:
    """The request for the latents that are named, or chosen. Raises what ``chosen_latents`` does, or UnknownSource."""
    engine = make_engine(settings, is_durable=False)
    try:
        make_ready(engine)
        with make_session_maker(engine)() as session:
            source = source_by_slug(session, slug)
            return make(chosen_latents(session, source, named, top))
    finally:
        engine.dispose()


def explain_source(settings: Settings, request: ExplainRequest, told: Told, *, dry_run: bool = False) -> list[Outcome]:
    """Explain and score the latents of the request; labels are stored as they come. With ``dry_run`` nothing is sent.

    Raises:
        InvalidRequest: one of many kinds; a budget that is too small or used up is one of them.
        EndpointUnusable, EndpointDown: an endpoint refuses or does not answer.
        NotBuilt, UnknownLatent, UnknownSource; the errors of loading a model.
        KeyboardInterrupt: also for SIGTERM; what was answered is kept.
    """
    budget = Budget(request.budget, request.max_calls)
    engine = make_engine(settings, is_durable=False)
    try:
        make_ready(engine)
        sessions = make_session_maker(engine)
        with sessions() as session:
            source = source_by_slug(session, request.slug)
            plan = to_read(session, source, request.latents, request.plan)
        journal = Journal(settings.data_dir, request.identity(source))
        with journal.opened():
            windows = _read(settings, source, plan, told.reading)
            with sessions() as session:
                materials, reasons = materials_of(session, source, windows, plan.records, request.plan)
            need = estimate(request, materials, journal)
            for sentence in plan_sentences(request, source, materials, reasons, need, journal):
                told.say(sentence)
            if dry_run or not materials:
                _forget_if_empty(journal)
                return _notes(reasons)
            try:
                budget.require(need)
            except Exception:
                _forget_if_empty(journal)
                raise
            outcomes = asyncio.run(_explain(sessions, source, request, materials, journal, budget, told))
            journal.forget()
        return sorted([*outcomes, *_notes(reasons)], key=lambda outcome: outcome.index)
    finally:
        engine.dispose()


def _notes(reasons: dict[int, str]) -> list[Outcome]:
    return [Outcome(index, note=reason) for index, reason in reasons.items()]


def _forget_if_empty(journal: Journal) -> None:
    if not journal.answers and not journal.done:
        journal.forget()


def _read(settings: Settings, source: SourceInfo, plan: ToRead, report: ReportReading) -> Windows:
    model = load_language_model(source.facts.model.location, settings.device, settings.dtype)
    dictionary = load_checked(source, str(model.device))
    steps = window_steps(
        model, dictionary, plan.prompts, spread=plan.spread, chosen=plan.records.keys(), width=plan.width
    )
    while True:
        try:
            report(*next(steps))
        except StopIteration as end:
            windows: Windows = end.value
            return windows


async def _explain(
    sessions: sessionmaker[Session],
    source: SourceInfo,
    request: ExplainRequest,
    materials: Sequence[Material],
    journal: Journal,
    budget: Budget,
    told: Told,
) -> list[Outcome]:
    # Ctrl+C cancels by itself; SIGTERM is to do the same.
    task, was_terminated = asyncio.current_task(), []

    def terminate() -> None:
        was_terminated.append(True)
        if task is not None:
            task.cancel()

    with suppress(NotImplementedError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)

    async def store(outcome: Outcome) -> None:
        with sessions() as session:
            now = source_by_slug(session, source.slug)
            if now.facts.weights_hash != source.facts.weights_hash:
                raise BuildLost(f"{source.slug} has other weights now; start the same command again for those.")
            store_label(session, now, outcome, request)

    try:
        return await explain(request, materials, journal, budget, store, told.progress)
    except asyncio.CancelledError:
        if was_terminated:
            raise KeyboardInterrupt from None
        raise
