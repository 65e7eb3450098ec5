"""The bodies of labels: a rule tested on the corpus. docs/api.md explains each.

Figures are shares or AUROCs from 0 to 1, null where not measured; intervals are of 95 %.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict

from app.db.writes.explanations import MAX_AUTHOR, MAX_LABEL, MAX_RULE, REPLACED, WITHDRAWN
from app.web.request_types import LabelKind, LabelStatus, Share, Text, Word


@dataclass(frozen=True)
class ExplanationAnswer:
    """A label: what somebody says a latent means, and how that did when it was tested.

    Precision, of the tokens (or texts) of which it says that the latent fires there, and recall, of those where it
    fires, are null where not measured; ``scores`` has intervals and whatever else was. ``rule``: what tests it on a
    corpus. ``is_current``: written for the weights that the source has now. ``leads``: it is the label of its latent.
    ``ended``: withdrawn or replaced, and kept as history.
    """

    id: int
    text: str
    kind: LabelKind
    author: str
    method: str
    status: LabelStatus
    n: int | None
    precision: Share | None
    recall: Share | None
    auroc_token: Share | None
    auroc_text: Share | None
    rule: str | None
    scores: dict[str, Any]
    is_current: bool
    weights_hash: str
    leads: bool
    ended: Annotated[str, Word((WITHDRAWN, REPLACED))] | None
    created: datetime


@dataclass(frozen=True)
class ExplanationsAnswer:
    """A part of the texts about a latent, newest first; ``total``: of all."""

    explanations: list[ExplanationAnswer]
    total: int


@dataclass(frozen=True)
class NewLabel:
    """A label by a person, at most 500 characters; ``author``, at most 80, may be empty. ``rule``, at most 500, tests
    it on the corpus of the build; it may be empty.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    text: Annotated[str, Text(1, MAX_LABEL, is_visible=True)]
    author: Annotated[str, Text(0, MAX_AUTHOR)] = ""
    rule: Annotated[str, Text(0, MAX_RULE)] = ""


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
