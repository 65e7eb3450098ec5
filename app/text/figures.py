"""Numbers -> Plotly figures as JSON. Colours are names such as ``@accent``: static/js/plots.js knows the theme."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pydantic_core import to_json

from app.text.figure_view import FigureView
from app.text.formats import count, percent

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


def density_figure(all_edges: Sequence[float], all_counts: Sequence[int], dead: int) -> FigureView:
    """How many latents have which density, on a logarithmic axis; only the occupied decades.

    ``all_edges`` (n + 1,) are log10 of densities, ``all_counts`` (n,) live latents between them, ``dead`` the others.
    """
    edges, counts = _trimmed(all_edges, all_counts)
    ranges = [f"{percent(10**low)} to {percent(10**high)}" for low, high in pairwise(edges)]
    decades = sorted({round(edge) for edge in edges})
    bars = {
        "type": "bar",
        "x": centres(edges),
        "y": counts,
        "width": [0.94 * (edges[1] - edges[0])] * len(counts) if counts else [],
        "marker": {"color": "@accent"},
        "customdata": ranges,
        "hovertemplate": "%{y} latents<br>active on %{customdata} of tokens<extra></extra>",
    }
    # Every second decade has a name, so that the names fit a narrow screen without being turned.
    named = decades[:: 2 if len(decades) > 4 else 1]
    texts = [f"{100 * 10.0**decade:g}\N{NO-BREAK SPACE}%" for decade in named]
    ticks = {"tickvals": named, "ticktext": texts, "tickangle": 0}
    layout = LAYOUT | {
        "xaxis": axis("density (share of tokens)", **ticks),
        "yaxis": axis("latents"),
    }
    return FigureView(figure_json([bars], layout), _density_summary(edges, counts, dead))


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis in the common style with its title; ``more`` changes it."""
    return AXIS | {"title": {**AXIS["title"], "text": title}} | more  # type: ignore[dict-item]


def literal(text: str) -> str:
    """A stranger's text as Plotly shows it character for character, in names, ticks and templates of what hovers.

    Plotly reads tags and entities in its texts, and ``%{...}`` in templates before it reads those; plots.js reads
    names of colours.
    """
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), ("%", "&#37;"), ("@", "&#64;")):
        text = text.replace(character, entity)
    return text


def figure_json(data: list[dict[str, Any]], layout: dict[str, Any], bands: Sequence[dict[str, Any]] = ()) -> str:
    """What static/js/plots.js draws; a click inside a band leads to it."""
    # Four times as fast as the json module, which would take a tenth of what a latent's page takes.
    return to_json({"data": data, "layout": layout, "bands": list(bands)}).decode()


def centres(edges: Sequence[float]) -> list[float]:
    """The middles (n,) between edges (n + 1,)."""
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
        f"{percent(10 ** centres(edges)[peak])} of tokens. {not_drawn}"
    )
