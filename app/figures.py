"""Numbers -> Plotly figures as JSON. Colours are names such as ``@accent``: static/js/plots.js knows the theme."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.formats import count, number, percent
from app.views.figures import FigureView
from models.records import LatentRecord

AXIS = {
    "gridcolor": "@line",
    "zeroline": False,
    "linecolor": "@line-strong",
    "tickfont": {"color": "@muted"},
    "title": {"font": {"color": "@muted"}, "standoff": 8},
    "fixedrange": True,
}
LAYOUT: dict[str, Any] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"size": 12, "color": "@ink"},
    "margin": {"l": 52, "r": 8, "t": 22, "b": 44},
    "bargap": 0.06,
    "hoverlabel": {"bgcolor": "@ink", "bordercolor": "@ink", "font": {"color": "@surface"}},
    "showlegend": False,
    "dragmode": False,
    "autosize": True,
}
#: Names of bands closer than this share of the axis would overlap; the lower one is left out.
CLOSE = 0.07


@dataclass(frozen=True)
class Mark:
    """A band as a figure draws it: its range, its name at the top, and where a click on it leads."""

    low: float
    high: float
    name: str
    anchor: str


def density_figure(all_edges: Sequence[float], all_counts: Sequence[int], dead: int) -> FigureView:
    """How many latents have which density, on a logarithmic axis; only the occupied decades.

    ``all_edges`` (n + 1,) are log10 of densities, ``all_counts`` (n,) live latents between them, ``dead`` the others.
    """
    edges, counts = _trimmed(all_edges, all_counts)
    ranges = [f"{percent(10**low)} to {percent(10**high)}" for low, high in pairwise(edges)]
    decades = sorted({round(edge) for edge in edges})
    bars = {
        "type": "bar",
        "x": _centres(edges),
        "y": counts,
        "width": [0.94 * (edges[1] - edges[0])] * len(counts) if counts else [],
        "marker": {"color": "@accent"},
        "customdata": ranges,
        "hovertemplate": "%{y} latents<br>active on %{customdata} of tokens<extra></extra>",
    }
    ticks = {"tickvals": decades, "ticktext": [percent(10.0**decade) for decade in decades]}
    layout = LAYOUT | {
        "xaxis": _axis("density (share of tokens)", **ticks),
        "yaxis": _axis("latents"),
    }
    return FigureView(_json([bars], layout), _density_summary(edges, counts, dead))


def activation_figure(record: LatentRecord, marks: Sequence[Mark]) -> FigureView:
    """The latent's non-zero activations with the bands drawn on them; counts on a logarithmic axis."""
    edges, counts = record.histogram_edges.tolist(), record.histogram_counts.tolist()
    ranges = [f"{number(low)} to {number(high)}" for low, high in pairwise(edges)]
    bars = {
        "type": "bar",
        "x": _centres(edges),
        "y": counts,
        "width": [0.94 * (high - low) for low, high in pairwise(edges)],
        "marker": {"color": "@accent"},
        "customdata": ranges,
        "hovertemplate": "%{y} tokens<br>activation %{customdata}<extra></extra>",
    }
    layout = LAYOUT | {
        "xaxis": _axis("activation", range=[0, record.max_activation * 1.02]),
        "yaxis": _axis("tokens (log scale)", type="log", dtick=1, tickformat=",d"),
        "shapes": [_band_shape(mark, place) for place, mark in enumerate(marks)],
        "annotations": _names(marks, record.max_activation),
    }
    summary = (
        f"Histogram of the {count(record.n_active)} non-zero activations, from 0 to {number(record.max_activation)}; "
        f"half of them are below {number(record.quantiles.get('0.5'))}."
    )
    bands = [{"low": mark.low, "high": mark.high, "anchor": mark.anchor} for mark in marks]
    return FigureView(_json([bars], layout, bands), summary)


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return AXIS | {"title": {**AXIS["title"], "text": title}} | more  # type: ignore[dict-item]


def _json(data: list[dict[str, Any]], layout: dict[str, Any], bands: Sequence[dict[str, Any]] = ()) -> str:
    return json.dumps({"data": data, "layout": layout, "bands": list(bands)}, separators=(",", ":"))


def _centres(edges: Sequence[float]) -> list[float]:
    return [(low + high) / 2 for low, high in pairwise(edges)]


def _trimmed(edges: Sequence[float], counts: Sequence[int]) -> tuple[list[float], list[int]]:
    """Edges (n + 1,) and counts (n,) without the empty bins at both ends, widened to whole decades."""
    filled = [place for place, n in enumerate(counts) if n]
    if not filled:
        return [], []
    first, last = filled[0], filled[-1] + 1
    while first > 0 and abs(edges[first] - round(edges[first])) > 1e-6:
        first -= 1
    while last < len(counts) and abs(edges[last] - round(edges[last])) > 1e-6:
        last += 1
    return list(edges[first : last + 1]), list(counts[first:last])


def _density_summary(edges: Sequence[float], counts: Sequence[int], dead: int) -> str:
    not_drawn = f"Dead latents, not drawn: {count(dead)}." if dead else "No latent is dead."
    if not counts:
        return f"No latent was ever active. {not_drawn}"
    peak = counts.index(max(counts))
    return (
        f"Histogram of the density of {count(sum(counts))} latents; most lie around "
        f"{percent(10 ** _centres(edges)[peak])} of tokens. {not_drawn}"
    )


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
        "fillcolor": "@accent-soft" if place % 2 else "rgba(0,0,0,0)",
        "opacity": 0.6,
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
