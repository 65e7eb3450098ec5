"""All loaded models: hands jobs to their workers, shares the memory between them, says what state they are in."""

import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from app.engine.job import Job, Ticket
from app.engine.loaded import Loaded, free_bytes
from app.engine.memory import MemoryBudget, Reservation, as_text
from app.engine.state import FAILED, ModelState
from app.engine.worker import Worker
from app.errors import InvalidRequest, Overloaded, Unavailable
from app.preparing import announced
from app.settings import Settings
from models.errors import ModelNotFound

#: A model that could not be loaded is not tried again before this time, in seconds.
RETRY_AFTER = 5.0
#: How long work waits for memory that other work holds, in seconds.
MEMORY_PATIENCE = 60.0

#: Loads a model: its location, device, number format and how it takes memory -> what the worker holds.
Loader = Callable[[str, str, str, Callable[[int], Reservation]], Any]


class ModelEngine:
    """One per application. ``submit``, ``run`` and ``stream`` are for the event loop, the rest for any thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        budget: MemoryBudget | None = None,
        load: Loader = Loaded,
        watch: Callable[[str, float], None] = lambda job, seconds: None,
    ) -> None:
        """``watch`` is told the kind of job and the seconds of every step, in the workers' threads."""
        self._settings = settings
        self.stepped = watch
        self._load = load
        self._workers: dict[str, Worker] = {}
        self._failed: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        total = int(settings.max_memory_gib * 2**30) if settings.max_memory_gib else None
        self.budget = budget or MemoryBudget(total)

    # ---------------------------------------------------------------- event loop

    def submit(self, job: Job) -> Ticket:
        """Put a job into its model's queue; the model is loaded if it is not.

        Raises:
            PeriscopeError, PeriscopeModelError: what ``job.check`` refuses.
            Overloaded: the queue is full.
            Unavailable: the model could not be loaded a moment ago, or the server is closing.
        """
        job.check()
        ticket = Ticket(job)
        while not (worker := self._worker(job.model)).put(ticket):
            pass  # that worker was ending; the next round makes a new one
        worker.begin()  # with its first job in the queue, so that a model that fails to load fails for somebody
        return ticket

    async def run(self, job: Job) -> Any:
        """The job's result. Cancelling the task cancels the job."""
        return await self.submit(job).result()

    async def stream(self, job: Job) -> AsyncIterator[Any]:
        """The job's events, then ``Finished``. Closing the iterator cancels the job."""
        events = self.submit(job).events()
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    # ---------------------------------------------------------------- any thread

    def warm(self, location: str) -> None:
        """Begin to load a model that will be needed soon."""
        self._worker(location).begin()

    def states(self) -> tuple[ModelState, ...]:
        """Every model that is loading, ready or has failed, by location."""
        with self._lock:
            workers = {place: worker for place, worker in self._workers.items() if not worker.is_leaving}
            failed = {place: why for place, (why, _) in self._failed.items() if place not in workers}
        found = [worker.state() for worker in workers.values()]
        found += [ModelState(place, FAILED, why, 0, 0, 0, ()) for place, why in failed.items()]
        return tuple(sorted(found, key=lambda state: state.location))

    def evict(self, location: str, *, only_if_idle: bool = True) -> bool:
        """Free a model's memory; whether that will happen. Work that it breaks off is answered with 503."""
        with self._lock:
            worker = self._workers.get(location)
        return worker is not None and worker.close(only_if_idle=only_if_idle)

    def close(self, seconds: float = 5.0) -> None:
        """End all workers; new work is refused."""
        with self._lock:
            self._is_closed = True
            workers = list(self._workers.values())
        for worker in workers:
            worker.close()
        deadline = time.monotonic() + seconds
        for worker in (worker for worker in workers if worker.has_begun):
            worker.join(max(0.0, deadline - time.monotonic()))

    def _worker(self, location: str) -> Worker:
        with self._lock:
            if self._is_closed:
                raise Unavailable("The server is closing.")
            worker = self._workers.get(location)
            if worker is not None and not worker.is_closing:
                return worker
            sentence, since = self._failed.get(location, ("", -RETRY_AFTER))
            if sentence and time.monotonic() - since < RETRY_AFTER:
                raise Unavailable(sentence)
            self._failed.pop(location, None)
            worker = Worker(location, self._settings.max_queue, self, self._load_model)
            self._workers[location] = worker
            return worker

    # ---------------------------------------------------------------- workers' threads

    def _load_model(self, worker: Worker) -> Any:
        if not self.budget.is_settled:
            self.budget.settle(free_bytes(self._settings.device))

        def reserve(n: int) -> Reservation:
            taken = self.reserve(n, worker)
            if taken is None:
                raise Overloaded("The memory did not suffice; try again later.")
            return taken

        try:
            return self._load(worker.location, self._settings.device, self._settings.dtype, reserve)
        except ModelNotFound as error:
            preparation = announced(self._settings.data_dir)
            if preparation is None or preparation.has_failed:
                raise
            raise Unavailable(f"The model is still being prepared. {preparation.sentence} Try again soon.") from error

    def reserve(self, n: int, worker: Worker, wait: bool = True) -> Reservation | None:
        """Bytes for a worker; unused dictionaries and idle models make room, the least recently used first.

        Raises:
            InvalidRequest: more than all of the memory that may be used.
            Overloaded: others hold the memory and did not give it back in time.
        """
        if n > self.budget.total:
            raise InvalidRequest(
                f"This needs about {as_text(n)} of memory and {as_text(self.budget.total)} may be used "
                "(PERISCOPE_MAX_MEMORY_GIB); ask for less at once, or for a smaller model."
            )
        deadline = time.monotonic() + MEMORY_PATIENCE
        while (taken := self.budget.take(n)) is None:
            if worker.make_room():
                continue
            self._evict_oldest(worker)
            if not wait:
                return None
            if worker.is_closing or not self._others(worker) or time.monotonic() > deadline:
                raise Overloaded(
                    f"This needs about {as_text(n)} of memory, of which {as_text(self.budget.total - self.budget.used)}"
                    " are free now; try again later."
                )
            self.budget.wait(0.1)
        return taken

    def _evict_oldest(self, worker: Worker) -> None:
        """Ask the least recently used idle model to go, unless one is going already."""
        others = sorted(self._others(worker), key=lambda other: other.last_used)
        if not any(other.is_closing for other in others):
            any(other.close(only_if_idle=True) for other in others)

    def _others(self, worker: Worker) -> list[Worker]:
        with self._lock:
            return [other for other in self._workers.values() if other is not worker]

    def ended(self, worker: Worker) -> None:
        """Forget a worker whose thread is over, but not why it failed."""
        with self._lock:
            if self._workers.get(worker.location) is worker:
                del self._workers[worker.location]
            if worker.error is not None:
                self._failed[worker.location] = (worker.error, time.monotonic())
