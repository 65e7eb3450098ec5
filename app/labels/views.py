"""A rule tested while it is typed."""

from dataclasses import dataclass

from app.text.token_views import ExampleView


@dataclass(frozen=True)
class FigureRow:
    """A figure of a label's test: its value, its interval (empty: counted), and what it is a share of."""

    name: str
    value: str
    interval: str
    meaning: str


@dataclass(frozen=True)
class ExplanationView:
    """What somebody says the latent means, and how that was tested.

    ``verdict``: what it is worth, in a sentence. ``rest``: what else was measured. ``ended``: why and when it stopped
    to count. ``withdraw_href``: where it can be taken back; empty: by nobody.
    """

    text: str
    kind: str
    author: str
    method: str
    when: str
    status: str
    verdict: str
    figures: tuple[FigureRow, ...]
    rest: tuple[str, ...]
    rule: str
    is_current: bool
    ended: str
    withdraw_href: str


@dataclass(frozen=True)
class LabelsView:
    """partials/_labels.html: the labels side by side, the form for one more, and what there was before.

    ``label`` leads. ``summary``: what the latent does, where there is no label that holds.
    """

    action: str
    label: ExplanationView | None
    summary: str
    others: tuple[ExplanationView, ...]
    history: tuple[ExplanationView, ...]
    all_href: str  # the page of all labels; empty if the history has them all
    n_all: int
    text: str  # what stands in the form
    author: str
    rule: str
    error: str  # why the last one was refused
    max_label: int
    max_author: int
    max_rule: int
    rule_part_href: str  # tests the rule while it is typed; empty: nothing to test it on
    rule_help: str


@dataclass(frozen=True)
class RuleView:
    """partials/_rule.html. ``state``: empty (no rule), refused (``said`` is why), or data.

    ``missed``: the strongest active tokens that the rule does not cover; ``silent``: matches on which the latent does
    not fire; each with a sentence of how many there are.
    """

    state: str
    said: str
    status: str
    verdict: str
    figures: tuple[FigureRow, ...]
    missed_said: str
    missed: tuple[ExampleView, ...]
    silent_said: str
    silent: tuple[ExampleView, ...]
    basis: str
