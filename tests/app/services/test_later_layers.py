"""What an ablation says of later layers, by the direct and the total effect alone."""

import pytest

from app.ablate.service import _later_layers
from models.causal.ablation import LatentEffect
from models.running.metrics import Metrics

CHANGE = Metrics(0.0, 0.0, 0.0, None)


@pytest.mark.parametrize(
    ("direct", "total", "said"),
    [
        (None, -0.3, "unknown"),
        (-0.3, -0.3, "same"),
        (-0.3, -0.9, "add"),
        (-0.9, -0.3, "make up"),
        (-0.9, 0.2, "make up"),
        (0.018, -0.339, "outweigh"),  # nothing was made up for
        (-0.2, 0.5, "outweigh"),
    ],
)
def test_later_layers_make_up_only_where_less_is_left(direct: float | None, total: float, said: str) -> None:
    assert _later_layers(LatentEffect(0, 0, 1.0, total, total, CHANGE, direct)) == said
