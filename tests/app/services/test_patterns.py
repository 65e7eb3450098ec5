"""Patterns mean what they say, and cannot take long."""

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.corpus.patterns import Pattern, Words, word_matches
from app.errors import InvalidRequest


def covered(pattern: str, *texts: list[str]) -> list[str]:
    """The tokens that the pattern covers."""
    tokens = [token for text in texts for token in text]
    mask = Words.of(texts).covered(Pattern.parse(pattern))
    return [token for token, hit in zip(tokens, mask.tolist(), strict=True) if hit]


TEXT = ["The", " sea", ",", " the", " sail", "or", "\n", "At", " night", " he", " Sail", "ed", "."]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("sea", [" sea"]),
        ("SEA | night", [" sea", " night"]),
        ("sail*", [" sail", "or", " Sail", "ed"]),
        ("*or", [" sail", "or"]),
        ("sail", []),
        ("the sea", ["The", " sea"]),
        ("at night", ["At", " night"]),
        ("the * he", []),
        ("at * he", ["At", " night", " he"]),
        ("sea,", [" sea", ","]),
        (".", ["."]),
        ("⏎ at", ["\n", "At"]),
        ("s*l*d|nothing", [" Sail", "ed"]),
    ],
)
def test_a_pattern_covers_the_tokens_of_its_words(pattern: str, expected: list[str]) -> None:
    assert covered(pattern, TEXT) == expected


def test_phrases_do_not_reach_from_one_text_into_the_next() -> None:
    assert covered("red sea", ["red"], [" sea"]) == []
    assert covered("red sea", ["red", " sea"], ["red"]) == ["red", " sea"]


def test_texts_without_words_or_tokens_are_no_trouble() -> None:
    assert covered("a", [], ["", "  "], ["a"]) == ["a"]
    assert covered("ß", ["STRA", "SS", "E ẞ"]) == ["E ẞ"]


@given(st.text("ab*", min_size=1, max_size=8), st.text("ab", min_size=1, max_size=8))
def test_a_word_matches_as_a_regular_expression_would(pattern: str, word: str) -> None:
    expected = re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), word) is not None
    assert word_matches(pattern, word) is expected


@pytest.mark.parametrize("wrong", ["|", "a||b", "a|", "x" * 501, "|".join("abcdefghij" * 6), "a " * 21])
def test_a_pattern_that_cannot_be_meant_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidRequest, match="pattern"):
        Pattern.parse(wrong)


def test_no_pattern_takes_long() -> None:
    """What makes a regular expression explode: many wildcards on a long word of one letter."""
    words = Words.of([["a" * 100_000, " " + "a" * 50_000 + "b"]])
    started = time.perf_counter()
    mask = words.covered(Pattern.parse("*a" * 200 + "*c"))
    assert time.perf_counter() - started < 2
    assert not mask.any()
    assert np.array_equal(words.covered(Pattern.parse("*a" * 200 + "*b")), [False, True])
