"""What can be asked of a model: jobs, and the batch that a worker makes of several."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Hashable, Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from app.engine.loaded import Loaded
from app.engine.memory import Reservation
from app.engine.source_key import SourceKey

#: Who asks, for tickets that are made in this context; empty for the application itself.
CLIENT: ContextVar[str] = ContextVar("client", default="")


@dataclass(frozen=True)
class Progress:
    """Event: so many of so many rows, texts or tokens are done."""

    done: int
    total: int


Result = TypeVar("Result")


class Job:
    """One request to one model; derive a frozen dataclass with the fields ``model`` and ``sources``."""

    #: Jobs that run together at most.
    max_batch: ClassVar[int] = 32
    #: Whether jobs of the same key may join a batch that has begun (``Batch.arrivals``).
    joins: ClassVar[bool] = False

    model: str  # location of the model
    sources: tuple[SourceKey, ...]  # dictionaries that are loaded before the job runs

    @property
    def key(self) -> Hashable:
        """Jobs with equal keys may run in one batch."""
        return type(self).__qualname__

    @property
    def is_brief(self) -> bool:
        """Whether it is over after a few steps, so that it begins however much long work goes on."""
        return False

    def check(self) -> None:
        """Raise the error of a job that can be refused before it waits; quick, since the event loop asks."""

    def cost(self) -> int:
        """An upper estimate of the bytes that the job needs while it runs, on top of the weights."""
        raise NotImplementedError

    @classmethod
    def batch_size(cls, loaded: Loaded) -> int:
        """Jobs that run together at most on this model."""
        return cls.max_batch

    @classmethod
    def run(cls, loaded: Loaded, batch: "Batch") -> Iterator[None]:
        """Do the work of a batch, one step per ``yield``; see the package's text for the rules."""
        raise NotImplementedError


class SoloJob(Job):
    """A job that runs by itself: its own rows fill the passes."""

    max_batch = 1

    def steps(self, loaded: Loaded) -> Generator[Any, None, Any]:
        """The work, one step per ``yield`` of an event, or of ``None``; what it returns is the result."""
        raise NotImplementedError

    @classmethod
    def run(cls, loaded: Loaded, batch: "Batch") -> Iterator[None]:
        """The steps, until they end or the client leaves."""
        for ticket in batch.alive():
            job: Any = ticket.job
            result = yield from while_open(ticket, job.steps(loaded))
            ticket.finish(result)


def while_open(ticket: "Ticket", steps: Generator[Any, None, Result]) -> Generator[None, None, Result | None]:
    """Steps for one ticket, whose events it gets; ``None`` and no further step once its client has left."""
    try:
        while ticket.is_open:
            event = next(steps)
            if event is not None:
                ticket.emit(event)
            yield
    except StopIteration as end:
        found: Result = end.value
        return found
    finally:
        steps.close()
    return None


class Batch:
    """Tickets whose jobs run together."""

    def __init__(self, tickets: "Sequence[Ticket]", more: "Callable[[Batch], list[Ticket]] | None" = None) -> None:
        self.tickets = list(tickets)
        self._more = more

    @property
    def key(self) -> Hashable:
        """What their jobs have in common."""
        return self.tickets[0].job.key

    def alive(self) -> "list[Ticket]":
        """Those that still wait for an answer."""
        return [ticket for ticket in self.tickets if ticket.is_open]

    def arrivals(self) -> "list[Ticket]":
        """Jobs of the same key that came since the batch began; they now belong to it."""
        new = self._more(self) if self._more else []
        self.tickets.extend(new)
        return new


@dataclass(frozen=True)
class Waiting:
    """Event: ``position`` requests will be started before this one; 0 is next. ``model`` is loading or ready."""

    position: int
    model: str


@dataclass(frozen=True)
class Finished:
    """The last event: the job's result."""

    result: Any


class Ticket:
    """One job with its answer. Made in the event loop; ``emit``, ``finish`` and ``fail`` are for the worker."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.client = CLIENT.get()
        self.reservation: Reservation | None = None
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Any] = self._loop.create_future()
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._is_settled = False
        self._on_cancel: Callable[[Ticket], None] | None = None

    # ---------------------------------------------------------------- worker's side

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for an answer."""
        return not (self._is_cancelled or self._is_settled)

    @property
    def is_cancelled(self) -> bool:
        """Whether the client has left."""
        return self._is_cancelled

    def emit(self, event: Any) -> None:
        """Send an event to whoever streams this ticket; a ticket that is not open gets nothing."""
        if self.is_open:
            self._call(self._events.put_nowait, event)

    def finish(self, result: Any) -> None:
        """Answer with a result; only the first answer counts. Gives the memory back."""
        if self._settle():
            self._call(self._set, result, None)

    def fail(self, error: BaseException) -> None:
        """Answer with an error; only the first answer counts. Gives the memory back."""
        if self._settle():
            self._call(self._set, None, error)

    def release(self) -> None:
        """Give the memory back that the job took."""
        if self.reservation is not None:
            self.reservation.release()

    def _settle(self) -> bool:
        with self._lock:
            was_open, self._is_settled = not self._is_settled, True
        self.release()
        return was_open

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        # A loop that is closed has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def _set(self, result: Any, error: BaseException | None) -> None:
        self._events.put_nowait(None)
        if self._answer.done():
            return
        if error is not None:
            self._answer.set_exception(error)
        else:
            self._answer.set_result(result)

    # ---------------------------------------------------------------- event loop's side

    def when_cancelled(self, function: "Callable[[Ticket], None]") -> None:
        """Call ``function`` when the client leaves, so that a queue can drop the ticket at once."""
        self._on_cancel = function

    def cancel(self) -> None:
        """The client has left: stop before, or between, the steps of the work."""
        with self._lock:
            if self._is_cancelled or self._is_settled:
                return
            self._is_cancelled = True
        self._answer.cancel()
        if self._on_cancel is not None:
            self._on_cancel(self)

    async def result(self) -> Any:
        """The answer; cancels the job when the task that waits is cancelled."""
        try:
            return await self._answer
        finally:
            self.cancel()

    async def events(self) -> AsyncIterator[Any]:
        """What was emitted, as it comes; then ``Finished``. Cancels the job when it is closed early."""
        try:
            while (event := await self._events.get()) is not None:
                yield event
            yield Finished(await self._answer)
        finally:
            self.cancel()
