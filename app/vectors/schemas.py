"""Answers about vectors. docs/api.md explains each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.web.request_types import LabelStatus, Word


@dataclass(frozen=True)
class VectorRow:
    """A saved vector. ``norm`` in units of the activation, ``residual_share`` of mean‖h‖ over its prompts' tokens."""

    id: int
    model: str
    name: str
    hook_name: str
    positions: Annotated[str, Word(("last", "mean"))]
    norm: float
    residual_share: float | None
    n_positive: int
    n_negative: int
    created: datetime


@dataclass(frozen=True)
class VectorsAnswer:
    """A part of the saved vectors, by model and name; ``total``: of all."""

    vectors: list[VectorRow]
    total: int


@dataclass(frozen=True)
class NearLatent:
    """A latent whose decoder row lies along the vector."""

    source: str
    index: int
    cosine: float
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class PromotedToken:
    """A token that the vector raises, or lowers, by its direct logit effect."""

    token: str
    value: float


@dataclass(frozen=True)
class Projections:
    """x·v̂ of every prompt."""

    positive: list[float]
    negative: list[float]


@dataclass(frozen=True)
class VectorAnswer:
    """A vector with what is known about it; ``id`` is null when it was not saved. ``auroc``: on prompts left out."""

    id: int | None
    model: str
    name: str | None
    hook_name: str
    positions: Annotated[str, Word(("last", "mean"))]
    norm: float
    mean_norm: float
    residual_share: float
    auroc: float | None
    projections: Projections
    promoted: list[PromotedToken] | None
    suppressed: list[PromotedToken] | None
    nearest: list[NearLatent]
    warnings: list[str]
    created: datetime | None
