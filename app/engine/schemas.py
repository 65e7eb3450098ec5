"""Answers of the engine itself: models in memory, one latent on texts."""

from dataclasses import dataclass
from typing import Annotated

from app.web.request_types import Word


@dataclass(frozen=True)
class LatentOnText:
    """One latent on one text. ``max_activation`` is over tokens that count, ``above_corpus`` null without a build."""

    tokens: list[str]
    token_ids: list[int]
    counted: list[bool]
    activations: list[float]
    max_activation: float
    position: int | None
    share_of_max: float | None
    above_corpus: bool | None


@dataclass(frozen=True)
class ActivationsAnswer:
    """One latent on each of the texts; ``corpus_max`` is its maximum in the build."""

    source: str
    index: int
    corpus_max: float | None
    texts: list[LatentOnText]
    notes: list[str]


@dataclass(frozen=True)
class ModelAnswer:
    """A model in memory. ``state``: loading, ready or failed; ``bytes``: its weights and dictionaries."""

    model: str
    location: str
    state: Annotated[str, Word(("loading", "ready", "failed"))]
    error: str | None
    waiting: int
    running: int
    bytes: int
    sources: list[str]


@dataclass(frozen=True)
class ModelsAnswer:
    """Models that are in memory, loading or failed, and the memory they may take together, in bytes."""

    models: list[ModelAnswer]
    used_bytes: int
    budget_bytes: int | None
