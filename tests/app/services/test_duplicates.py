"""Near-duplicates are contexts that are nearly the same around the same token, and nothing else."""

import numpy as np
import pytest

from app.latents.duplicates import AFTER, BEFORE, are_near_duplicates, fold
from models.records import Example

RNG = np.random.default_rng(3)
TEXT = RNG.integers(0, 1000, 60)


def changed(places: list[int]) -> np.ndarray:
    other = TEXT.copy()
    other[places] += 1000
    return other


def test_a_copy_is_a_near_duplicate_wherever_it_stands() -> None:
    shifted = np.concatenate((RNG.integers(0, 1000, 9), TEXT))
    assert are_near_duplicates(TEXT, 30, shifted, 39)
    assert not are_near_duplicates(TEXT, 30, shifted, 38)


@pytest.mark.parametrize(("changes", "expected"), [(0, True), (3, True), (4, False), (16, False)])
def test_a_fifth_of_the_places_may_differ(changes: int, expected: bool) -> None:
    near = [place for place in range(30 - BEFORE, 31 + AFTER) if place != 30]
    assert len(near) == 16
    assert are_near_duplicates(TEXT, 30, changed(near[:changes]), 30) is expected


def test_what_lies_further_away_does_not_count() -> None:
    far = [*range(30 - BEFORE), *range(31 + AFTER, 60)]
    assert are_near_duplicates(TEXT, 30, changed(far), 30)


def test_another_token_is_another_context() -> None:
    assert not are_near_duplicates(TEXT, 30, changed([30]), 30)


def test_too_short_an_overlap_is_no_evidence() -> None:
    assert not are_near_duplicates(TEXT[:6], 0, TEXT[:6], 0)
    assert are_near_duplicates(TEXT[:7], 2, TEXT[:7], 2)


def test_folding_keeps_the_order_and_loses_nothing() -> None:
    prompts = {0: TEXT, 1: changed([29]), 2: RNG.integers(0, 1000, 60), 3: changed([18, 34]), 4: TEXT[::-1].copy()}
    examples = [Example(p, 30, 5.0 - p, 20, np.ones(20, np.float32)) for p in (2, 0, 4, 3, 1)]
    folded = fold(examples, prompts.__getitem__)
    assert [(kept.prompt, [other.prompt for other in others]) for kept, others in folded] == [
        (2, []), (0, [3, 1]), (4, []),
    ]  # fmt: skip
