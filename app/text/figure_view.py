"""A plot as it travels in a page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureView:
    """``json`` is {data, layout, bands} for static/js/plots.js; ``summary`` says in words what the plot shows."""

    json: str
    summary: str
