"""A figure with a value of the reader's own text marked on it."""

import json
from typing import Any

from app.text.figure_view import FigureView
from app.text.formats import number


def marked(figure: FigureView, values: tuple[float, ...], said: str = "") -> FigureView:
    """The histogram with a line at each of the values; the axis grows if one lies beyond it."""
    if not values:
        return figure
    drawn: dict[str, Any] = json.loads(figure.json)
    layout = drawn["layout"]
    layout["shapes"] = [*layout.get("shapes", ()), *(_line(value) for value in values)]
    low, high = layout["xaxis"]["range"]
    layout["xaxis"]["range"] = [low, max(high, 1.04 * max(values))]
    largest = max(values)
    note = {
        "x": largest,
        "y": 1,
        "yref": "paper",
        "xanchor": "right" if largest > 0.5 * layout["xaxis"]["range"][1] else "left",
        "yanchor": "top",
        "text": said or f"here {number(largest)}",
        "showarrow": False,
        "bgcolor": "@surface",
        "font": {"size": 11, "color": "@bad"},
    }
    layout["annotations"] = [*layout.get("annotations", ()), note]
    listed = ", ".join(number(value) for value in sorted(set(values), reverse=True)[:10])
    return FigureView(json.dumps(drawn, separators=(",", ":")), f"{figure.summary} Marked: {listed}.")


def _line(value: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": value,
        "x1": value,
        "y0": 0,
        "y1": 1,
        "line": {"width": 2, "color": "@bad"},
    }
