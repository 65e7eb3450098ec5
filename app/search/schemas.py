"""The answer of a search in the JSON API, as docs/api.md lists it."""

from dataclasses import dataclass
from typing import Annotated

from app.web.request_types import Number, Word
from models.statistics.label_tests import STATUSES

FIELDS = ("label", "explanation", "example", "top_token", "promoted")


@dataclass(frozen=True)
class WhyAnswer:
    """A text of the latent that answers the search; ``marks``: [first, end) of its characters that do."""

    field: Annotated[str, Word(FIELDS)]
    text: str
    marks: list[list[int]]


@dataclass(frozen=True)
class FoundAnswer:
    """A latent. ``label`` and ``status`` are null where nobody named it."""

    source: str
    index: int
    label: str | None
    status: Annotated[str, Word(STATUSES)] | None
    score: Annotated[float, Number(0, 1)]
    why: list[WhyAnswer]


@dataclass(frozen=True)
class SearchAnswer:
    """The best latents, best first; ``notes`` say what could not be searched."""

    results: list[FoundAnswer]
    notes: list[str]
