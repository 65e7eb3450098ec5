"""What the queries answer: frozen dataclasses, no rows of the database."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.db.display import whole_characters
from models.records import IntArray, LatentRecord, SourceFacts, SourceQuality
from models.statistics.label_tests import FAILED as FAILED_TEST


@dataclass(frozen=True)
class BuildInfo:
    """A precompute run. ``is_current``: pages show this one."""

    id: int
    source_id: int
    slug: str
    corpus: str
    tokens: int
    context_size: int
    seed: int
    config: Mapping[str, Any]
    status: str  # "running", "complete", "failed" or "cancelled"
    progress: float  # 0 to 1
    tokens_done: int
    tokens_per_second: float | None
    stage: str
    message: str
    error: str | None
    heartbeat: datetime
    started: datetime
    finished: datetime | None
    is_current: bool
    quality: SourceQuality

    @property
    def version(self) -> str:
        """What no other build is ever called: SQLite gives the id of one that was removed to the next one."""
        moment = self.finished or self.started
        return f"{self.id}-{round(1000 * moment.timestamp())}"


class BuildsNow(NamedTuple):
    """Ids of the builds being made, ascending; the newest build of all, 0 without any, and when it was started."""

    running: tuple[int, ...]
    newest: int
    started: datetime | None


@dataclass(frozen=True)
class SourceInfo:
    """A source with the build that pages show (``build``), the one in work (``running``) and the newest."""

    id: int
    slug: str
    language_model_id: int
    vocabulary: str  # hash of the language model's facts and tokens
    facts: SourceFacts
    created: datetime
    table_version: int  # goes up with every change to labels or output scores
    build: BuildInfo | None
    running: BuildInfo | None
    latest: BuildInfo | None

    @property
    def labels_state(self) -> Hashable:
        """What is another with each change to the labels of these weights.

        With ``created``, because SQLite gives the id of a source that was removed to the next one.
        """
        return self.id, self.created, self.facts.weights_hash, self.table_version


class Label(NamedTuple):
    """What a latent is called: the label that leads, and what it is worth (``models.statistics.label_tests``)."""

    text: str
    kind: str
    status: str
    score: float | None


@dataclass(frozen=True)
class LatentName:
    """What a latent is called: by its label, or by what it fires on and what it promotes.

    ``leading``: its label that leads, which may have failed. The tokens are None where it is dead or not built.
    """

    leading: Label | None = None
    top_token: str | None = None
    promoted: str | None = None

    @property
    def label(self) -> str | None:
        """The label, unless it failed its test: that is no name."""
        return None if self.leading is None or self.leading.status == FAILED_TEST else self.leading.text

    @property
    def label_status(self) -> str | None:
        """What the leading label is worth, one that failed as well; None: there is none."""
        return None if self.leading is None else self.leading.status

    @property
    def summary(self) -> str | None:
        """What it fires on and promotes, in a few words; None where neither is known."""
        said = [
            f"{does} “{text.strip() or text}”"
            for does, text in (("fires on", self.top_token), ("promotes", self.promoted))
            if text is not None
        ]
        return ", ".join(said) or None


@dataclass(frozen=True)
class LatentRow:
    """A latent in a list."""

    index: int
    name: LatentName
    n_active: int
    density: float
    max_activation: float
    mean_activation: float
    output_score: float | None
    top_token: str | None
    top_token_share: float | None
    promoted: tuple[str, ...]

    @property
    def label(self) -> str | None:
        """The label, unless it failed its test."""
        return self.name.label

    @property
    def label_status(self) -> str | None:
        """What the leading label is worth."""
        return self.name.label_status

    @property
    def label_score(self) -> float | None:
        """The score of the leading label."""
        return None if self.name.leading is None else self.name.leading.score


@dataclass(frozen=True)
class NeighbourRow:
    """A latent as a card beside another shows it."""

    index: int
    name: LatentName
    top_token: str | None  # None: dead
    max_activation: float

    @property
    def label(self) -> str | None:
        """The label, unless it failed its test."""
        return self.name.label


@dataclass(frozen=True)
class LatentPage:
    """A page of a list; ``total`` counts all latents that match; a cursor is None where there is no such page."""

    rows: tuple[LatentRow, ...]
    next_cursor: str | None
    previous_cursor: str | None
    total: int


@dataclass(frozen=True)
class ExplanationInfo:
    """A text that says what a latent means, who or what wrote it and how it did when tested."""

    id: int
    text: str
    author: str
    method: str
    scores: Mapping[str, Any]
    created: datetime
    is_current: bool  # written for the weights that the source has now
    weights_hash: str
    kind: str
    status: str
    n: int | None
    score: float | None
    precision: float | None
    recall: float | None
    auroc_token: float | None
    auroc_text: float | None
    rule: str
    leads: bool  # it is the label of the latent for its weights
    ended: datetime | None
    ended_as: str  # "withdrawn", "replaced" or empty


@dataclass(frozen=True, eq=False)
class LatentDetails:
    """Everything the latent's page shows. ``tokens`` has the display string of every token id that it shows.

    ``explanations`` are the newest of ``n_explanations`` (``queries.texts.SHOWN_TEXTS``).
    """

    record: LatentRecord
    name: LatentName
    explanations: tuple[ExplanationInfo, ...]
    n_explanations: int
    output_score: float | None
    top_token: str | None
    top_token_share: float | None
    tokens: Mapping[int, str]
    prompts: Mapping[int, IntArray]  # of the examples: prompt -> token ids (context,)
    neighbours: Mapping[int, NeighbourRow]

    @property
    def label(self) -> str | None:
        """The label, unless it failed its test."""
        return self.name.label

    def name_of(self, neighbour: int) -> LatentName:
        """What one of the neighbours is called."""
        row = self.neighbours.get(neighbour)
        return LatentName() if row is None else row.name

    def window_tokens(self, prompt: int, start: int, width: int) -> tuple[str, ...]:
        """The display strings of ``width`` tokens of a prompt from ``start`` on."""
        ids = self.prompts[prompt][start : start + width]
        return whole_characters([self.tokens[token_id] for token_id in ids.tolist()])


@dataclass(frozen=True)
class DensityHistogram:
    """Latents by log10 of density: ``counts[i]`` in ``[edges[i], edges[i + 1])``; ``dead``: never fired."""

    edges: tuple[float, ...]  # log10(density), (n + 1,)
    counts: tuple[int, ...]  # (n,)
    dead: int

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        return 64 * len(self.edges)


@dataclass(frozen=True, eq=False)
class LatentPoints:
    """Latents 0, ``step``, 2 ``step``, ... as dots; a dead one has density 0."""

    step: int
    densities: NDArray[np.float64]  # (n,)
    max_activations: NDArray[np.float64]  # (n,)
