"""Units of work with the database, done in threads of their own: so many at once, so many waiting, for so long.

A request never holds a connection while it waits: a unit opens its session, reads or writes, builds its answer and
closes, in one thread. Threads are shared out to lanes, so that work of one kind never waits behind another, and a lane
takes no more than it can do in time: what is beyond the bound is refused at once with Overloaded (503). Whatever does
not end in time is answered without it, interrupted, and writes nothing (:mod:`app.db.unit`).
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from starlette.requests import ClientDisconnect

from app.db.unit import CURRENT, Unit
from app.errors import DatabaseBusy, Overloaded

log = logging.getLogger("periscope.web")
T = TypeVar("T")
LaneName = Literal["latents", "tables", "reads", "answers", "writes", "health"]


@dataclass(frozen=True)
class Bounds:
    """What a lane may take: threads, units that wait for one, seconds until a unit begins, and until it has ended.

    Together they keep every answer below five seconds however many ask.
    """

    threads: int
    waiting: int
    begin_within: float = 2.5
    end_within: float = 4.5


#: Pages are work for Python, of which a process does one piece at a time: two that take turns are both as late as the
#: later one, and with each thread the event loop waits longer for its turn. A write may wait for another process that
#: writes, and must not keep those who read waiting. Answers are what is read before and written after work of a model.
#: So many wait as can be answered in a second or two; on a slow machine, time ends the wait.
LANES: dict[LaneName, Bounds] = {
    "latents": Bounds(threads=1, waiting=128),
    "tables": Bounds(threads=1, waiting=96),
    "reads": Bounds(threads=1, waiting=96),
    "answers": Bounds(threads=2, waiting=128, end_within=20),
    "writes": Bounds(threads=2, waiting=64),
    "health": Bounds(threads=1, waiting=8, begin_within=1.5, end_within=2),
}
#: Connections to the database that units may hold at once.
CONNECTIONS = sum(bounds.threads for bounds in LANES.values())
#: Seconds from one line in the log to the next about a lane that refuses work.
LOG_EVERY = 10
#: Seconds between two looks at the clock and at the client while work waits or runs.
LOOK_EVERY, SOON = 0.5, 0.05
#: Seconds beyond its end after which an abandoned unit counts as stuck: its wait was interrupted long ago.
STUCK_AFTER = 10


async def _is_done(waiter: "asyncio.Future[Any]", seconds: float) -> bool:
    await asyncio.wait({waiter}, timeout=seconds)
    return waiter.done()


def too_much() -> Overloaded:
    """What a request hears that cannot be taken now."""
    error = Overloaded("More is being asked for than this server can answer at once; try again in two seconds.")
    error.retry_after = 2  # who waits for a thread has one by then, or was refused
    return error


class Lane:
    """The threads for one kind of work."""

    def __init__(self, name: LaneName, bounds: Bounds) -> None:
        self.name = name
        self.bounds = bounds
        self._threads = ThreadPoolExecutor(bounds.threads, name)
        self._taken = 0
        self._running: set[Unit] = set()
        self._lock = threading.Lock()
        self._refused = 0
        self._logged = -float(LOG_EVERY)

    async def run(self, work: Callable[[], T], has_left: Callable[[], Awaitable[bool]] | None = None) -> T:
        """What ``work`` returns, done in a thread of the lane.

        ``has_left``: whether the client has left, asked now and then while it waits. Raises Overloaded where too many
        wait, DatabaseBusy where the work does not end in time, ClientDisconnect where the client has left.
        """
        began = time.monotonic()
        if not self._take():
            raise self._refusal()
        unit = Unit()
        future = self._threads.submit(self._do, unit, work)
        future.add_done_callback(self._give)
        waiter = asyncio.wrap_future(future)
        try:
            while not await _is_done(waiter, LOOK_EVERY):
                self._check_time(unit, time.monotonic() - began)
                if has_left is not None and await has_left():
                    raise ClientDisconnect
            return waiter.result()
        finally:
            if not waiter.done():
                future.cancel()  # one that no thread has taken is never begun
                unit.abandon()
                waiter.cancel()

    def _check_time(self, unit: Unit, spent: float) -> None:
        """Raise once the work should have begun, or ended."""
        bounds = self.bounds
        if unit.began is None and spent >= bounds.begin_within - SOON:
            raise self._refusal()
        if spent >= bounds.end_within - SOON:
            raise DatabaseBusy(
                f"The database did not answer within {bounds.end_within:g} seconds; nothing was changed unless it is "
                "shown. Try again in a moment."
            )

    def is_stuck(self) -> bool:
        """Whether every thread is in work that should have ended long ago."""
        late = time.monotonic() - self.bounds.end_within - STUCK_AFTER
        with self._lock:
            stuck = [unit for unit in self._running if unit.is_abandoned and unit.began is not None]
        return sum(unit.began is not None and unit.began < late for unit in stuck) >= self.bounds.threads

    def close(self) -> None:
        """Take no more work; what runs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _take(self) -> bool:
        with self._lock:
            if self._taken >= self.bounds.threads + self.bounds.waiting:
                return False
            self._taken += 1
            return True

    def _give(self, _future: "Future[Any]") -> None:
        with self._lock:
            self._taken -= 1

    def _do(self, unit: Unit, work: Callable[[], T]) -> T:
        unit.begin()
        with self._lock:
            self._running.add(unit)
        try:
            context = copy_context()
            context.run(CURRENT.set, unit)
            return context.run(work)
        finally:
            with self._lock:
                self._running.discard(unit)

    def _refusal(self) -> Overloaded:
        """The error, and now and then a line in the log."""
        self._refused += 1
        now = time.monotonic()
        if now - self._logged >= LOG_EVERY:
            log.warning("Too many requests at once (%s): %d refused since the last such line", self.name, self._refused)
            self._logged, self._refused = now, 0
        return too_much()


class Lanes:
    """All lanes of one application; threads start when they are first needed."""

    def __init__(self) -> None:
        self._lanes = {name: Lane(name, bounds) for name, bounds in LANES.items()}

    def __getitem__(self, name: LaneName) -> Lane:
        return self._lanes[name]

    async def run(
        self, name: LaneName, work: Callable[[], T], has_left: Callable[[], Awaitable[bool]] | None = None
    ) -> T:
        """:meth:`Lane.run` of the lane of that name."""
        return await self._lanes[name].run(work, has_left)

    def stuck(self) -> list[LaneName]:
        """The lanes whose threads are all stuck."""
        return [name for name, lane in self._lanes.items() if lane.is_stuck()]

    def close(self) -> None:
        """Take no more work."""
        for lane in self._lanes.values():
            lane.close()
