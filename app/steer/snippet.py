"""A board as a Python program: it needs the weights, since it names token ids and checks that the board can be done."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from app.engine.job import SoloJob
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob
from models.steering.terms import Board


@dataclass(frozen=True)
class SnippetJob(TextJob, SoloJob):
    """The program's text for one prompt and one board."""

    model: str
    sources: tuple[SourceKey, ...]
    prompt: TextInput
    board: Board
    max_new_tokens: int
    stop_at_eos: bool
    prepend_bos: bool
    limits: Limits

    @property
    def is_brief(self) -> bool:
        """Little more than the prompt's tokens."""
        return True

    def texts(self) -> Sequence[TextInput]:
        """The prompt."""
        return (self.prompt,)

    def cost(self) -> int:
        """Next to nothing."""
        return 1 << 20

    def steps(self, loaded: Loaded) -> Generator[None, None, str]:
        """The prompt's tokens, then the program."""
        from models.steering.snippet import python_snippet

        (prompt,) = yield from self.tokens(loaded, self.prepend_bos)
        yield
        return python_snippet(
            loaded.model,
            {source.slug: loaded.dictionary(source) for source in self.sources},
            prompt.ids,
            self.board,
            max_new_tokens=self.max_new_tokens,
            stop_at_eos=self.stop_at_eos,
        )
