"""What a label is worth: the figures of a test, with intervals, and the verdict that follows from them.

A label says where a latent fires. So it is judged as a prediction of that, and both of its errors count:

- precision: of the tokens where the label says that the latent fires, the share on which it does (the rest are false
  alarms);
- recall: of the tokens on which the latent fires, the share that the label covers (the rest are misses);
- AUROC: the probability that the activation is larger on a token of the label than on another, ties half. By token; and
  by text, of each text's largest activation. The second says nothing about how many tokens are told apart.

A latent fires where its activation is above zero. Intervals are of 95 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.statistics.intervals import wilson

HUMAN, MACHINE, TAG = "human", "machine", "tag"
#: By people, by a language model or another program, by the labels and words of a corpus.
KINDS = (HUMAN, MACHINE, TAG)

GUESS, TESTED, FAILED, CAUSAL = "guess", "tested", "failed", "causal"
STATUSES = (GUESS, TESTED, FAILED, CAUSAL)

#: A label holds if it is right more often than not in both directions: the lower ends of precision and recall.
LEAST = 0.5
#: Below this AUROC by token the activation hardly tells the label's tokens from others, however many there are.
LEAST_AUROC = 0.7


@dataclass(frozen=True)
class Figure:
    """A measured share or AUROC, 0 to 1, with its interval; ``low`` and ``high`` are None where it was counted."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def least(self) -> float:
        """The lower end of what it can be."""
        return self.value if self.low is None else self.low

    @classmethod
    def of_counts(cls, hits: float, n: float) -> "Figure | None":
        """The share ``hits / n`` with its interval (Wilson 1927); None for ``n`` = 0."""
        if n <= 0:
            return None
        share = min(1.0, max(0.0, hits / n))
        return cls(share, *wilson(share, n))


@dataclass(frozen=True)
class LabelTest:
    """How a label did on ``n`` ``unit``; None: not measured.

    ``chance``: the precision of a label that says nothing, which is the share of what was tested on which the latent
    fires. ``is_causal``: the latent was steered too, and did to the text what the label says.
    """

    n: int
    unit: str = "tokens"  # or "windows", "texts"
    precision: Figure | None = None
    recall: Figure | None = None
    auroc_token: Figure | None = None
    auroc_text: Figure | None = None
    chance: float | None = None
    is_causal: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)  # JSON: of what else was measured

    @property
    def score(self) -> float | None:
        """What tested labels are compared by: the harmonic mean of precision and recall, F1."""
        if self.precision is None or self.recall is None:
            return None
        total = self.precision.value + self.recall.value
        return 2 * self.precision.value * self.recall.value / total if total else 0.0

    @property
    def status(self) -> str:
        """The verdict. A test that measured no misses, or too few to tell, leaves a label a guess."""
        if self.precision is None or self.recall is None:
            return GUESS
        at_chance = self.chance is not None and self.precision.least <= self.chance
        tells_apart = self.auroc_token is None or self.auroc_token.value >= LEAST_AUROC
        if min(self.precision.value, self.recall.value) < LEAST or not tells_apart:
            return FAILED
        if min(self.precision.least, self.recall.least) < LEAST:
            return FAILED if at_chance and self.n >= ENOUGH else GUESS
        if at_chance:
            return FAILED
        return CAUSAL if self.is_causal else TESTED

    def intervals(self) -> dict[str, list[float]]:
        """The intervals of the figures that have one, by name, as ``scores`` keeps them."""
        named = {name: getattr(self, name) for name in FIGURES}
        return {name: [item.low, item.high] for name, item in named.items() if item and item.low is not None}

    def as_scores(self) -> dict[str, Any]:
        """What is kept of the test beside its columns, as JSON."""
        kept: dict[str, Any] = {"unit": self.unit, "intervals": self.intervals()}
        if self.chance is not None:
            kept["chance"] = self.chance
        return kept | dict(self.details)


FIGURES = ("precision", "recall", "auroc_token", "auroc_text")
#: Tests of fewer cannot tell a label that is no better than chance from one that is.
ENOUGH = 30
