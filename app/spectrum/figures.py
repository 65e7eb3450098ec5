"""The spectrum of a latent: how often each group is at zero, and beside it the activations coloured by group."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.spectrum.views import SpectrumFigures
from app.text.figure_view import FigureView
from app.text.figures import LAYOUT, axis, centres, figure_json, literal
from app.text.formats import count, number
from models.records import LatentRecord

BINS = 24
#: Colours by the number of the group; 0 is the rest. The same as css classes group-0 .. group-4 in dashboards.css.
COLOURS = ("@counter", "@accent", "@warn", "@bad", "@ink")
OF_COUNTS = {"automargin": True, "nticks": 5, "tickformat": "~s", "rangemode": "tozero"}
NOTHING = "rgba(0,0,0,0)"


@dataclass(frozen=True, eq=False)
class GroupBars:
    """A group: the share of its tokens on which the latent fires, also in words, and which of the sampled tokens (n,)
    are in it. ``gap``: why the share is not known, in a few words; empty: it is.
    """

    name: str
    colour: int
    firing: float | None
    said: str
    gap: str
    inside: NDArray[np.bool_]

    def words(self, between: str) -> str:
        """What is known of the share; empty: there is nothing to say."""
        return between.join(part for part in (self.gap, self.said) if part)


def spectrum_figures(record: LatentRecord, groups: Sequence[GroupBars]) -> SpectrumFigures:
    """Two figures, which stand side by side or, on a narrow screen, one above the other."""
    return SpectrumFigures(_zeros(groups), _active(record, groups))


def _zeros(groups: Sequence[GroupBars]) -> FigureView:
    """The share of each group's tokens at zero; an empty frame where the sample cannot say."""
    layout = LAYOUT | {
        "xaxis": axis("", showticklabels=False, showgrid=False),
        "bargap": 0.2,
        "yaxis": axis("share at zero", range=[0, 1.02], tickformat=".0%"),
        "margin": LAYOUT["margin"] | {"b": 20},
    }
    parts = [f"{group.name}: {group.words(', ')}" for group in groups if group.gap or group.said]
    summary = f"The share of each group's tokens on which the latent fires: {'; '.join(parts)}."
    return FigureView(figure_json([_zero(place, group) for place, group in enumerate(groups)], layout), summary)


def _zero(place: int, group: GroupBars) -> dict[str, Any]:
    colour = COLOURS[group.colour]
    name = literal(group.name)
    bar = {"type": "bar", "name": name, "x": [place]}
    if group.gap:
        return bar | {
            "y": [1],
            "marker": {"color": NOTHING, "line": {"color": colour, "width": 1.5}},
            "text": [group.gap],
            "textangle": -90,
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textfont": {"color": "@muted"},
            "hovertemplate": f"{group.words(', fires on ')}<extra>{name}</extra>",
        }
    return bar | {
        "y": [None if group.firing is None else 1 - group.firing],
        "marker": {"color": colour},
        "hovertemplate": f"%{{y:.2%}} of these tokens at zero<extra>{name}</extra>",
    }


def _active(record: LatentRecord, groups: Sequence[GroupBars]) -> FigureView:
    """The active tokens, stacked by group, in front of their exact histogram.

    A token of the sample stands for (active tokens / sample) tokens. Where groups overlap, a token has the colour of
    the first one that it belongs to.
    """
    sample = record.sample.activations
    edges, counted = _bins(record)
    weight = record.n_active / max(1, len(sample))
    data: list[dict[str, Any]] = []
    taken = np.zeros(len(sample), bool)
    for group in groups:
        counts, _ = np.histogram(sample[group.inside & ~taken], edges)
        taken |= group.inside
        data.append(_stack(group, edges, (counts * weight).tolist()))
    summary = f"The activations above zero, up to {number(record.max_activation)}, coloured by group."
    if weight > 1:
        in_sample, _ = np.histogram(sample, edges)
        missing = [n if n and not seen else 0 for n, seen in zip(counted, in_sample.tolist(), strict=True)]
        data += _exact(edges, counted, missing)
        summary += " The outline is the exact number of active tokens."
        if any(missing):
            summary += f" Circles: activations of which the sample has none, {count(sum(missing))} tokens in all."
    layout = LAYOUT | {
        "barmode": "stack",
        "xaxis": axis("activation, where it is above zero", range=[0, edges[-1] * 1.02]),
        "yaxis": axis("tokens (estimate)" if weight > 1 else "tokens", **OF_COUNTS),
        "showlegend": weight > 1,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": LAYOUT["margin"] | {"t": 36},
    }
    return FigureView(figure_json(data, layout), summary)


def _bins(record: LatentRecord) -> tuple[list[float], list[int]]:
    """Edges (n + 1,) and exact numbers of tokens (n,): bins of the stored histogram together, at most BINS."""
    edges, counts = record.histogram_edges.tolist(), record.histogram_counts.tolist()
    step = -(-len(counts) // BINS)
    starts = range(0, len(counts), step)
    return [*(edges[start] for start in starts), edges[-1]], [sum(counts[start : start + step]) for start in starts]


def _stack(group: GroupBars, edges: Sequence[float], tokens: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": literal(group.name),
        "showlegend": False,
        "x": centres(edges),
        "y": list(tokens),
        "width": [0.94 * (high - low) for low, high in pairwise(edges)],
        "marker": {"color": COLOURS[group.colour]},
        "customdata": _ranges(edges),
        "hovertemplate": "about %{y:,.0f} tokens<br>activation %{customdata}",
    }


def _exact(edges: Sequence[float], counted: Sequence[int], missing: Sequence[int]) -> list[dict[str, Any]]:
    """The exact histogram as an outline, and marks where the sample has nothing of it."""
    line = {"color": "@muted", "width": 1.5, "shape": "hv"}
    outline = {
        "type": "scatter",
        "mode": "lines",
        "name": "all, counted",
        "x": list(edges),
        "y": [*counted, counted[-1]],
        "line": line,
        "hoverinfo": "skip",
    }
    places = [place for place, n in enumerate(missing) if n]
    middles, ranges = centres(edges), _ranges(edges)
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": "not in the sample",
        "x": [middles[place] for place in places],
        "y": [missing[place] for place in places],
        "marker": {"color": "@muted", "symbol": "circle-open", "size": 7},
        "cliponaxis": False,
        "customdata": [ranges[place] for place in places],
        "hovertemplate": "%{y:,} tokens, none of them in the sample<br>activation %{customdata}<extra></extra>",
    }
    return [outline, marks] if places else [outline]


def _ranges(edges: Sequence[float]) -> list[str]:
    return [f"{number(low)} to {number(high)}" for low, high in pairwise(edges)]
