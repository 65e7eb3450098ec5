"""Output scores in words: the same steps on every page, in the glossary and in the documents."""

from pathlib import Path

import pytest

from app.text.glossary import TERMS
from app.text.output_scores import LIKELY, MAY, score_text, steer_words

DOCUMENT = Path(__file__).parents[3] / "docs" / "steering.md"


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (None, ""), (1.0, "likely to steer"), (LIKELY, "likely to steer"), (0.0999, "may steer"), (MAY, "may steer"),
        (0.0099, "unlikely to steer"), (0.0, "unlikely to steer"), (-0.4, "unlikely to steer"),
    ],
)  # fmt: skip
def test_every_score_has_its_words(score: float | None, words: str) -> None:
    assert steer_words(score) == words


def test_the_steps_are_those_of_the_documents() -> None:
    assert f"From {LIKELY} on it is likely to steer, from {MAY} on it may" in TERMS["output_score"].meaning
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    assert f"From **{LIKELY}** on a latent is *likely to steer*" in text
    assert f"From **{MAY}** on it *may steer*" in text


@pytest.mark.parametrize(
    ("score", "text"),
    [(0.8234, "0.823"), (0.0005, "0.001"), (0.00049, "0"), (-3e-7, "0"), (-0.25, "\N{MINUS SIGN}0.250")],
)
def test_numbers_are_shown_to_the_third_decimal(score: float, text: str) -> None:
    assert score_text(score) == text
