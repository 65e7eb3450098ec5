"""Continue prompts under one board, without the unsteered text beside it: what programs ask for (``app.openai``).

A request is some prompts, each continued ``n`` times from seeds that follow one another. Texts of all requests are rows
of one batch, a few of each request at a time, so that many prompts of one client neither fill the memory nor keep
others waiting. A prompt that is asked to be echoed with log-probs is read once before (``models.prompt_scores``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from app.engine.costs import encode_bytes, most_tokens
from app.engine.job import Batch, SourceKey
from app.engine.loaded import Loaded
from app.engine.texts import Limits, TextInput, TextJob
from app.openai.desk import AT_ONCE, Desk
from app.steer.task import Options, writing_bytes
from models.steer_terms import Board

#: Values of one piece of logits (``LanguageModel.steered_logits``), and copies of it while prompts are scored.
LOGITS, LOGIT_COPIES = 1 << 25, 4
_SEEDS = 1 << 63


@dataclass(frozen=True)
class CompleteJob(TextJob):
    """Emits ``Gained``, the result is ``Completed``.

    ``options.max_new_tokens`` may be 0: nothing is written. ``echo``: a text begins with its prompt, and with the
    prompt's log-probs if ``scores``. ``options.alternatives``: likeliest tokens at each place.
    """

    max_batch: ClassVar[int] = 32
    joins: ClassVar[bool] = True

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

    @classmethod
    def batch_size(cls, loaded: Loaded) -> int:
        """As many requests as the model writes a token of in one step."""
        from models.generate import writing_pace

        return max(1, min(cls.max_batch, writing_pace(loaded.model).size))

    @classmethod
    def run(cls, loaded: Loaded, batch: Batch) -> Iterator[None]:
        """A part of a request's prompts, or one token of every text: each is a step; who comes later joins."""
        desk = Desk(loaded)
        desk.newcomers += batch.alive()
        while desk.dismiss():
            idle = True
            for work in (desk.admit, desk.read_prompts, desk.write):
                if work():
                    idle = False
                    yield
            if idle:
                yield
            desk.newcomers += batch.arrivals()
