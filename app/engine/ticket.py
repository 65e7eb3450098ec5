"""A job on its way: the event loop waits for it, the worker's thread answers it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.engine.fairness import CLIENT
from app.engine.job import Job
from app.engine.memory import Reservation


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
