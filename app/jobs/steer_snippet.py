"""A board as a Python program: it needs the weights, since it names token ids and checks that the board can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.engine import Loaded, RowsJob, SourceKey
from app.jobs.reading import Limits, TextInput, tokens_of
from models.errors import PeriscopeModelError
from models.steer_terms import Board


@dataclass(frozen=True)
class SnippetJob(RowsJob):
    """The program's text for one prompt and one board."""

    model: str
    sources: tuple[SourceKey, ...]
    prompt: TextInput
    board: Board
    max_new_tokens: int
    stop_at_eos: bool
    prepend_bos: bool
    limits: Limits

    def cost(self) -> int:
        """Next to nothing."""
        return 1 << 20

    @classmethod
    def run_batch(cls, loaded: Loaded, jobs: Sequence["SnippetJob"]) -> Sequence[Any]:
        """One program, or the reason why there is none, per job."""
        return [job._program(loaded) for job in jobs]

    def _program(self, loaded: Loaded) -> str | PeriscopeModelError:
        from models.snippet import python_snippet

        try:
            prompt = tokens_of(loaded, self.prompt, self.prepend_bos, self.limits.max_tokens)
            return python_snippet(
                loaded.model,
                {source.slug: loaded.dictionary(source) for source in self.sources},
                prompt.ids,
                self.board,
                max_new_tokens=self.max_new_tokens,
                stop_at_eos=self.stop_at_eos,
            )
        except PeriscopeModelError as error:
            return error
