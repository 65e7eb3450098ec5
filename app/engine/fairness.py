"""Whose turn it is: among clients who wait, and among batches in work.

A client is an address; who has many requests waits behind who has few, and two clients get the same of a model's time
however many batches one of them has.

* The queue: first those whose clients have least in work and before them in the queue, then by arrival.
* Batches in work: next is the one that has had least time per client. With t the seconds of a step and w the batch's
  weight, which is the sum of 1/(batches of the client) over its clients, its account grows by t/w. A new batch begins
  with the account of the one whose turn it was, so that it neither waits for the others to catch up nor has them wait.
* A full queue: the last request of the client with the most gives way to a client with fewer.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from app.engine.job import Batch, Ticket

#: Batches of long work at once, and of one client's; more would only make each slower. Brief work always begins.
MAX_LONG, MAX_LONG_OF_ONE = 8, 4


@dataclass(eq=False)
class Run:
    """A batch in work."""

    batch: Batch
    steps: Iterator[None]
    account: float
    number: int

    @property
    def is_brief(self) -> bool:
        """Whether it will be over after a few steps."""
        return all(ticket.job.is_brief for ticket in self.batch.tickets)

    def clients(self) -> set[str]:
        """Those who still wait for it."""
        return {ticket.client for ticket in self.batch.alive()}


class Runs:
    """The batches in work."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._account = 0.0  # of the batch whose turn it was
        self._numbers = count()

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs))

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, batch: Batch, steps: Iterator[None]) -> None:
        """A batch begins."""
        self._runs.append(Run(batch, steps, self._account, next(self._numbers)))

    def remove(self, run: Run) -> None:
        """A batch is over."""
        self._runs.remove(run)

    def clear(self) -> list[Run]:
        """All batches are over; they are returned."""
        runs, self._runs = self._runs, []
        return runs

    def next(self) -> Run:
        """Whose turn it is; of equal accounts the newest."""
        run = min(self._runs, key=lambda run: (run.account, -run.number))
        self._account = run.account
        return run

    def charge(self, run: Run, seconds: float) -> None:
        """A step of the batch took so long."""
        batches = Counter(client for other in self._runs for client in other.clients())
        weight = sum(1 / batches[client] for client in run.clients())
        run.account += seconds / (weight or 1.0)

    def may_begin(self, ticket: Ticket) -> bool:
        """Whether there is room for a batch that begins with this ticket."""
        if ticket.job.is_brief:
            return True
        long = [run for run in self._runs if not run.is_brief]
        own = sum(ticket.client in run.clients() for run in long)
        return len(long) < MAX_LONG and own < MAX_LONG_OF_ONE

    def in_work(self) -> Counter[str]:
        """Client -> its requests in work."""
        return Counter(ticket.client for run in self._runs for ticket in run.batch.alive())


def in_turn(queue: Sequence[Ticket], in_work: Counter[str]) -> list[Ticket]:
    """The queue in the order in which it is served."""
    before = Counter(in_work)
    places = []
    for number, ticket in enumerate(queue):
        places.append((before[ticket.client], number))
        before[ticket.client] += 1
    return [queue[number] for _, number in sorted(places)]


def giving_way(queue: Sequence[Ticket], client: str) -> Ticket | None:
    """Of a full queue, the request that gives way to one more of ``client``; ``None`` if none should."""
    waiting = Counter(ticket.client for ticket in queue)
    most, n = max(waiting.items(), key=lambda item: item[1], default=("", 0))
    if n <= waiting[client] + 1:
        return None
    return next(ticket for ticket in reversed(queue) if ticket.client == most)
