"""Read texts: all active latents of several sources, or one latent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine import Loaded, RowsJob, SourceKey
from app.jobs.costs import encode_bytes, forward_bytes, most_tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.chat import Message, PromptTokens
    from models.microscope import ActiveLatents


@dataclass(frozen=True)
class Limits:
    """What a request may ask: tokens of one text; and the model's size, for the estimate of memory."""

    max_tokens: int
    d_model: int
    n_layers: int
    vocab_size: int


@dataclass(frozen=True)
class TextInput:
    """A plain text or, if ``messages`` are given, a chat. ``name`` is what an error calls it."""

    text: str = ""
    messages: "tuple[Message, ...] | None" = None
    add_generation_prompt: bool = False
    name: str = "The text"

    def characters(self) -> list[str]:
        """Everything that becomes tokens."""
        return [self.text, *(message.content for message in self.messages or ())]


@dataclass(frozen=True, eq=False)
class TextReading:
    """The tokens of one text and, by the slug of each source, its active latents.

    With ``offset`` 1 a source read the text without the BOS that the others have: its positions begin one later.
    """

    tokens: "PromptTokens"
    latents: "dict[str, ActiveLatents]"
    offsets: dict[str, int]


@dataclass(frozen=True)
class ReadJob(RowsJob):
    """All active latents of the sources on each of the texts; the result is a tuple of ``TextReading``."""

    model: str
    sources: tuple[SourceKey, ...]
    inputs: tuple[TextInput, ...]
    limits: Limits

    def cost(self) -> int:
        """One forward pass and the encoders."""
        tokens = most_tokens([c for text in self.inputs for c in text.characters()], self.limits.max_tokens)
        return forward_bytes(tokens, self.limits.d_model) + encode_bytes(self.sources)

    @classmethod
    def run_batch(cls, loaded: Loaded, jobs: Sequence["ReadJob"]) -> Sequence[Any]:
        """All texts of all jobs as rows of shared forward passes."""
        from models.microscope import read_latents

        prepared = [_try(lambda job=job: [_Row(loaded, job, text) for text in job.inputs]) for job in jobs]
        rows = [row for group in prepared if not isinstance(group, Exception) for row in group]
        # A text that some sources want with BOS and some without is read twice.
        variants = [variant for row in rows for variant in row.variants()]
        found = read_latents(loaded.model, [ids for ids, _ in variants], [wanted for _, wanted in variants])
        answers = iter(found)
        return [
            group if isinstance(group, Exception) else tuple(row.reading(answers) for row in group)
            for group in prepared
        ]


class _Row:
    """One text of one job on its way through the passes."""

    def __init__(self, loaded: Loaded, job: ReadJob, text: TextInput) -> None:
        self.tokens = tokens_of(loaded, text, any(s.prepend_bos for s in job.sources), job.limits.max_tokens)
        self.bare = self.tokens.without_bos()
        with_bos = {s: loaded.dictionary(s) for s in job.sources if s.prepend_bos or self.bare is self.tokens}
        without = {s: loaded.dictionary(s) for s in job.sources if s not in with_bos}
        parts = [(self.tokens, with_bos), (self.bare, without)]
        self.parts = [(tokens, wanted) for tokens, wanted in parts if wanted and len(tokens)]
        self.sources = job.sources

    def variants(self) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
        for tokens, wanted in self.parts:
            yield tokens.ids, {source.slug: dictionary for source, dictionary in wanted.items()}

    def reading(self, answers: "Iterator[dict[str, ActiveLatents]]") -> TextReading:
        latents: dict[str, ActiveLatents] = {}
        offsets: dict[str, int] = {}
        for tokens, wanted in self.parts:
            latents |= next(answers)
            offsets |= {source.slug: len(self.tokens) - len(tokens) for source in wanted}
        return TextReading(self.tokens, latents, offsets)


@dataclass(frozen=True)
class OneLatentJob(RowsJob):
    """One latent on each of the texts; the result is a tuple of (tokens, activations (n_tokens,))."""

    model: str
    source: SourceKey
    index: int
    inputs: tuple[TextInput, ...]
    limits: Limits

    @property
    def sources(self) -> tuple[SourceKey, ...]:  # type: ignore[override]
        """The one source."""
        return (self.source,)

    def cost(self) -> int:
        """One forward pass and one encoder."""
        tokens = most_tokens([c for text in self.inputs for c in text.characters()], self.limits.max_tokens)
        return forward_bytes(tokens, self.limits.d_model) + encode_bytes(self.sources)

    @classmethod
    def run_batch(cls, loaded: Loaded, jobs: Sequence["OneLatentJob"]) -> Sequence[Any]:
        """All texts of all jobs as rows of shared forward passes."""
        from models.microscope import read_one_latent

        prepared = [_try(lambda job=job: job._tokens(loaded)) for job in jobs]
        good = [(job, texts) for job, texts in zip(jobs, prepared, strict=True) if not isinstance(texts, Exception)]
        rows = [tokens.ids for _, texts in good for tokens in texts]
        wanted = [(loaded.dictionary(job.source), job.index) for job, texts in good for _ in texts]
        answers: Iterator[NDArray[np.float32]] = iter(read_one_latent(loaded.model, rows, wanted))
        return [
            texts if isinstance(texts, Exception) else tuple((tokens, next(answers)) for tokens in texts)
            for texts in prepared
        ]

    def _tokens(self, loaded: Loaded) -> "list[PromptTokens]":
        return [tokens_of(loaded, text, self.source.prepend_bos, self.limits.max_tokens) for text in self.inputs]


def tokens_of(loaded: Loaded, given: TextInput, prepend_bos: bool, limit: int) -> "PromptTokens":
    """The tokens of a text or a chat. Raises InputRefused, ContextMismatch or Unsupported."""
    from models.chat import chat_prompt, text_prompt

    if given.messages is None:
        return text_prompt(loaded.model, given.text, prepend_bos=prepend_bos, limit=limit, name=given.name)
    return chat_prompt(
        loaded.model,
        given.messages,
        prepend_bos=prepend_bos,
        limit=limit,
        add_generation_prompt=given.add_generation_prompt,
    )


def _try(function: Any) -> Any:
    """What the function returns, or the error that one request alone gets as its answer."""
    from models.errors import PeriscopeModelError

    try:
        return function()
    except PeriscopeModelError as error:
        return error
