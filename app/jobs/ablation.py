"""What a prediction rests on: remove latents, patch them from another prompt, keep a set, compare groups of texts.

Each works in steps of one forward pass, so that it ends soon when its client leaves, and short work runs in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine import Batch, Job, Loaded, SourceKey
from app.jobs.costs import encode_bytes, forward_bytes, most_tokens
from app.jobs.reading import Limits, TextInput, tokens_of

if TYPE_CHECKING:
    from models.attribution import Ablation, Prompt
    from models.chat import PromptTokens
    from models.patching import Patching, SetEffect
    from models.selectivity import GroupEffect

#: Tokens of the rows of one forward pass (models.attribution).
ROW_TOKENS = 4096
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


@dataclass(frozen=True)
class Progress:
    """Event: so many of so many rows, or passes, are done."""

    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Answer:
    """The tokens of the prompt, the names of the target and the contrast token, and what was found."""

    tokens: "PromptTokens"
    target: str
    contrast: str | None
    found: Any


class _Causal(Job):
    """One request at a time: its rows fill the passes by themselves."""

    max_batch = 1

    source: SourceKey
    limits: Limits

    @property
    def sources(self) -> tuple[SourceKey, ...]:  # type: ignore[override]
        """The one source."""
        return (self.source,)

    def cost(self) -> int:
        """The rows' forward passes, one backward pass, the encoder and the logits of the rows."""
        tokens = most_tokens(self.texts(), self.limits.max_tokens)
        rows = forward_bytes(max(ROW_TOKENS, tokens), self.limits.d_model)
        kept = min(tokens, self.limits.max_tokens) * self.limits.d_model * self.limits.n_layers * BACKWARD_COPIES * 4
        logits = LOGIT_ROWS * self.limits.vocab_size * LOGIT_COPIES * 4
        return rows + kept + logits + encode_bytes(self.sources)

    def texts(self) -> list[str]:
        """Everything that becomes tokens."""
        raise NotImplementedError

    def steps(self, loaded: Loaded) -> Iterator[Any]:
        """Progress as (done, in all), and last the result."""
        raise NotImplementedError

    @classmethod
    def run(cls, loaded: Loaded, batch: Batch) -> Iterator[None]:
        """One step per forward pass."""
        for ticket in batch.alive():
            job: Any = ticket.job
            found: Any = None
            for found in job.steps(loaded):
                if not ticket.is_open:
                    return
                if isinstance(found, Progress):
                    ticket.emit(found)
                yield
            ticket.finish(found)

    def prompt(self, loaded: Loaded, given: TextInput) -> "tuple[PromptTokens, Prompt]":
        """The tokens, and the prompt after its first pass."""
        from models.attribution import Prompt

        tokens = tokens_of(loaded, given, self.source.prepend_bos, self.limits.max_tokens)
        return tokens, Prompt(loaded.model, loaded.dictionary(self.source), tokens.ids, tokens.counts)


@dataclass(frozen=True)
class AblateJob(_Causal):
    """Estimates for all active latents, exact effects for the strongest; the result is an ``Answer``."""

    model: str
    source: SourceKey
    asked: Asked
    top_k: int
    limits: Limits

    def texts(self) -> list[str]:
        """The prompt."""
        return self.asked.text.characters()

    def steps(self, loaded: Loaded) -> Iterator[Any]:
        """One row per latent."""
        from models.attribution import ablate

        tokens, prompt = self.prompt(loaded, self.asked.text)
        for found in ablate(prompt, self.asked.target, self.asked.contrast, self.top_k):
            yield Progress(*found) if isinstance(found, tuple) else _answer(loaded, tokens, found)


@dataclass(frozen=True)
class PatchJob(_Causal):
    """Values taken over from a second prompt, both ways; the result is an ``Answer`` and the other's tokens."""

    model: str
    source: SourceKey
    asked: Asked
    other: TextInput
    top_k: int
    limits: Limits

    def texts(self) -> list[str]:
        """Both prompts."""
        return [*self.asked.text.characters(), *self.other.characters()]

    def steps(self, loaded: Loaded) -> Iterator[Any]:
        """Two rows per latent."""
        from models.patching import patch

        tokens, prompt = self.prompt(loaded, self.asked.text)
        other_tokens, other = self.prompt(loaded, self.other)
        for found in patch(prompt, other, self.asked.target, self.asked.contrast, self.top_k):
            if isinstance(found, tuple):
                yield Progress(*found)
            else:
                yield _answer(loaded, tokens, found), other_tokens


@dataclass(frozen=True)
class SetJob(_Causal):
    """A set of latents removed together, or kept alone; the result is an ``Answer``."""

    model: str
    source: SourceKey
    asked: Asked
    chosen: tuple[tuple[int, int | None], ...]
    keep: bool
    limits: Limits

    def texts(self) -> list[str]:
        """The prompt."""
        return self.asked.text.characters()

    def steps(self, loaded: Loaded) -> Iterator[Any]:
        """One row."""
        from models.patching import remove_or_keep

        tokens, prompt = self.prompt(loaded, self.asked.text)
        found = remove_or_keep(prompt, self.asked.target, self.asked.contrast, self.chosen, keep=self.keep)
        yield _answer(loaded, tokens, found)


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

    def texts(self) -> list[str]:
        """All texts of all groups."""
        return [part for _, texts in self.groups for text in texts for part in text.characters()]

    def steps(self, loaded: Loaded) -> Iterator[Any]:
        """One pass per batch of texts and per set of latents."""
        from models.selectivity import selectivity

        read = {
            name: [tokens_of(loaded, text, self.source.prepend_bos, self.limits.max_tokens) for text in texts]
            for name, texts in self.groups
        }
        dictionary = loaded.dictionary(self.source)
        for found in selectivity(
            loaded.model, dictionary, read, self.latents, n_controls=self.n_controls, seed=self.seed
        ):
            yield _progress_or(found)


def _progress_or(found: "tuple[int, int] | tuple[GroupEffect, ...]") -> Any:
    return Progress(*found) if found and isinstance(found[0], int) else found


def _answer(loaded: Loaded, tokens: "PromptTokens", found: "Ablation | Patching | SetEffect") -> Answer:
    target = found.target
    names = [loaded.model.token_strings([i])[0] for i in (target.token_id, target.contrast_id) if i is not None]
    return Answer(tokens, names[0], names[1] if len(names) > 1 else None, found)
