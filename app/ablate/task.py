"""What a prediction rests on: remove latents, patch them from another prompt, keep a set, compare groups of texts.

Each works in steps of at most one forward pass, so that it ends soon when its client leaves, and short work runs in
between.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from app.engine.costs import encode_bytes, forward_bytes
from app.engine.job import Progress, SoloJob
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob
from models.causal.removal import ZERO, Removal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.causal.ablation import Ablation
    from models.causal.attribution import Prompt
    from models.causal.patch_pairs import PairsPatching
    from models.causal.patching import Patching, SetEffect
    from models.causal.selectivity import GroupEffect
    from models.running.chat import PromptTokens
    from models.running.metrics import Target

Found = TypeVar("Found")

#: Tokens of the rows of one forward pass at most (models.causal.attribution).
ROW_TOKENS = 4096
#: Tokens of the rows of one pass forward and back at most (models.causal.path_points).
BACKWARD_TOKENS = 1024
#: What a backward pass keeps of every token in every layer, in units of d_model numbers.
BACKWARD_COPIES = 20
#: Rows whose logits are in memory at once, and copies of them.
LOGIT_ROWS, LOGIT_COPIES = 500, 4


@dataclass(frozen=True)
class Asked:
    """A prompt, its target and the contrast token, as typed."""

    text: TextInput
    target: str | None = None
    contrast: str | None = None

    def words(self) -> tuple[tuple[str, str], ...]:
        """What has to be one token each."""
        named = (("The target", self.target), ("The contrast token", self.contrast))
        return tuple((name, word) for name, word in named if word is not None)


@dataclass(frozen=True, eq=False)
class Answer:
    """The tokens of the prompt, the names of the target and the contrast token, and what was found."""

    tokens: "PromptTokens"
    target: str
    contrast: str | None
    found: Any


@dataclass(frozen=True, eq=False)
class PairsAnswer:
    """The target of each pair of prompts, the contrast token, and what was found."""

    targets: tuple[str, ...]
    contrast: str | None
    found: "PairsPatching"


class _Causal(TextJob, SoloJob):
    """One request at a time, about one source."""

    source: SourceKey

    @property
    def sources(self) -> tuple[SourceKey, ...]:  # type: ignore[override]
        """The one source."""
        return (self.source,)

    def cost(self) -> int:
        """The rows' forward passes, one backward pass, the encoder and the logits of the rows."""
        tokens = self.most_tokens()
        rows = forward_bytes(max(ROW_TOKENS, tokens), self.limits.d_model)
        backward = max(BACKWARD_TOKENS, min(tokens, self.limits.max_tokens))
        kept = backward * self.limits.d_model * self.limits.n_layers * BACKWARD_COPIES * 4
        logits = LOGIT_ROWS * self.limits.vocab_size * LOGIT_COPIES * 4
        return rows + kept + logits + encode_bytes(self.sources)

    def prompt(self, loaded: Loaded, given: TextInput) -> "Generator[None, None, tuple[PromptTokens, Prompt]]":
        """The tokens, and the prompt after its first pass."""
        from models.causal.attribution import Prompt

        (tokens,) = yield from self.tokens(loaded, self.source.prepend_bos, (given,))
        yield
        prompt = yield from Prompt.steps(loaded.model, loaded.dictionary(self.source), tokens.ids, tokens.counts)
        yield
        return tokens, prompt


@dataclass(frozen=True)
class ActiveJob(_Causal):
    """Which latents are active on a prompt, found as removing them finds them; the result is an array of indices."""

    model: str
    source: SourceKey
    text: TextInput
    limits: Limits

    @property
    def is_brief(self) -> bool:
        """A pass."""
        return True

    def texts(self) -> Sequence[TextInput]:
        """The prompt."""
        return (self.text,)

    def steps(self, loaded: Loaded) -> "Generator[None, None, NDArray[np.int64]]":
        """The prompt alone."""
        import numpy as np

        _, prompt = yield from self.prompt(loaded, self.text)
        return np.unique(prompt.pairs.latents)


@dataclass(frozen=True)
class AblateJob(_Causal):
    """Estimates for all active latents, exact effects for as many as fit; the result is an ``Answer``."""

    model: str
    source: SourceKey
    asked: Asked
    top_k: int
    limits: Limits
    removal: Removal = ZERO
    budget: int | None = None

    def texts(self) -> Sequence[TextInput]:
        """The prompt."""
        return (self.asked.text,)

    def words(self) -> Sequence[tuple[str, str]]:
        """The target and the contrast."""
        return self.asked.words()

    def steps(self, loaded: Loaded) -> Generator[Progress | None, None, Answer]:
        """The prompt, estimates, then one row per latent."""
        from models.causal.ablation import AblationPlan, ablate

        tokens, prompt = yield from self.prompt(loaded, self.asked.text)
        plan = AblationPlan(self.top_k, self.removal, self.budget)
        found = yield from _told(ablate(prompt, self.asked.target, self.asked.contrast, plan))
        return _answer(loaded, tokens, found)


