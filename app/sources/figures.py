"""The scatter of a source as compact numbers for static/js/scatter.js: 24,576 dots in some 100 kB."""

import base64
import json
import math

import numpy as np
from numpy.typing import NDArray

from app.db.queries.answers import LatentPoints
from app.text.formats import count

#: Places on an axis; the number after them stands for a latent that never fired.
PLACES = 65_535
DEAD = 65_535


def scatter_data(points: LatentPoints) -> str:
    """JSON: ``step`` between the latents, both ends of each axis (log10), and ``points``, two uint16 per latent.

    ``points`` is base64, little-endian, in the order of the latents: density and maximum activation on their axes,
    0 to 65,534 from the lower end to the upper one; 65,535 for a dead latent. What is rounded is a fraction of a pixel.
    """
    is_live = points.densities > 0
    x, x_ends = _on_axis(points.densities, is_live)
    y, y_ends = _on_axis(points.max_activations, is_live)
    packed = np.stack([x, y], axis=1).astype("<u2").tobytes()
    data = {"step": points.step, "density": x_ends, "maximum": y_ends, "points": base64.b64encode(packed).decode()}
    return json.dumps(data, separators=(",", ":"))


def scatter_note(d_sae: int, step: int) -> str:
    """What is not drawn."""
    if step == 1:
        return "Every dot is a live latent; dead ones are not drawn."
    return f"Every {step}th of the {count(d_sae)} latents is a dot, unless it is dead."


def _on_axis(values: NDArray[np.float64], is_live: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[float]]:
    found = np.full(len(values), DEAD)
    if not is_live.any():
        return found, [0.0, 1.0]
    logs = np.log10(np.maximum(values[is_live], 1e-300))
    low, high = float(logs.min()), float(logs.max())
    if high - low < 1e-9:
        low, high = math.floor(low), math.floor(low) + 1.0
    found[is_live] = np.round((logs - low) / (high - low) * (PLACES - 1))
    return found, [low, high]
