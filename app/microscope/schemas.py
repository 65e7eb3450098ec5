"""The bodies of what runs a model for a request: microscope, activations, contrast. docs/api.md explains each.

Activations are in units of the SAE's latents, shares and densities in [0, 1]. What a build has not measured is null.
A token *counts* unless it is BOS, EOS or padding: statistics, rankings and maxima leave those out.
"""

from dataclasses import dataclass

from app.web.request_types import LabelStatus


@dataclass(frozen=True)
class ContrastLatent:
    """How a latent separates the groups, over tokens that count; differences are with minus without."""

    index: int
    label: str | None
    label_status: LabelStatus | None
    summary: str | None
    auroc: float
    max_difference: float
    mean_difference: float
    with_max: float
    without_max: float
    density: float | None
    share_of_max: float | None


@dataclass(frozen=True)
class ContrastAnswer:
    """Latents ranked; ``expected_perfect`` of them would separate so few texts by luck."""

    source: str
    n_with: int
    n_without: int
    n_latents: int
    expected_perfect: float
    latents: list[ContrastLatent]
    notes: list[str]


@dataclass(frozen=True)
class TextAnswer:
    """A text as a model reads it, one entry per token. ``roles``: whose turn of a chat, null in a plain text."""

    model: str
    tokens: list[str]
    token_ids: list[int]
    roles: list[str | None]
    special: list[bool]
    counted: list[bool]


@dataclass  # not frozen: a text has hundreds of them, and a frozen one takes three times as long to make
class ActiveLatent:
    """A latent that fires on a token. ``share_of_max``: of its maximum in the build, which a text may exceed."""

    index: int
    activation: float
    label: str | None
    share_of_max: float | None
    density: float | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class RankedLatent:
    """A latent over the tokens that count: its maximum, where that is, its sum, and on how many tokens it fires."""

    index: int
    max_activation: float
    position: int
    sum: float
    n_tokens: int
    share_of_max: float | None
    density: float | None
    label: str | None
    label_status: LabelStatus | None
    summary: str | None


@dataclass(frozen=True)
class MicroscopeSource:
    """One source on the text ``texts[text]``. ``n_active``: active latents per token, before any limit or filter."""

    source: str
    text: int
    has_build: bool
    n_active: list[int]
    per_token: list[list[ActiveLatent]]
    ranking: list[RankedLatent]
    notes: list[str]


@dataclass(frozen=True)
class MicroscopeAnswer:
    """``tokens`` and ``token_ids`` are those of the first source's model; ``texts`` has one entry per model."""

    tokens: list[str]
    token_ids: list[int]
    texts: list[TextAnswer]
    sources: list[MicroscopeSource]
