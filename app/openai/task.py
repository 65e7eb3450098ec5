"""Continue prompts under one board, without the unsteered text beside it: what programs ask for (``app.openai``).

A request is some prompts, each continued ``n`` times from seeds that follow one another. Texts of all requests are rows
of one batch, a few of each request at a time, so that many prompts of one client neither fill the memory nor keep
others waiting. A prompt that is asked to be echoed with log-probs is read once before
(``models.running.prompt_scores``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from app.engine.job import Batch
from app.engine.loaded import Loaded
from app.openai.continuation import Continuation
from app.openai.desk import Desk


@dataclass(frozen=True)
class CompleteJob(Continuation):
    """Emits ``Gained``, the result is ``Completed``."""

    max_batch: ClassVar[int] = 32
    joins: ClassVar[bool] = True

    @classmethod
    def batch_size(cls, loaded: Loaded) -> int:
        """As many requests as the model writes a token of in one step."""
        from models.running.generate import writing_pace

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
