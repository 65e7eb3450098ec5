"""What contrast search says of luck reads like numbers that people write."""

import pytest

from app.microscope.contrast import _so_many


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (12.4, "about 12"),
        (0.0004, "hardly any"),
        (1.31, "about 1.3"),
        (98765.4, "about 98,765"),
        (3e9, "about 3,000,000,000"),
    ],
)
def test_so_many_by_luck(expected: float, said: str) -> None:
    assert _so_many(expected) == said
    assert "e+" not in said
