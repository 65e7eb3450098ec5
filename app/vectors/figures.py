"""How far each prompt of two lists lies along a vector: one dot a prompt, one row a list."""

from collections.abc import Sequence
from typing import Any

from app.text.figure_view import FigureView
from app.text.figures import AXIS, LAYOUT, axis, figure_json, literal
from app.text.formats import number

#: Characters of a prompt that hovering shows.
HOVER = 60


def projections_figure(positive: Sequence[tuple[str, float]], negative: Sequence[tuple[str, float]]) -> FigureView:
    """Prompts with their projections; dots of a row are spread a little so that none hides another."""
    data: list[dict[str, Any]] = []
    for name, place, colour, symbol, items in (
        ("towards", 1, "@accent", "circle", positive),
        ("away from", 0, "@warn", "diamond", negative),
    ):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [value for _, value in items],
                "y": [place + 0.12 * (number % 3 - 1) for number in range(len(items))],
                "text": [_shown(prompt) for prompt, _ in items],
                "marker": {"color": colour, "symbol": symbol, "size": 10, "opacity": 0.8},
                "hovertemplate": "%{text}<br>%{x:.4g}<extra></extra>",
            }
        )
    layout = LAYOUT | {
        "xaxis": axis("projection on the vector"),
        "yaxis": AXIS
        | {"tickvals": [0, 1], "ticktext": ["away from", "towards"], "range": [-0.5, 1.5], "automargin": True},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 44},
        "hovermode": "closest",
    }
    return FigureView(figure_json(data, layout), _summary(positive, negative))


def _shown(prompt: str) -> str:
    return literal(prompt if len(prompt) <= HOVER else f"{prompt[: HOVER - 1]}…")


def _summary(positive: Sequence[tuple[str, float]], negative: Sequence[tuple[str, float]]) -> str:
    ups, downs = [value for _, value in positive], [value for _, value in negative]
    return (
        f"Projections on the vector: {len(ups)} prompts towards it lie between {number(min(ups))} and "
        f"{number(max(ups))}, {len(downs)} prompts away from it between {number(min(downs))} and {number(max(downs))}."
    )
