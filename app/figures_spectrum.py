"""The spectrum of a latent: activations coloured by group, and beside them how often each group is active at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.figures import LAYOUT, axis, centres, figure_json
from app.formats import number, percent
from app.views.figures import FigureView
from models.records import LatentRecord

BINS = 24
#: Colours of the groups in their order; the last group is the rest. theme.css and css classes group-1 .. group-4.
COLOURS = ("@accent", "@warn", "@bad", "@ink")
REST = "@counter"


@dataclass(frozen=True, eq=False)
class GroupBars:
    """A group: the share of its tokens on which the latent fires, and which of the sampled tokens (n,) are in it."""

    name: str
    firing: float | None
    inside: NDArray[np.bool_]


def spectrum_figure(record: LatentRecord, groups: Sequence[GroupBars]) -> FigureView:
    """Left: the share of each group's tokens at zero. Right: the active tokens, stacked by group.

    A token of the sample stands for (active tokens / sample) tokens. Where groups overlap, a token has the colour of
    the first one that it belongs to.
    """
    sample = record.sample.activations
    edges = np.linspace(0, record.max_activation, BINS + 1)
    weight = record.n_active / max(1, len(sample))
    data: list[dict[str, Any]] = []
    taken = np.zeros(len(sample), bool)
    for place, group in enumerate(groups):
        colour = REST if place == len(groups) - 1 and place else COLOURS[place]
        counts, _ = np.histogram(sample[group.inside & ~taken], edges)
        taken |= group.inside
        data += _traces(group, colour, edges.tolist(), (counts * weight).tolist())
    layout = LAYOUT | {
        "barmode": "stack",
        "xaxis": axis("", domain=[0, 0.2], showticklabels=False),
        "yaxis": axis("share at zero", range=[0, 1.02], tickformat=".0%"),
        "xaxis2": axis("activation, where it is above zero", domain=[0.3, 1], range=[0, record.max_activation * 1.02]),
        "yaxis2": axis("tokens (estimate)" if weight > 1 else "tokens", anchor="x2", side="left"),
    }
    return FigureView(figure_json(data, layout), _summary(groups))


def _traces(group: GroupBars, colour: str, edges: list[float], tokens: list[float]) -> list[dict[str, Any]]:
    zero = None if group.firing is None else 1 - group.firing
    name = group.name.replace("<", "&lt;")
    return [
        {
            "type": "bar",
            "name": name,
            "x": [name],
            "y": [zero],
            "marker": {"color": colour},
            "hovertemplate": "%{y:.2%} of these tokens at zero<extra>%{x}</extra>",
        },
        {
            "type": "bar",
            "name": name,
            "xaxis": "x2",
            "yaxis": "y2",
            "x": centres(edges),
            "y": tokens,
            "width": [0.94 * (high - low) for low, high in pairwise(edges)],
            "marker": {"color": colour},
            "customdata": [f"{number(low)} to {number(high)}" for low, high in pairwise(edges)],
            "hovertemplate": "about %{y:,.0f} tokens<br>activation %{customdata}",
        },
    ]


def _summary(groups: Sequence[GroupBars]) -> str:
    parts = [f"{group.name} {percent(group.firing)}" for group in groups if group.firing is not None]
    return f"Activations by group; the share of each group's tokens on which the latent fires: {'; '.join(parts)}."
