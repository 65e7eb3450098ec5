"""Terms of a board that pull in nearly the same direction, or in opposite ones: they add up, or cancel."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from models.steering.terms import Board, LatentSubject

#: From this size of the cosine on two directions count as nearly the same, or as opposed.
CLOSE = 0.7


@dataclass(frozen=True)
class ClosePair:
    """Two terms by their places."""

    first: int
    second: int
    cosine: float


def close_pairs(board: Board, dictionaries: Mapping[str, Any]) -> tuple[ClosePair, ...]:
    """Terms of one width whose directions nearly coincide or oppose each other; ``dictionaries`` by their slugs."""
    from models.steering.vectors import cosine

    rows = []
    for term in board.terms:
        subject = term.subject
        if isinstance(subject, LatentSubject):
            rows.append(dictionaries[subject.source].W_dec[subject.index].detach().float().cpu().numpy())
        else:
            rows.append(subject.values)
    found = []
    for (m, a), (n, b) in combinations(enumerate(rows), 2):
        if len(a) == len(b) and abs(value := cosine(a, b)) >= CLOSE:
            found.append(ClosePair(m, n, value))
    return tuple(found)
