"""Read texts: all active latents of several sources, or one latent."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.costs import encode_bytes, forward_bytes
from app.engine.loaded import Loaded
from app.engine.rows import Prepared, RowsJob
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob

if TYPE_CHECKING:
    from models.running.chat import PromptTokens
    from models.running.dictionary import Dictionary
    from models.running.microscope import ActiveLatents
    from models.running.pace import Pace

#: Texts of a job that is over after a few steps.
BRIEF_TEXTS = 4


@dataclass(frozen=True, eq=False)
class TextReading:
    """The tokens of one text and, by the slug of each source, its active latents.

    With ``offset`` 1 a source read the text without the BOS that the others have: its positions begin one later.
    """

    tokens: "PromptTokens"
    latents: "dict[str, ActiveLatents]"
    offsets: dict[str, int]


class _Reading(TextJob, RowsJob):
    """Texts as rows of passes up to the deepest hook of their dictionaries."""

    inputs: tuple[TextInput, ...]

    @property
    def is_brief(self) -> bool:
        """A text or two."""
        return len(self.inputs) <= BRIEF_TEXTS

    def texts(self) -> Sequence[TextInput]:
        """Those that are read."""
        return self.inputs

    def cost(self) -> int:
        """One forward pass and the encoders."""
        return forward_bytes(self.most_tokens(), self.limits.d_model) + encode_bytes(self.sources)


@dataclass(frozen=True, eq=False)
class _Row:
    """A text on its way through a pass; a text that some sources want with BOS and some without is read twice."""

    place: int  # of the text
    tokens: "PromptTokens"
    wanted: "dict[str, Dictionary]"  # by slug

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class ReadJob(_Reading):
    """All active latents of the sources on each of the texts; the result is a tuple of ``TextReading``."""

    model: str
    sources: tuple[SourceKey, ...]
    inputs: tuple[TextInput, ...]
    limits: Limits

    def prepare(self, loaded: Loaded) -> Generator[None, None, Prepared]:
        """The tokens of each text, with and without BOS as its sources want them."""
        texts = yield from self.tokens(loaded, any(source.prepend_bos for source in self.sources))
        rows: list[_Row] = []
        for place, tokens in enumerate(texts):
            bare = tokens.without_bos()
            with_bos = {s.slug: loaded.dictionary(s) for s in self.sources if s.prepend_bos or bare is tokens}
            without = {s.slug: loaded.dictionary(s) for s in self.sources if s.slug not in with_bos}
            parts = [(tokens, with_bos), (bare, without)]
            rows += [_Row(place, part, wanted) for part, wanted in parts if wanted and len(part)]

        def answer(results: "Sequence[dict[str, ActiveLatents]]") -> tuple[TextReading, ...]:
            readings = [TextReading(tokens, {}, {}) for tokens in texts]
            for row, latents in zip(rows, results, strict=True):
                readings[row.place].latents.update(latents)
                offset = len(texts[row.place]) - len(row)
                readings[row.place].offsets.update(dict.fromkeys(row.wanted, offset))
            return tuple(readings)

        return Prepared(rows, answer)

    @classmethod
    def pace(cls, loaded: Loaded, rows: Sequence[_Row]) -> "Pace":
        """That of passes up to the deepest hook."""
        from models.running.microscope import reading_pace

        return reading_pace(loaded.model, {dictionary for row in rows for dictionary in row.wanted.values()})

    @classmethod
    def read(cls, loaded: Loaded, rows: Sequence[_Row]) -> "Generator[None, None, list[dict[str, ActiveLatents]]]":
        """The active latents of each row."""
        from models.running.microscope import latents_pass

        return latents_pass(loaded.model, [row.tokens.ids for row in rows], [row.wanted for row in rows])


@dataclass(frozen=True, eq=False)
class _OneRow:
    """A text that one latent is read on."""

    tokens: "PromptTokens"
    dictionary: "Dictionary"
    index: int

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class OneLatentJob(_Reading):
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

    def prepare(self, loaded: Loaded) -> Generator[None, None, Prepared]:
        """The tokens of each text."""
        texts = yield from self.tokens(loaded, self.source.prepend_bos)
        dictionary = loaded.dictionary(self.source)
        rows = [_OneRow(tokens, dictionary, self.index) for tokens in texts]
        return Prepared(rows, lambda values: tuple(zip(texts, values, strict=True)))

    @classmethod
    def pace(cls, loaded: Loaded, rows: Sequence[_OneRow]) -> "Pace":
        """That of passes up to the deepest hook."""
        from models.running.microscope import reading_pace

        return reading_pace(loaded.model, {row.dictionary for row in rows})

    @classmethod
    def read(cls, loaded: Loaded, rows: Sequence[_OneRow]) -> Generator[None, None, Sequence[Any]]:
        """The latent's activations on each row."""
        from models.running.microscope import one_latent_pass

        wanted = [(row.dictionary, row.index) for row in rows]
        return one_latent_pass(loaded.model, [row.tokens.ids for row in rows], wanted)
