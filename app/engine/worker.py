"""The thread that owns one model: takes jobs from its queue, runs them in batches, step by step.

One turn: (1) start the batch at the head of the queue, (2) let the batch whose turn it is do one step
(``app.engine.fairness``). Work in many steps (a text being written) therefore never keeps short work (a text being
read) waiting for longer than a step of each batch in work.
"""

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from app.engine.failures import plain, sentence_of
from app.engine.fairness import Run, Runs, giving_way, in_turn
from app.engine.job import Batch, Ticket, Waiting
from app.engine.loaded import Loaded
from app.engine.memory import Reservation
from app.engine.source_key import SourceKey
from app.engine.state import FAILED, LOADING, READY, ModelState
from app.errors import Overloaded, Unavailable


class Host(Protocol):
    """What a worker needs of the engine."""

    def reserve(self, n: int, worker: "Worker", wait: bool = True) -> Reservation | None:
        """Bytes for ``worker``, with room made if need be; ``None`` if not ``wait`` and not free now."""

    def ended(self, worker: "Worker") -> None:
        """The worker's thread is over."""

    def stepped(self, job: str, seconds: float) -> None:
        """A step of a batch of this kind of job took so long."""


class Worker(threading.Thread):
    """Owns one model from loading to eviction."""

    def __init__(self, location: str, max_queue: int, host: Host, load: Callable[["Worker"], Any]) -> None:
        super().__init__(name=f"model {location}", daemon=True)
        self.location = location
        self.max_queue = max_queue
        self.error: str | None = None
        self.last_used = time.monotonic()
        self._host, self._load = host, load
        self._state = LOADING
        self._loaded: Loaded | None = None
        self._queue: deque[Ticket] = deque()
        self._runs = Runs()
        self._changed = threading.Condition()
        self._pinned: frozenset[SourceKey] = frozenset()  # dictionaries of the jobs that are about to begin
        self.is_closing = self.has_begun = False

    # ---------------------------------------------------------------- any thread

    def begin(self) -> None:
        """Start the thread unless it has been started."""
        with self._changed:
            if self.has_begun:
                return
            self.has_begun = True
        self.start()

    def put(self, ticket: Ticket) -> bool:
        """Add to the queue; ``False`` if this worker is ending.

        Raises:
            Overloaded: the queue is full.
        """
        with self._changed:
            if self.is_closing:
                return False
            full = (
                f"{len(self._queue)} requests wait for this model already, which is the limit "
                "(PERISCOPE_MAX_QUEUE); try again in a few seconds."
            )
            if len(self._queue) >= self.max_queue:
                last = giving_way(self._queue, ticket.client)
                if last is None:
                    raise Overloaded(full)
                self._queue.remove(last)
                last.fail(Overloaded(full))
            before = self._in_turn()
            self._queue.append(ticket)
            ticket.when_cancelled(self._leave)
            self._tell_positions(before)
            self._changed.notify_all()
        return True

    def _leave(self, ticket: Ticket) -> None:
        """A client has left: its place in the queue is free at once."""
        with self._changed:
            if ticket in self._queue:
                before = self._in_turn()
                self._queue.remove(ticket)
                self._tell_positions(before)

    def position(self, ticket: Ticket) -> int | None:
        """Requests before this one in the queue; ``None`` when it is not waiting."""
        with self._changed:
            return self._in_turn().index(ticket) if ticket in self._queue else None

    @property
    def is_idle(self) -> bool:
        """Whether the model is loaded and nobody wants it now."""
        with self._changed:
            return self._state == READY and not self._queue and not self._runs and not self.is_closing

    @property
    def is_leaving(self) -> bool:
        """Whether it was asked to go and has nothing left to do but to free its weights."""
        with self._changed:
            return self.is_closing and self.error is None and not self._queue and not self._runs

    def close(self, *, only_if_idle: bool = False) -> bool:
        """Ask the thread to end and free the weights; what waits or runs is answered with 503. Whether it will."""
        with self._changed:
            busy = self._state != READY or bool(self._queue or self._runs)
            if self.is_closing or (only_if_idle and busy):
                return False
            self.is_closing = True
            self._changed.notify_all()
            return True

    def state(self) -> ModelState:
        """What is going on."""
        with self._changed:
            loaded = self._loaded
            running = sum(len(run.batch.alive()) for run in self._runs)
            size, slugs = (loaded.bytes, loaded.slugs) if loaded is not None else (0, ())
            return ModelState(self.location, self._state, self.error, len(self._queue), running, size, slugs)

    def make_room(self) -> bool:
        """In the worker's own thread: give up a dictionary that no running job needs; whether there was one."""
        if self._loaded is None:
            return False
        in_use = {source for run in self._runs for ticket in run.batch.tickets for source in ticket.job.sources}
        return self._loaded.drop_unused(in_use | self._pinned)

    # ---------------------------------------------------------------- the thread

    def run(self) -> None:
        """Load, serve until closed, free."""
        try:
            loaded = self._load(self)
        except Exception as error:
            sentence = sentence_of(error)
            self._end(FAILED, sentence, Unavailable(sentence))
            return
        with self._changed:
            self._loaded, self._state = loaded, READY
        try:
            while self._wait():
                self._start_next()
                if self._runs:
                    self._step(self._runs.next())
        finally:
            self._end(READY, None, Unavailable("The model was unloaded to make room; send the request again."))

    def _wait(self) -> bool:
        """Sleep until there is something to do; ``False`` when the worker is to end."""
        with self._changed:
            while not (self._queue or len(self._runs) or self.is_closing):
                self._changed.wait()
            return not self.is_closing

    def _end(self, state: str, sentence: str | None, error: BaseException) -> None:
        with self._changed:
            self.is_closing = True
            self._state, self.error = state, sentence
            left = [*self._queue, *(ticket for run in self._runs for ticket in run.batch.tickets)]
            self._queue.clear()
            runs = self._runs.clear()
            loaded, self._loaded = self._loaded, None
        if sentence is not None:
            self._host.ended(self)  # so that who is told, and asks again at once, finds it on record
        for run in runs:
            _close(run.steps)
        for ticket in left:
            ticket.fail(error)
        if loaded is not None:
            loaded.release()
            del loaded
            gc.collect()
        if sentence is None:
            self._host.ended(self)

    # ---------------------------------------------------------------- batches

    def _start_next(self) -> None:
        tickets = self._take_batch()
        if not tickets:
            return
        tickets = self._with_sources(tickets)
        if not tickets:
            return
        batch = Batch(tickets, self._arrivals if tickets[0].job.joins else None)
        steps = tickets[0].job.run(self._loaded, batch)  # type: ignore[arg-type]
        with self._changed:
            self._runs.add(batch, iter(steps))

    def _take_batch(self) -> list[Ticket]:
        """The head of the queue and what may run with it, with their memory taken."""
        with self._changed:
            busy = {run.batch.key for run in self._runs if run.batch.tickets[0].job.joins}
            queue = [t for t in self._in_turn() if not (t.job.joins and t.job.key in busy)]
            head = next((ticket for ticket in queue if self._runs.may_begin(ticket)), None)
            if head is None:
                return []
        # A batch that runs will give memory back: go on with it rather than wait.
        if not self._admit(head, wait=not self._runs):
            return []
        same = [t for t in queue if t is not head and t.job.key == head.job.key and t.job.is_brief == head.job.is_brief]
        chosen = [head]
        for ticket in same[: head.job.batch_size(self._loaded) - 1]:  # type: ignore[arg-type]
            if not self._admit(ticket, wait=False):
                break
            chosen.append(ticket)
        return self._dequeue(chosen)

    def _admit(self, ticket: Ticket, wait: bool) -> bool:
        """Take the ticket's memory; a job that can never fit is answered and leaves the queue."""
        try:
            ticket.reservation = self._host.reserve(ticket.job.cost(), self, wait)
        except Exception as error:
            self._dequeue([ticket])
            ticket.fail(plain(error))
            return False
        return ticket.reservation is not None

    def _dequeue(self, tickets: list[Ticket]) -> list[Ticket]:
        """Those of them that are still waiting, out of the queue; the others' memory is given back."""
        with self._changed:
            self.last_used = time.monotonic()
            before = self._in_turn()
            chosen = [ticket for ticket in tickets if ticket in self._queue]
            for ticket in chosen:
                self._queue.remove(ticket)
            self._tell_positions(before)
        for ticket in tickets:
            if ticket not in chosen or not ticket.is_open:
                ticket.release()
        return [ticket for ticket in chosen if ticket.is_open]

    def _in_turn(self) -> list[Ticket]:
        return in_turn(self._queue, self._runs.in_work())

    def _tell_positions(self, before: list[Ticket]) -> None:
        """Those whose position is another one than in the queue as it was ``before``."""
        known = {id(ticket): place for place, ticket in enumerate(before)}
        for place, ticket in enumerate(self._in_turn()):
            if known.get(id(ticket)) != place:
                ticket.emit(Waiting(place, self._state))

    def _arrivals(self, batch: Batch) -> list[Ticket]:
        """More jobs for a batch that has begun, as many as fit."""
        with self._changed:
            same = [t for t in self._in_turn() if t.job.key == batch.key]
        room = batch.tickets[0].job.batch_size(self._loaded) - len(batch.alive())  # type: ignore[arg-type]
        chosen = []
        for ticket in same[: max(0, room)]:
            if not self._admit(ticket, wait=False):
                break
            chosen.append(ticket)
        return self._with_sources(self._dequeue(chosen))

    def _with_sources(self, tickets: list[Ticket]) -> list[Ticket]:
        """Load the dictionaries that the jobs need; who asks for one that cannot be loaded is told so."""
        ready = []
        self._pinned = frozenset(source for ticket in tickets for source in ticket.job.sources)
        for ticket in tickets:
            try:
                for source in ticket.job.sources:
                    self._loaded.dictionary(source)  # type: ignore[union-attr]
            except Exception as error:
                ticket.fail(plain(error))
            else:
                ready.append(ticket)
        self._pinned = frozenset()
        return ready

    def _step(self, run: Run) -> None:
        began = time.perf_counter()
        try:
            is_over = not run.batch.alive()
            if is_over:
                _close(run.steps)
            else:
                next(run.steps)
        except StopIteration:
            is_over = True
        except Exception as error:
            is_over = True
            for ticket in run.batch.alive():
                ticket.fail(plain(error))
        for ticket in run.batch.tickets:
            if is_over:
                ticket.fail(RuntimeError(f"{type(ticket.job).__name__} ended without an answer"))
            if not ticket.is_open:
                ticket.release()
        seconds = time.perf_counter() - began
        with self._changed:
            self.last_used = time.monotonic()
            self._runs.charge(run, seconds)
            if is_over:
                self._runs.remove(run)
        self._host.stepped(type(run.batch.tickets[0].job).__name__, seconds)


def _close(steps: Iterator[None]) -> None:
    close = getattr(steps, "close", None)
    if close is not None:
        close()
