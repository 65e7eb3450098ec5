"""Explanations that the server makes because somebody pressed the button: one at a time, seen by all who look.

A run is a task of the event loop: the engine reads the texts, the endpoint is asked, the label is stored. It goes on
when its reader leaves the page, until it is done, cancelled, or the server ends; what was answered is kept either way.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import source_by_slug
from app.engine.engine import ModelEngine
from app.engine.job import Finished
from app.engine.sources import Reader, key_of
from app.errors import Conflict, PeriscopeError, Unfit, problem_of
from app.explain.budget import Budget
from app.explain.journal import Journal
from app.explain.labels import store_label
from app.explain.material import Material
from app.explain.reading import materials_of, to_read
from app.explain.request import ExplainRequest
from app.explain.run import Outcome, Progress, estimate, explain
from app.explain.task import WindowsJob, WindowsRead
from models.errors import PeriscopeModelError
from models.records import LatentRecord

log = logging.getLogger("periscope.explain")
#: Ended runs that are remembered, for whoever comes back to the page.
MAX_ENDED = 64


@dataclass
class Run:
    """One latent being explained, or how that ended: ``outcome``, ``error`` or ``is_cancelled``.

    ``reading``: prompts read and in all, before anything is asked.
    """

    slug: str
    index: int
    reading: tuple[int, int] = (0, 0)
    progress: Progress | None = None
    outcome: Outcome | None = None
    error: str = ""
    is_cancelled: bool = False
    task: "asyncio.Task[None] | None" = None

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.task is not None and not self.task.done()


class ExplanationTasks:
    """One per application; for the event loop."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, int], Run] = {}

    def of(self, slug: str, index: int) -> Run | None:
        """The run of a latent, or the last one."""
        return self._runs.get((slug, index))

    def start(self, engine: ModelEngine, reader: Reader, request: ExplainRequest) -> Run:
        """Begin; the run that goes on already, if it is of the same latent. Raises Conflict while another one runs."""
        index = request.latents[0]
        known = self.of(request.slug, index)
        if known is not None and known.is_running:
            return known
        for other in self._runs.values():
            if other.is_running:
                raise Conflict(
                    f"Latent {other.index} of {other.slug} is being explained; one is explained at a time, so try "
                    "again when that is done."
                )
        self._runs.pop((request.slug, index), None)
        while len(self._runs) >= MAX_ENDED:
            del self._runs[next(iter(self._runs))]
        run = self._runs[(request.slug, index)] = Run(request.slug, index)
        run.task = asyncio.create_task(self._do(run, engine, reader, request))
        return run

    async def cancel(self, slug: str, index: int) -> None:
        """End the run of a latent, if there is one; returns when it has ended."""
        run = self.of(slug, index)
        if run is not None and run.task is not None and run.is_running:
            run.task.cancel()
            await asyncio.wait({run.task}, timeout=5)

    async def close(self) -> None:
        """End all runs."""
        for slug, index in list(self._runs):
            await self.cancel(slug, index)

    async def _do(self, run: Run, engine: ModelEngine, reader: Reader, request: ExplainRequest) -> None:
        try:
            run.outcome = await _explained(run, engine, reader, request)
        except asyncio.CancelledError:
            run.is_cancelled = True
            raise
        except (PeriscopeError, PeriscopeModelError) as error:
            run.error = problem_of(error).detail
        except Exception as error:
            log.exception("a latent could not be explained")
            run.error = problem_of(error).detail


async def _explained(run: Run, engine: ModelEngine, reader: Reader, request: ExplainRequest) -> Outcome:
    source = await reader.work(reader.find_one, request.slug, run.index)
    material = await _material(run, engine, reader, source, request)
    budget = Budget(request.budget, request.max_calls)

    def store(outcome: Outcome) -> None:
        with reader.sessions() as session:
            store_label(session, source_by_slug(session, source.slug), outcome, request)

    async def keep(outcome: Outcome) -> None:
        await reader.keep(store, outcome)

    def report(progress: Progress) -> None:
        run.progress = progress

    journal = Journal(reader.settings.data_dir, request.identity(source))
    with journal.opened():
        budget.require(estimate(request, [material], journal))
        outcomes = await explain(request, [material], journal, budget, keep, report)
        journal.forget()
    return outcomes[0]


async def _material(
    run: Run, engine: ModelEngine, reader: Reader, source: SourceInfo, request: ExplainRequest
) -> Material:
    """The texts of the latent. Raises Unfit with the reason if there are too few."""

    def find() -> WindowsJob:
        with reader.sessions() as session:
            plan = to_read(session, source, request.latents, request.plan)
        records.update(plan.records)
        facts = source.facts.model
        return WindowsJob(
            facts.location, key_of(source), plan.prompts, plan.spread, request.latents, plan.width, facts.d_model
        )

    records: dict[int, LatentRecord] = {}
    job = await reader.work(find)
    windows: Any = None
    async for event in engine.stream(job):
        if isinstance(event, WindowsRead):
            run.reading = event.done, event.total
        elif isinstance(event, Finished):
            windows = event.result

    def choose() -> Material:
        with reader.sessions() as session:
            found, reasons = materials_of(session, source, windows, records, request.plan)
        if not found:
            raise Unfit(next(iter(reasons.values())))
        return found[0]

    return await reader.work(choose)
