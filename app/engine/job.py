"""What can be asked of a model: jobs, and the batch that a worker makes of several."""

from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from app.engine.loaded import Loaded
    from app.engine.ticket import Ticket

Result = TypeVar("Result")


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
    def batch_size(cls, loaded: "Loaded") -> int:
        """Jobs that run together at most on this model."""
        return cls.max_batch

    @classmethod
    def run(cls, loaded: "Loaded", batch: "Batch") -> Iterator[None]:
        """Do the work of a batch, one step per ``yield``; see the package's text for the rules."""
        raise NotImplementedError


class SoloJob(Job):
    """A job that runs by itself: its own rows fill the passes."""

    max_batch = 1

    def steps(self, loaded: "Loaded") -> Generator[Any, None, Any]:
        """The work, one step per ``yield`` of an event, or of ``None``; what it returns is the result."""
        raise NotImplementedError

    @classmethod
    def run(cls, loaded: "Loaded", batch: "Batch") -> Iterator[None]:
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
