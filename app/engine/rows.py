"""Jobs whose texts are rows of passes that they share with other waiting jobs of their kind.

1. Each job of the batch is prepared (its texts become tokens), in steps, the smallest job first.
2. Passes are formed of rows of similar length, as many as the model's pace allows; jobs with few tokens come first, so
   that nobody waits for another's hundred texts. A pass may take several steps.
3. A job whose rows have all been read is answered at once. If a pass fails, its jobs go on each by itself, so that a
   bad request does not spoil the others.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.failures import plain
from app.engine.job import Batch, Job, while_open

if TYPE_CHECKING:
    from app.engine.job import Ticket
    from app.engine.loaded import Loaded
    from models.running.pace import Pace

#: A job of so many units or more is prepared only after what was prepared before it has been read.
LARGE = 1 << 15


@dataclass(frozen=True, eq=False)
class Prepared:
    """The rows of one job (``len(row)``: its tokens), and what makes the job's result of one result per row."""

    rows: Sequence[Any]
    answer: Callable[[Sequence[Any]], Any]


class RowsJob(Job):
    """See the module's text."""

    @property
    def size(self) -> int:
        """How much there is to prepare."""
        return 0

    def prepare(self, loaded: "Loaded") -> Generator[None, None, Prepared]:
        """The rows, in steps; an error is the job's answer."""
        raise NotImplementedError

    @classmethod
    def pace(cls, loaded: "Loaded", rows: Sequence[Any]) -> "Pace":
        """How many tokens a pass over such rows takes in."""
        raise NotImplementedError

    @classmethod
    def read(cls, loaded: "Loaded", rows: Sequence[Any]) -> Generator[None, None, Sequence[Any]]:
        """One pass, in steps; one result per row."""
        raise NotImplementedError

    @classmethod
    def run(cls, loaded: "Loaded", batch: Batch) -> Iterator[None]:
        """The batch."""
        shelf = Shelf()
        jobs: list[tuple[Any, Ticket]] = [(ticket.job, ticket) for ticket in batch.alive()]
        for job, ticket in sorted(jobs, key=lambda pair: pair[0].size):
            if job.size >= LARGE:
                yield from cls._read(loaded, shelf)
            try:
                prepared = yield from while_open(ticket, job.prepare(loaded))
            except Exception as error:
                ticket.fail(plain(error))
                continue
            if prepared is not None:
                shelf.add(ticket, prepared)
        yield from cls._read(loaded, shelf)

    @classmethod
    def _read(cls, loaded: "Loaded", shelf: "Shelf") -> Iterator[None]:
        while rows := shelf.rows():
            group = shelf.take(cls.pace(loaded, rows).size)
            try:
                found = yield from cls.read(loaded, [entry.row for entry in group])
            except Exception as error:
                shelf.failed(group, error)
            else:
                shelf.done(group, found)
            yield


@dataclass(eq=False)
class _Owner:
    """One job: its results so far, and how many are missing."""

    ticket: "Ticket"
    answer: Callable[[Sequence[Any]], Any]
    results: list[Any]
    missing: int
    is_alone: bool = False

    def finish(self) -> None:
        try:
            self.ticket.finish(self.answer(self.results))
        except Exception as error:
            self.ticket.fail(plain(error))


@dataclass(frozen=True, eq=False)
class Entry:
    """A row that waits to be read."""

    owner: _Owner
    place: int
    row: Any


@dataclass
class Shelf:
    """Rows by jobs, the job with the fewest tokens first."""

    _jobs: list[list[Entry]] = field(default_factory=list)

    def add(self, ticket: "Ticket", prepared: Prepared) -> None:
        """The rows of one more job; one that has none is answered."""
        n = len(prepared.rows)
        owner = _Owner(ticket, prepared.answer, [None] * n, n)
        if not n:
            owner.finish()
            return
        entries = [Entry(owner, place, row) for place, row in enumerate(prepared.rows)]
        self._jobs.append(sorted(entries, key=lambda entry: -len(entry.row)))
        self._jobs.sort(key=lambda job: sum(len(entry.row) for entry in job))

    def rows(self) -> list[Any]:
        """All rows that wait, of clients who are still there."""
        self._jobs = [job for job in self._jobs if job and job[0].owner.ticket.is_open]
        return [entry.row for job in self._jobs for entry in job]

    def take(self, most: int) -> list[Entry]:
        """Rows for one pass: at most ``most`` tokens with padding, none under half of the longest; at least one row."""
        longest = len(self._jobs[0][0].row)
        group: list[Entry] = []
        for job in self._jobs:
            if group and (job[0].owner.is_alone or group[0].owner.is_alone):
                break
            rest: deque[Entry] = deque()
            for entry in job:
                fits = 2 * len(entry.row) >= longest >= len(entry.row) and (len(group) + 1) * longest <= most
                (group if not group or fits else rest).append(entry)
            job[:] = rest
            if (len(group) + 1) * longest > most:
                break
        return group

    def done(self, group: Sequence[Entry], results: Sequence[Any]) -> None:
        """The rows have been read; jobs that miss nothing any more are answered."""
        for entry, result in zip(group, results, strict=True):
            owner = entry.owner
            owner.results[entry.place] = result
            owner.missing -= 1
            if not owner.missing:
                owner.finish()

    def failed(self, group: Sequence[Entry], error: Exception) -> None:
        """The pass failed: of one job it is the answer, of several each goes on by itself."""
        owners = list(dict.fromkeys(entry.owner for entry in group))
        if len(owners) == 1:
            owners[0].ticket.fail(plain(error))
            return
        waiting = {id(job[0].owner): job for job in self._jobs if job}
        for owner in owners:
            owner.is_alone = True
            mine = [entry for entry in group if entry.owner is owner]
            if id(owner) in waiting:
                waiting[id(owner)][:0] = mine
            else:
                self._jobs.insert(0, mine)
