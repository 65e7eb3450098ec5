"""What a client asks to have written, the rows that takes, and the events that come back."""

from dataclasses import dataclass, field

from models.running.sampling import Chooser, Sampling
from models.steering.boards import SiteSums
from models.steering.terms import Board

BASELINE, STEERED, READING = "baseline", "steered", "reading"


@dataclass(frozen=True)
class Request:
    """What one client wants written.

    ``board`` ``None``: the baseline alone. ``baseline`` false leaves it out, for a client that has it already;
    ``reading`` false leaves out the base log-probs and the KL of the steered text.
    """

    prompt: tuple[int, ...]
    board: Board | None = None
    sampling: Sampling = field(default_factory=Sampling)
    baseline: bool = True
    reading: bool = True


@dataclass(frozen=True)
class TokenEvent:
    """One token of one text. Log-probs in nats, of the model as it stood there, before penalty and temperature.

    ``base_logprob`` and ``kl`` are ``None`` for a steered text that nobody reads. ``finish``: ``"eos"`` or
    ``"length"`` with the last token. The EOS token itself is an event, but no part of the text. The last event of a
    steered text brings ``injected_norm_share``: mean‖δ‖ / mean‖h‖ over its steered tokens, the largest over the sites.
    """

    request: int
    side: str
    step: int
    token_id: int
    logprob: float
    base_logprob: float | None
    kl: float | None
    alternatives: tuple[tuple[int, float], ...]
    finish: str | None = None
    injected_norm_share: float | None = None


@dataclass(eq=False)
class Row:
    """One row of the batch: whose it is, what it has injected so far, and how it chooses (a reading row does not)."""

    request: int
    side: str
    asked: Request
    chooser: Chooser | None
    step: int = 0
    injected: SiteSums = field(default_factory=SiteSums)

    @property
    def board(self) -> Board | None:
        """What steers this row."""
        return self.asked.board if self.side == STEERED else None
