"""A rule tested while it is typed."""

from dataclasses import dataclass

from app.latents.views import ExampleView, FigureRow


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
