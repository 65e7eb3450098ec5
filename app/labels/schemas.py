"""The bodies of labels: a rule tested on the corpus. docs/api.md explains each.

Figures are shares or AUROCs from 0 to 1, null where not measured; intervals are of 95 %.
"""

from dataclasses import dataclass

from app.latents.schemas import LabelStatus, Share


@dataclass(frozen=True)
class PlaceAnswer:
    """A token of the corpus and the latent's activation there."""

    prompt: int
    position: int
    activation: float


@dataclass(frozen=True)
class RuleAnswer:
    """How well a rule says where a latent fires. ``missed``: the strongest active tokens that it does not cover, of
    ``n_missed`` that are kept; ``silent``: matches on which the latent does not fire, of ``n_silent`` that are known.
    """

    source: str
    index: int
    rule: str
    status: LabelStatus
    n: int
    matches: int
    precision: Share | None
    recall: Share | None
    auroc_token: Share | None
    auroc_text: Share | None
    intervals: dict[str, list[float]]
    missed: list[PlaceAnswer]
    n_missed: int
    silent: list[PlaceAnswer]
    n_silent: int
    notes: list[str]
