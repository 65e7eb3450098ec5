"""Patching both ways as paired bars, and the losses of groups of texts beside those of random controls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.text.figure_view import FigureView
from app.text.figures import AXIS, LAYOUT, axis, figure_json, literal
from app.text.formats import number


@dataclass(frozen=True)
class BothWays:
    """Changes of the metric by one latent's value, taken over in either direction; ``name`` is its row."""

    name: str
    breaks: float
    suffices: float


@dataclass(frozen=True)
class GroupChange:
    """The change of a group's loss by the latents, and by each random set."""

    name: str
    change: float
    controls: tuple[float, ...]


def patch_figure(effects: Sequence[BothWays], metric: str, unit: str) -> FigureView:
    """Horizontal bars, two for each latent, the first latent on top."""
    rows = list(reversed(effects))
    places = list(range(len(rows)))
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": places,
            "x": values,
            "marker": {"color": colour},
            "hovertemplate": f"{name} %{{x:.4g}}<extra></extra>",
        }
        for name, colour, values in (
            ("does it suffice?", "@counter", [effect.suffices for effect in rows]),
            ("does it break?", "@accent", [effect.breaks for effect in rows]),
        )
    ]
    layout = _layout(places, [effect.name for effect in rows], f"change in {unit}") | {
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
        "barmode": "group",
        "bargap": 0.25,
    }
    first = effects[0]
    summary = (
        f"Change of {metric} when the value of each of {len(effects)} latents is taken over; the first, {first.name}: "
        f"{number(first.breaks)} on your prompt, {number(first.suffices)} on the second."
    )
    return FigureView(figure_json(data, layout), summary)


def selectivity_figure(groups: Sequence[GroupChange]) -> FigureView:
    """A bar for each group of texts, and a dot for each random set of latents."""
    rows = list(reversed(groups))
    places = list(range(len(rows)))
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": "these latents",
            "y": places,
            "x": [group.change for group in rows],
            "width": 0.36,
            "marker": {"color": "@accent"},
            "hovertemplate": "these latents %{x:.4g}<extra></extra>",
        }
    ]
    dots = [(place, change) for place, group in enumerate(rows) for change in group.controls]
    if dots:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "random directions of the same size",
                "y": [place - 0.32 for place, _ in dots],  # below the bar, which would hide them
                "x": [change for _, change in dots],
                "marker": {"color": "@warn", "symbol": "circle-open", "size": 8},
                "hovertemplate": "random %{x:.4g}<extra></extra>",
            }
        )
    layout = _layout(places, [group.name for group in rows], "change, nats per token")
    said = ", ".join(f"{group.name} {number(group.change)}" for group in groups)
    return FigureView(figure_json(data, layout), f"Change of the loss by group of texts: {said}.")


def _layout(places: Sequence[int], names: Sequence[str], title: str) -> dict[str, Any]:
    shown = [literal(name) for name in names]
    return LAYOUT | {
        "xaxis": axis(title, zeroline=True, zerolinecolor="@line-strong"),
        "yaxis": AXIS | {"tickvals": list(places), "ticktext": shown, "automargin": True, "title": {"text": ""}},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 44},
    }
