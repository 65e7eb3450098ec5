"""How much may be sent and received: what work will take at most, and what it has taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.errors import InvalidRequest
from app.explain.errors import BudgetSpent

#: Tokens of one run, unless another number is asked for: some 60 latents.
DEFAULT_BUDGET = 1_000_000
MAX_BUDGET = 10**12
#: No tokenizer makes fewer bytes into a token on average; what is counted before is rather too much.
BYTES_PER_TOKEN = 3
#: Tokens that the frame of a message takes.
PER_MESSAGE = 8


def tokens_of(messages: Iterable[Mapping[str, str]]) -> int:
    """About how many tokens the messages are, rather too many than too few."""
    return sum(PER_MESSAGE + -(-len(message["content"].encode()) // BYTES_PER_TOKEN) for message in messages)


@dataclass(frozen=True)
class Estimate:
    """Calls, and tokens sent and received, that work takes if nothing has to be asked twice."""

    calls: int = 0
    tokens: int = 0

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.calls + other.calls, self.tokens + other.tokens)


class Budget:
    """Tokens and calls of one run. A call takes what it can cost before it is made and gives back the rest."""

    def __init__(self, tokens: int, calls: int | None = None) -> None:
        """``tokens``: sent and received; ``calls``: None for as many as the tokens allow.

        Raises InvalidRequest for a budget that allows nothing.
        """
        for name, value, unit in (("--budget", tokens, "tokens"), ("--max-calls", calls, "calls")):
            if value is not None and not 1 <= value <= MAX_BUDGET:
                raise InvalidRequest(f"{name} is a number of {unit} from 1 to {MAX_BUDGET:,}, not {value:,}.")
        self.tokens, self.max_calls = tokens, calls
        self.used = self.calls = 0

    def require(self, estimate: Estimate) -> None:
        """Refuse, before the first call, what does not fit."""
        fits = estimate.tokens <= self.tokens and (self.max_calls is None or estimate.calls <= self.max_calls)
        if not fits:
            most = f"{self.tokens:,} tokens" + ("" if self.max_calls is None else f" and {self.max_calls:,} calls")
            raise BudgetSpent(
                f"This takes about {estimate.calls:,} calls and {estimate.tokens:,} tokens and the budget is {most}, "
                "so nothing was sent; ask for fewer latents, or for more with --budget and --max-calls."
            )

    def take(self, tokens: int) -> None:
        """One call that can cost so many tokens. Raises BudgetSpent instead of going over."""
        if self.used + tokens > self.tokens or (self.max_calls is not None and self.calls >= self.max_calls):
            raise BudgetSpent(
                f"The budget is used up after {self.calls:,} calls and {self.used:,} tokens; what is done stays, and "
                "the same command with a larger --budget goes on with the rest."
            )
        self.used += tokens
        self.calls += 1

    def settle(self, taken: int, actual: int) -> None:
        """A call that took ``taken`` has cost ``actual``."""
        self.used += max(0, actual) - taken
