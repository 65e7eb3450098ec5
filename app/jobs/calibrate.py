"""Sweeps: the safe range of one slider, and the factor at which a mix stays coherent. One token of all texts a step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from app.engine import Batch, Job, Loaded, SourceKey
from app.jobs.ablation import Progress
from app.jobs.calibrate_steps import InSteps
from app.jobs.close_pairs import ClosePair, close_pairs
from app.jobs.costs import encode_bytes, forward_bytes, most_tokens
from app.jobs.reading import Limits, TextInput, tokens_of
from app.jobs.steer import writing_bytes
from models.steer_terms import Board, SteerTerm

if TYPE_CHECKING:
    from models.calibration import Balance, Calibration, Plan

#: Strengths, or factors, that are measured in all, about: a grid of models.calibration, and a finer one at its ends.
GRID = 24
#: New tokens, samples of each prompt and texts written at once, as models.calibration has them by default.
NEW_TOKENS, SAMPLES, ROWS_AT_ONCE = 48, 4, 128
#: Where the context has no room for so many new tokens, at least these.
LEAST_NEW_TOKENS = 24
#: Tokens that the unsteered model reads at once afterwards.
READ_TOKENS = 8192


class _Sweep(Job):
    """One sweep at a time: its rows fill the passes by themselves."""

    max_batch: ClassVar[int] = 1

    prompts: tuple[TextInput, ...]
    prepend_bos: bool
    limits: Limits
    temperature: float

    def cost(self) -> int:
        """The rows written at once, and the pass in which the finished texts are read."""
        longest = max(most_tokens(p.characters(), self.limits.max_tokens) for p in self.prompts)
        prompt = min(longest, self.limits.max_tokens)
        rows = max(ROWS_AT_ONCE, len(self.prompts) * SAMPLES)
        reading = forward_bytes(READ_TOKENS, self.limits.d_model) + READ_TOKENS * self.limits.vocab_size * 4
        return writing_bytes(self.limits, rows, prompt, NEW_TOKENS) + reading + encode_bytes(self.sources)

    def sweep(self, loaded: Loaded, plan: "Plan", pause: Callable[[], bool]) -> Any:
        """The whole work; ``pause`` is called between two tokens."""
        raise NotImplementedError

    def plan(self, loaded: Loaded) -> "Plan":
        """The prompts as tokens."""
        from models.calibration import Plan
        from models.sampling import Sampling

        prompts = [tokens_of(loaded, p, self.prepend_bos, self.limits.max_tokens).ids for p in self.prompts]
        room = self.limits.max_tokens - max(map(len, prompts))
        new_tokens = max(LEAST_NEW_TOKENS, min(NEW_TOKENS, room))
        sampling = Sampling(max_new_tokens=new_tokens, temperature=self.temperature, alternatives=0)
        return Plan(tuple(prompts), sampling, SAMPLES)

    @classmethod
    def run(cls, loaded: Loaded, batch: Batch) -> Iterator[None]:
        """One token of all texts per step."""
        for ticket in batch.alive():
            job: Any = ticket.job
            plan = job.plan(loaded)
            steps = InSteps(partial(job.sweep, loaded, plan))
            done = 0
            groups = -(-(GRID + 1) * len(plan.prompts) * SAMPLES // ROWS_AT_ONCE)
            total = groups * plan.sampling.max_new_tokens
            try:
                while steps.step():
                    if not ticket.is_open:
                        return
                    done += 1
                    ticket.emit(Progress(min(done, total), total))
                    yield
            finally:
                steps.cancel()
            ticket.finish(steps.result())


@dataclass(frozen=True)
class CalibrateJob(_Sweep):
    """Sweep the strength of one term; the result is a ``models.calibration.Calibration``."""

    model: str
    sources: tuple[SourceKey, ...]
    term: SteerTerm
    prompts: tuple[TextInput, ...]
    prepend_bos: bool
    limits: Limits
    temperature: float = 1.0

    def sweep(self, loaded: Loaded, plan: "Plan", pause: Callable[[], bool]) -> "Calibration":
        """The grid, and a finer one at its ends."""
        from models.calibration import calibrate

        dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
        return calibrate(loaded.model, dictionaries, self.term, plan, cancelled=pause)


@dataclass(frozen=True)
class BalanceJob(_Sweep):
    """Scale a mix; the result is a ``models.calibration.Balance`` and the pairs of terms that nearly coincide."""

    model: str
    sources: tuple[SourceKey, ...]
    board: Board
    prompts: tuple[TextInput, ...]
    prepend_bos: bool
    limits: Limits
    temperature: float = 1.0

    def sweep(self, loaded: Loaded, plan: "Plan", pause: Callable[[], bool]) -> "tuple[Balance, tuple[ClosePair, ...]]":
        """The factor, and then the cosines."""
        from models.calibration import balance

        dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
        return balance(loaded.model, dictionaries, self.board, plan, pause), close_pairs(self.board, dictionaries)
