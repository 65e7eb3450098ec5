"""What a patch claims: shares of a clear gap, numbers otherwise, and where parts are no parts of a whole."""

import pytest

from app.ablate import patch_words
from app.ablate.patch_words import Gap, Part, shown_share
from app.ablate.patching import judge_gap

CLEAR = Gap(2.0, 0.1, "clear", "nats", "takes away")


def answer(gap: Gap, parts: list[Part], together: Part | None, error: Part | None) -> str:
    return patch_words.answer(gap, parts, together, error).replace("\N{NO-BREAK SPACE}", " ")


def shares(*values: float) -> list[Part]:
    return [Part(f"latent {n}", -2 * value, value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("gap", "spread", "judged"),
    [
        (-0.159, 0.02, "reversed"),
        (-0.159, 0.2, "small"),
        (0.05, 0.001, "small"),
        (0.3, 0.2, "small"),
        (0.5, 0.2, "clear"),
        (0.0, 0.0, "small"),
    ],
)
def test_a_gap_is_clear_if_it_is_large_beside_random_changes_and_has_the_expected_sign(
    gap: float, spread: float, judged: str
) -> None:
    assert judge_gap(gap, spread) == judged


def test_a_gap_that_is_small_or_reversed_has_no_percentages() -> None:
    parts = [Part("latent 3", -0.08, None), Part("latent 5", 0.3, None)]
    together = Part("all", 1.25, None)
    small = answer(Gap(0.04, 0.05, "small", "nats", "takes away"), parts, together, None)
    assert small == (
        "The gap of +0.04 nats is too small to share out: a change as large as that between the prompts makes 0.05 "
        "nats in a random direction. The largest change by one latent is +0.3 nats, by latent 5. All latents together: "
        "+1.25 nats."
    )
    reversed_gap = answer(Gap(-0.159, 0.01, "reversed", "nats", "takes away"), parts, together, None)
    assert "likelier after the second prompt" in reversed_gap
    assert "%" not in small + reversed_gap


def test_one_latent_does_it_only_if_all_together_do_the_like() -> None:
    said = answer(CLEAR, shares(0.6, 0.1), Part("all", -1.8, 0.9), None)
    assert said.startswith("Yes, one latent does most of it: latent 0 takes away 60 % of the gap.")
    assert "All latents together: 90 %." in said
    said = answer(CLEAR, shares(0.6, 0.1), Part("all", 15.0, -7.5), Part("error", -17.0, 8.5))
    assert said.startswith("One latent alone, latent 0, takes away 60 % of the gap, but all latents together do not")
    assert "All latents together: \N{MINUS SIGN}750 %, which goes against the gap" in said
    assert "the error term: 850 %." in said


@pytest.mark.parametrize(
    ("parts", "opening"), [((0.3, 0.2), "In part: latent 0 takes away 30 %"), ((0.05, 0.02), "No one latent does")]
)
def test_less_is_said_of_less(parts: tuple[float, ...], opening: str) -> None:
    assert answer(CLEAR, shares(*parts), Part("all", -1.0, 0.5), None).startswith(opening)


def test_sums_above_the_gap_and_parts_against_it_are_named() -> None:
    said = answer(CLEAR, shares(0.7, 0.6, -0.2, -0.1), Part("all", -2.6, 1.3), Part("error", 0.6, -0.3))
    assert "All latents together: 130 %, more than the whole gap" in said
    assert "add up to 130 %: they overlap, or others undo them" in said
    assert "2 of the 4 listed go against the gap: \N{MINUS SIGN}30 %." in said
    quiet = answer(CLEAR, shares(0.4, 0.3, -0.01), Part("all", -1.6, 0.8), None)
    assert "add up" not in quiet
    assert "against" not in quiet


def test_shares_are_whole_percentages_with_a_true_minus() -> None:
    shown = [shown_share(share).replace("\N{NO-BREAK SPACE}", " ") for share in (0.536, -0.001, -1.2, None)]
    assert shown == ["54 %", "0 %", "\N{MINUS SIGN}120 %", ""]
