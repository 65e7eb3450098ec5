"""What one step of a training showed. No torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """Of one SAE on the tokens of the last step. ``dead``: share of latents not active for long."""

    loss: float
    l0: float
    explained_variance: float
    dead: float
