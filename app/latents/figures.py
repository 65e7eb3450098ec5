"""The histogram of a latent's activations with its bands drawn on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.text.figure_view import FigureView
from app.text.figures import LAYOUT, axis, centres, figure_json
from app.text.formats import count, number
from models.records import LatentRecord

#: Names of bands closer than this share of the axis would overlap; the lower one is left out.
CLOSE = 0.07
SCALES = {"log": "Log counts", "linear": "Linear counts"}


@dataclass(frozen=True)
class Mark:
    """A band as a figure draws it: its range, its name at the top, and where a click on it leads: the element if it
    is on the page, else the address.
    """

    low: float
    high: float
    name: str
    anchor: str
    href: str = ""
    is_chosen: bool = False


def activation_figure(record: LatentRecord, marks: Sequence[Mark], scale: str = "log") -> FigureView:
    """The latent's non-zero activations; ``scale`` of the counts is log or linear. A click anywhere finds its band."""
    edges, counts = record.histogram_edges.tolist(), record.histogram_counts.tolist()
    ends = [number(edge) for edge in edges]
    bars = {
        "type": "bar",
        "x": centres(edges),
        "y": counts,
        "width": [0.94 * (high - low) for low, high in pairwise(edges)],
        "marker": {"color": "@accent"},
        "customdata": [f"{low} to {high}" for low, high in pairwise(ends)],
        "hovertemplate": "%{y:,} tokens<br>activation %{customdata}<extra></extra>",
    }
    of_counts: dict[str, Any] = {"title": "tokens"}
    if scale == "log":
        of_counts = {"title": "tokens, log", "type": "log", "dtick": 1, "tickformat": ",d"}
    layout = LAYOUT | {
        "xaxis": axis("activation", range=[0, record.max_activation * 1.02]),
        "yaxis": axis(**of_counts),
        "shapes": [_band_shape(mark, place) for place, mark in enumerate(marks)],
        "annotations": _names(marks, record.max_activation),
        # The nearest bar answers wherever the pointer is, so that low bars can be clicked as well.
        "hovermode": "x",
        "hoverdistance": -1,
    }
    summary = (
        f"Histogram of the {count(record.n_active)} non-zero activations, from 0 to {number(record.max_activation)}; "
        f"half of them are below {number(record.quantiles.get('0.5'))}."
    )
    bands = [{"low": mark.low, "high": mark.high, "anchor": mark.anchor, "href": mark.href} for mark in marks]
    return FigureView(figure_json([bars], layout, bands), summary)


def _band_shape(mark: Mark, place: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": mark.low,
        "x1": mark.high,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 1, "color": "@line-strong", "dash": "dot"},
        "fillcolor": "@accent-soft" if mark.is_chosen or place % 2 else "rgba(0,0,0,0)",
        "opacity": 1 if mark.is_chosen else 0.6,
    }


def _names(marks: Sequence[Mark], top: float) -> list[dict[str, Any]]:
    """The lower end of each band, above the plot; a name that would overlap its upper neighbour is left out."""
    shown: list[dict[str, Any]] = []
    last = float("inf")
    for mark in sorted(marks, key=lambda mark: -mark.low):
        if not mark.name or last - mark.low < CLOSE * top:
            continue
        last = mark.low
        shown.append(
            {
                "x": mark.low,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": mark.name,
                "showarrow": False,
                "font": {"size": 11, "color": "@muted"},
            }
        )
    return shown
