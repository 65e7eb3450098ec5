"""A request for texts that continue prompts: its fields, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.engine.costs import encode_bytes, most_tokens
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob
from app.steer.options import Options
from app.steer.task import writing_bytes
from models.steering.terms import Board

#: Texts of one request that are written at once.
AT_ONCE = 8
#: Values of one piece of logits (``LanguageModel.steered_logits``), and copies of it while prompts are scored.
LOGITS, LOGIT_COPIES = 1 << 25, 4
_SEEDS = 1 << 63


@dataclass(frozen=True)
class Continuation(TextJob):
    """What is to be continued, and how.

    ``options.max_new_tokens`` may be 0: nothing is written. ``echo``: a text begins with its prompt, and with the
    prompt's log-probs if ``scores``. ``options.alternatives``: likeliest tokens at each place.
    """

    model: str
    sources: tuple[SourceKey, ...]
    prompts: tuple[TextInput, ...]
    board: Board | None
    options: Options
    prepend_bos: bool
    limits: Limits
    n: int = 1
    stop: tuple[str, ...] = ()
    echo: bool = False
    scores: bool = False
    may_shorten: bool = False  # write fewer new tokens where the model's context holds no more

    def texts(self) -> Sequence[TextInput]:
        """The prompts."""
        return self.prompts

    def cost(self) -> int:
        """Caches and logits of the texts that are written at once, and the logits of prompts that are scored."""
        longest = max(
            len(given.ids or ()) + min(most_tokens(given.characters(), self.limits.max_tokens), self.limits.max_tokens)
            for given in self.prompts
        )
        rows = min(AT_ONCE, self.n * len(self.prompts))
        values = min(LOGITS, len(self.prompts) * longest * self.limits.vocab_size) if self.scores else 0
        return (
            writing_bytes(self.limits, rows, longest, self.options.max_new_tokens)
            + values * LOGIT_COPIES * 4
            + encode_bytes(self.sources)
        )

    def sampling(self, sample: int) -> Options:
        """How the tokens of one of the samples are chosen."""
        return replace(self.options, seed=(self.options.seed + sample) % _SEEDS)
