"""Sweeps: the safe range of one slider, and the factor at which a mix stays coherent. One token of all texts a step."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine import Loaded, SoloJob, SourceKey
from app.jobs.ablation import Progress
from app.jobs.close_pairs import ClosePair, close_pairs
from app.jobs.costs import encode_bytes, forward_bytes, most_tokens
from app.jobs.steer import writing_bytes
from app.jobs.texts import Limits, TextInput, TextJob
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


class _Sweep(TextJob, SoloJob):
    """One sweep at a time."""

    prompts: tuple[TextInput, ...]
    prepend_bos: bool
    temperature: float

    def texts(self) -> Sequence[TextInput]:
        """The prompts that are continued."""
        return self.prompts

    def cost(self) -> int:
        """The rows written at once, and the pass in which the finished texts are read."""
        longest = max(most_tokens(text.characters(), self.limits.max_tokens) for text in self.prompts)
        prompt = min(longest, self.limits.max_tokens)
        tokens = max(READ_TOKENS, prompt + NEW_TOKENS)
        reading = forward_bytes(tokens, self.limits.d_model) + tokens * self.limits.vocab_size * 4
        return writing_bytes(self.limits, ROWS_AT_ONCE, prompt, NEW_TOKENS) + reading + encode_bytes(self.sources)

    def sweep(self, loaded: Loaded, plan: "Plan") -> Generator[int, None, Any]:
        """The whole work; yields the tokens written in each step."""
        raise NotImplementedError

    def steps(self, loaded: Loaded) -> Generator[Progress | None, None, Any]:
        """The prompts' tokens, then the sweep with its progress in tokens of about so many."""
        from models.calibration import Plan
        from models.sampling import Sampling

        prompts = yield from self.tokens(loaded, self.prepend_bos)
        yield None
        room = self.limits.max_tokens - max(map(len, prompts))
        new_tokens = max(LEAST_NEW_TOKENS, min(NEW_TOKENS, room))
        sampling = Sampling(max_new_tokens=new_tokens, temperature=self.temperature, alternatives=0)
        sweep = self.sweep(loaded, Plan(tuple(prompt.ids for prompt in prompts), sampling, SAMPLES))
        done, total = 0, (GRID + 1) * len(prompts) * SAMPLES * new_tokens
        while True:
            try:
                done += next(sweep)
            except StopIteration as end:
                return end.value
            yield Progress(min(done, total), total)


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

    def sweep(self, loaded: Loaded, plan: "Plan") -> "Generator[int, None, Calibration]":
        """The grid, and a finer one at its ends."""
        from models.calibration import calibration_steps

        dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
        return calibration_steps(loaded.model, dictionaries, self.term, plan)


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

    def sweep(self, loaded: Loaded, plan: "Plan") -> "Generator[int, None, tuple[Balance, tuple[ClosePair, ...]]]":
        """The factor, and then the cosines."""
        from models.calibration import balance_steps

        dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
        found = yield from balance_steps(loaded.model, dictionaries, self.board, plan)
        return found, close_pairs(self.board, dictionaries)
