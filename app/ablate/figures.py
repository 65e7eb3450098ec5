"""What removing each latent does to a prediction: exact bars, with the estimate and the direct effect as dots."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.text.figure_view import FigureView
from app.text.figures import AXIS, LAYOUT, axis, figure_json, literal
from app.text.formats import number


@dataclass(frozen=True)
class Effect:
    """Changes of the metric by one latent; ``name`` is its row. None: not known, or not of this metric."""

    name: str
    exact: float
    estimate: float | None
    direct: float | None


def effects_figure(effects: Sequence[Effect], metric: str) -> FigureView:
    """Horizontal bars, the first effect on top; names that are the same get their place, so that no bar is lost."""
    rows = list(reversed(effects))
    places = list(range(len(rows)))
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": "exact",
            "y": places,
            "x": [effect.exact for effect in rows],
            "marker": {"color": "@accent"},
            "hovertemplate": "exact %{x:.4g}<extra></extra>",
        }
    ]
    for name, symbol, colour, values in (
        ("estimate", "circle-open", "@ink", [effect.estimate for effect in rows]),
        ("direct", "diamond", "@warn", [effect.direct for effect in rows]),
    ):
        if any(value is not None for value in values):
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "y": places,
                    "x": values,
                    "marker": {"color": colour, "symbol": symbol, "size": 8},
                    "hovertemplate": f"{name} %{{x:.4g}}<extra></extra>",
                }
            )
    names = [literal(effect.name) for effect in rows]
    layout = LAYOUT | {
        "xaxis": axis(f"change of {metric}", zeroline=True, zerolinecolor="@line-strong"),
        "yaxis": AXIS | {"tickvals": places, "ticktext": names, "automargin": True, "title": {"text": ""}},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 44},
    }
    first = effects[0]
    summary = f"Change of {metric} when each of {len(effects)} latents is removed; the first, {first.name}: "
    return FigureView(figure_json(data, layout), f"{summary}{number(first.exact)}.")
