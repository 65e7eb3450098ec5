"""A calibration as a curve: effect and surprise against strength, the safe range shaded."""

from collections.abc import Sequence
from typing import Any

from app.text.figure_view import FigureView
from app.text.figures import LAYOUT, axis, figure_json
from app.text.formats import number


def calibration_figure(
    strengths: Sequence[float],
    effect: Sequence[float | None],
    base_nll: Sequence[float | None],
    safe: tuple[float, float],
    unit: str,
) -> FigureView:
    """Two lines over the strengths (n,): ``effect`` on the left axis, ``base_nll`` in nats on the right one."""
    data: list[dict[str, Any]] = [
        _line("effect", strengths, effect, "@accent", "y"),
        _line("surprise, nats", strengths, base_nll, "@warn", "y2"),
    ]
    low, high = safe
    shade = {
        "type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1,
        "fillcolor": "@accent-soft", "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    layout = LAYOUT | {
        "xaxis": axis(f"strength ({unit or '×'})"),
        "yaxis": axis("effect", automargin=True, nticks=5),
        "yaxis2": axis("surprise", overlaying="y", side="right", showgrid=False, automargin=True, nticks=5),
        "shapes": [shade],
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 44, "r": 44, "t": 30, "b": 44},
    }
    known = [value for value in effect if value is not None]
    summary = (
        f"Effect and surprise at {len(strengths)} strengths from {number(min(strengths))} to {number(max(strengths))}; "
        f"the safe range, {number(low)} to {number(high)}, is shaded."
    )
    if known:
        summary += f" The effect goes from {number(min(known))} to {number(max(known))}."
    return FigureView(figure_json(data, layout), summary)


def _line(
    name: str, x: Sequence[float], y: Sequence[float | None], colour: str, which: str
) -> dict[str, Any]:  # fmt: skip
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(x),
        "y": list(y),
        "yaxis": which,
        "line": {"color": colour, "width": 2},
        "marker": {"color": colour, "size": 5},
        "hovertemplate": f"{name} %{{y:.3g}} at %{{x:.3g}}<extra></extra>",
    }
