"""Sweeps: the safe range of one slider, and the factor at which a mix stays coherent. One token of all texts a step."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.costs import encode_bytes, forward_bytes, most_tokens
from app.engine.job import Progress, SoloJob
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob
from app.steer.close_pairs import ClosePair, close_pairs
from app.steer.task import writing_bytes
from models.steering.coherence import without_end
from models.steering.terms import Board, SteerTerm

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel
    from models.steering.calibration import Balance, Calibration, Plan

#: Texts of each prompt that a sweep takes in all, about: those without steering, and of the strengths it looks at.
TEXTS_OF_PROMPT = 18
#: New tokens, samples of each prompt and texts written at once, as models.steering.calibration has them by default.
NEW_TOKENS, SAMPLES, ROWS_AT_ONCE = 32, 2, 128
#: Where the context has no room for so many new tokens, at least these.
LEAST_NEW_TOKENS = 16
#: Tokens that the unsteered model reads at once afterwards.
READ_TOKENS = 8192


@dataclass(frozen=True)
class Swept:
    """What a sweep found, and what it continued: ``prompts``, which a chat template made messages of if ``is_chat``.

    ``samples``: a prompt, its text without steering, and at the recommended strength.
    """

    found: Any
    prompts: tuple[str, ...]
    is_chat: bool
    samples: tuple[tuple[str, str, str], ...] = ()


class _Sweep(TextJob, SoloJob):
    """One sweep at a time. ``chats``: taken instead of ``prompts`` by a model that has a chat template."""

    prompts: tuple[TextInput, ...]
    chats: tuple[TextInput, ...]
    prepend_bos: bool
    temperature: float

    def texts(self) -> Sequence[TextInput]:
        """The prompts that may be continued."""
        return (*self.prompts, *self.chats)

    def cost(self) -> int:
        """The rows written at once, and the pass in which the finished texts are read."""
        longest = max(most_tokens(text.characters(), self.limits.max_tokens) for text in self.texts())
        prompt = min(longest, self.limits.max_tokens)
        tokens = max(READ_TOKENS, prompt + NEW_TOKENS)
        reading = forward_bytes(tokens, self.limits.d_model) + tokens * self.limits.vocab_size * 4
        return writing_bytes(self.limits, ROWS_AT_ONCE, prompt, NEW_TOKENS) + reading + encode_bytes(self.sources)

    def sweep(self, loaded: Loaded, plan: "Plan") -> Generator[int, None, Any]:
        """The whole work; yields the tokens written in each step."""
        raise NotImplementedError

    def steps(self, loaded: Loaded) -> Generator[Progress | None, None, Any]:
        """The prompts' tokens, then the sweep with its progress in tokens of about so many."""
        from models.running.sampling import Sampling
        from models.steering.calibration import Plan

        is_chat = bool(self.chats) and _has_template(loaded.model)
        given = self.chats if is_chat else self.prompts
        prompts = yield from self.tokens(loaded, self.prepend_bos, given)
        yield None
        room = self.limits.max_tokens - max(map(len, prompts))
        new_tokens = max(LEAST_NEW_TOKENS, min(NEW_TOKENS, room))
        sampling = Sampling(max_new_tokens=new_tokens, temperature=self.temperature, alternatives=0)
        sweep = self.sweep(loaded, Plan(tuple(prompt.ids for prompt in prompts), sampling, SAMPLES))
        done, total = 0, TEXTS_OF_PROMPT * len(prompts) * new_tokens
        while True:
            try:
                done += next(sweep)
            except StopIteration as end:
                return self.told(loaded, end.value, given, is_chat)
            yield Progress(min(done, total), total)

    def told(self, loaded: Loaded, found: Any, given: Sequence[TextInput], is_chat: bool) -> Swept:
        """The result in strings."""

        def written(ids: Sequence[int]) -> str:
            return "".join(loaded.model.token_strings(without_end(ids, loaded.model.stop_token_ids)))

        said = tuple(text.messages[-1].content if text.messages else text.text for text in given)
        texts = [(written(sample.baseline), written(sample.steered)) for sample in getattr(found, "samples", ())]
        samples = tuple((prompt, *pair) for prompt, pair in zip(said, texts, strict=False))
        return Swept(found, said, is_chat, samples)


def _has_template(model: "LanguageModel") -> bool:
    """Whether the model writes chats; one with several templates and no default is continued as plain text."""
    from models.errors import Unsupported

    try:
        return model.chat_template is not None
    except Unsupported:
        return False


@dataclass(frozen=True)
class CalibrateJob(_Sweep):
    """Sweep the strength of one term; the result is ``Swept`` with a ``models.steering.calibration.Calibration``."""

    model: str
    sources: tuple[SourceKey, ...]
    term: SteerTerm
    prompts: tuple[TextInput, ...]
    prepend_bos: bool
    limits: Limits
    temperature: float = 1.0
    chats: tuple[TextInput, ...] = ()

    def sweep(self, loaded: Loaded, plan: "Plan") -> "Generator[int, None, Calibration]":
        """A few strengths on both sides, and some more around the ends."""
        from models.steering.calibration import calibration_steps

        dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
        return calibration_steps(loaded.model, dictionaries, self.term, plan)


@dataclass(frozen=True)
class BalanceJob(_Sweep):
    """Scale a mix; ``Swept`` with a ``models.steering.calibration.Balance`` and the pairs of terms that nearly
    coincide.
    """

    model: str
    sources: tuple[SourceKey, ...]
    board: Board
    prompts: tuple[TextInput, ...]
    prepend_bos: bool
    limits: Limits
    temperature: float = 1.0
    chats: tuple[TextInput, ...] = ()

    def sweep(self, loaded: Loaded, plan: "Plan") -> "Generator[int, None, tuple[Balance, tuple[ClosePair, ...]]]":
        """The factor, and then the cosines."""
        from models.steering.calibration import balance_steps

        dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
        found = yield from balance_steps(loaded.model, dictionaries, self.board, plan)
        return found, close_pairs(self.board, dictionaries)
