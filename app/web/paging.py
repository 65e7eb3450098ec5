"""A part of a list."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """``limit`` entries after the first ``offset``."""

    limit: int
    offset: int = 0