@dataclass(frozen=True)
class PatchJob(_Causal):
    """Values taken over from a second prompt, both ways; the result is an ``Answer`` and the other's tokens."""

    model: str
    source: SourceKey
    asked: Asked
    other: TextInput
    top_k: int
    limits: Limits

    def texts(self) -> Sequence[TextInput]:
        """Both prompts."""
        return (self.asked.text, self.other)

    def words(self) -> Sequence[tuple[str, str]]:
        """The target and the contrast."""
        return self.asked.words()

    def steps(self, loaded: Loaded) -> "Generator[Progress | None, None, tuple[Answer, PromptTokens]]":
        """Both prompts, estimates, then two rows per latent."""
        from models.causal.patching import patch

        tokens, prompt = yield from self.prompt(loaded, self.asked.text)
        other_tokens, other = yield from self.prompt(loaded, self.other)
        found = yield from _told(patch(prompt, other, self.asked.target, self.asked.contrast, self.top_k))
        return _answer(loaded, tokens, found), other_tokens


@dataclass(frozen=True)
class PatchPairsJob(_Causal):
    """The same over several pairs of prompts; the result is a ``PairsAnswer``."""

    model: str
    source: SourceKey
    pairs: tuple[tuple[TextInput, TextInput], ...]
    target: str | None
    contrast: str | None
    top_k: int
    limits: Limits

    def texts(self) -> Sequence[TextInput]:
        """All prompts."""
        return [text for pair in self.pairs for text in pair]

    def words(self) -> Sequence[tuple[str, str]]:
        """The target and the contrast."""
        return Asked(self.pairs[0][0], self.target, self.contrast).words()

    def steps(self, loaded: Loaded) -> "Generator[Progress | None, None, PairsAnswer]":
        """Every prompt, estimates, then two rows per latent and pair."""
        from models.causal.patch_pairs import patch_pairs

        read = []
        for pair in self.pairs:
            both = []
            for text in pair:
                _, prompt = yield from self.prompt(loaded, text)
                both.append(prompt)
            read.append((both[0], both[1]))
        found = yield from _told(patch_pairs(read, self.target, self.contrast, self.top_k))
        return PairsAnswer(
            tuple(_names(loaded, target)[0] for target in found.targets), _names(loaded, found.targets[0])[1], found
        )


@dataclass(frozen=True)
class SetJob(_Causal):
    """A set of latents removed together, or kept alone; the result is an ``Answer``."""

    model: str
    source: SourceKey
    asked: Asked
    chosen: tuple[tuple[int, int | None], ...]
    keep: bool
    limits: Limits
    removal: Removal = ZERO

    @property
    def is_brief(self) -> bool:
        """Two passes."""
        return True

    def texts(self) -> Sequence[TextInput]:
        """The prompt."""
        return (self.asked.text,)

    def words(self) -> Sequence[tuple[str, str]]:
        """The target and the contrast."""
        return self.asked.words()

    def steps(self, loaded: Loaded) -> Generator[None, None, Answer]:
        """The prompt, what is written, then one row."""
        from models.causal.patching import set_steps

        tokens, prompt = yield from self.prompt(loaded, self.asked.text)
        asked = self.asked
        found = yield from set_steps(
            prompt, asked.target, asked.contrast, self.chosen, keep=self.keep, removal=self.removal
        )
        return _answer(loaded, tokens, found)


@dataclass(frozen=True)
class SelectivityJob(_Causal):
    """Losses of groups of texts with and without latents; the result is a tuple of ``GroupEffect``."""

    model: str
    source: SourceKey
    groups: tuple[tuple[str, tuple[TextInput, ...]], ...]
    latents: tuple[int, ...]
    n_controls: int
    seed: int
    limits: Limits

    def texts(self) -> Sequence[TextInput]:
        """All texts of all groups."""
        return [text for _, texts in self.groups for text in texts]

    def steps(self, loaded: Loaded) -> "Generator[Progress | None, None, tuple[GroupEffect, ...]]":
        """Some texts at a time, and each set of latents."""
        from models.causal.selectivity import selectivity

        tokens = iter((yield from self.tokens(loaded, self.source.prepend_bos)))
        yield None
        read = {name: [next(tokens) for _ in texts] for name, texts in self.groups}
        dictionary = loaded.dictionary(self.source)
        return (
            yield from _told(
                selectivity(loaded.model, dictionary, read, self.latents, n_controls=self.n_controls, seed=self.seed)
            )
        )


def _told(steps: Generator[tuple[int, int], None, Found]) -> Generator[Progress, None, Found]:
    """Steps that yield (done, in all) as events."""
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found
        yield Progress(*done)


def _answer(loaded: Loaded, tokens: "PromptTokens", found: "Ablation | Patching | SetEffect") -> Answer:
    return Answer(tokens, *_names(loaded, found.target), found)


def _names(loaded: Loaded, target: "Target") -> tuple[str, str | None]:
    """The target and the contrast token."""
    from models.running.metrics import name_of

    names = [name_of(loaded.model, i) for i in (target.token_id, target.contrast_id) if i is not None]
    return names[0], names[1] if len(names) > 1 else None
