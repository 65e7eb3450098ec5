"""The answers about sources and their tables of latents. docs/api.md lists the fields."""

from dataclasses import dataclass

from app.builds.schemas import Status
from app.web.request_types import LabelStatus, Share


@dataclass(frozen=True)
class BuildSummary:
    """The build that pages show, or, before there is one, the newest. ``progress`` is 0 to 1; ``tokens`` were counted
    in the statistics, ``tokens_asked`` were asked for.
    """

    status: Status
    progress: Share
    tokens: int
    tokens_asked: int
    context_size: int
    l0: float | None
    explained_variance: float | None
    loss_recovered: float | None
    dead_fraction: Share | None
    mean_residual_norm: float | None


@dataclass(frozen=True)
class SourceAnswer:
    """One SAE on one hook of one model."""

    source: str
    model: str
    hook_name: str
    layer: int
    sae_kind: str
    d_in: int
    d_sae: int
    build: BuildSummary | None


@dataclass(frozen=True)
class SourcesAnswer:
    """Every registered source."""

    sources: list[SourceAnswer]


@dataclass(frozen=True)
class LatentListItem:
    """A latent in a list. A dead latent has no ``top_token``.

    ``label``: the best of its labels, null also where that failed its test, which ``label_status`` tells. ``summary``:
    what it fires on and promotes, which names it where there is no label.
    """

    index: int
    label: str | None
    label_status: LabelStatus | None
    summary: str | None
    density: Share
    max_activation: float
    mean_activation: float
    output_score: float | None
    top_token: str | None
    promoted: list[str]


@dataclass(frozen=True)
class LatentsAnswer:
    """A page of latents. A cursor is null where there is no such page; ``total`` counts all that match."""

    latents: list[LatentListItem]
    next_cursor: str | None
    previous_cursor: str | None
    total: int
