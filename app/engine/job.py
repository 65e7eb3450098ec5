"""What can be asked of a model: jobs, and the batch that a worker makes of several."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from app.engine.loaded import Loaded
    from app.engine.ticket import Ticket


@dataclass(frozen=True)
class SourceKey:
    """Which dictionary, exactly: another hash is another dictionary, whatever the name."""

    slug: str
    model: str  # location
    sae: str  # location
    hook_name: str
    weights_hash: str
    prepend_bos: bool
    context_size: int  # tokens the dictionary was trained on at once
    d_sae: int


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

    def cost(self) -> int:
        """An upper estimate of the bytes that the job needs while it runs, on top of the weights."""
        raise NotImplementedError

    @classmethod
    def run(cls, loaded: "Loaded", batch: "Batch") -> Iterator[None]:
        """Do the work of a batch, one step per ``yield``; see the package's text for the rules."""
        raise NotImplementedError


class RowsJob(Job):
    """A job whose batch is done in one go."""

    @classmethod
    def run_batch(cls, loaded: "Loaded", jobs: Sequence[Any]) -> Sequence[Any]:
        """One result, or one exception, per job in their order."""
        raise NotImplementedError

    @classmethod
    def run(cls, loaded: "Loaded", batch: "Batch") -> Iterator[None]:
        """All at once; if that fails, one by one, so that a bad request does not spoil the others'."""
        tickets = batch.alive()
        try:
            results = list(cls.run_batch(loaded, [ticket.job for ticket in tickets]))
        except Exception:
            if len(tickets) == 1:
                raise
            for ticket in tickets:
                yield
                cls._run_alone(loaded, ticket)
            return
        for ticket, result in zip(tickets, results, strict=True):
            cls._answer(ticket, result)

    @classmethod
    def _run_alone(cls, loaded: "Loaded", ticket: "Ticket") -> None:
        if not ticket.is_open:
            return
        try:
            cls._answer(ticket, next(iter(cls.run_batch(loaded, [ticket.job]))))
        except Exception as error:
            ticket.fail(error)

    @staticmethod
    def _answer(ticket: "Ticket", result: Any) -> None:
        if isinstance(result, BaseException):
            ticket.fail(result)
        else:
            ticket.finish(result)


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
