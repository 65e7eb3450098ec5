"""What a label is worth: the verdict counts misses as well as false alarms."""

import pytest

from models.statistics.label_tests import CAUSAL, FAILED, GUESS, TESTED, Figure, LabelTest


def shown(hits: int, covered: int, fires: int, n: int = 10_000, **more: object) -> LabelTest:
    """A test by counts: tokens in both, tokens of the label, tokens on which the latent fires."""
    return LabelTest(
        n=n,
        precision=Figure.of_counts(hits, covered),
        recall=Figure.of_counts(hits, fires),
        chance=fires / n,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("test", "status"),
    [
        (shown(90, 100, 100), TESTED),
        (shown(90, 100, 100, is_causal=True), CAUSAL),
        (shown(90, 1000, 100), FAILED),  # nine in ten of its tokens are false alarms
        (shown(90, 100, 1000), FAILED),  # it misses nine in ten activations
        (shown(90, 1000, 100, is_causal=True), FAILED),
        (shown(3, 3, 3), GUESS),  # too few to tell
        (shown(55, 100, 100), GUESS),
        (LabelTest(n=2000, auroc_text=Figure(0.99)), GUESS),  # misses were not measured
        (LabelTest(n=2000, precision=Figure(0.99)), GUESS),
    ],
)
def test_a_label_holds_if_it_is_right_both_ways(test: LabelTest, status: str) -> None:
    assert test.status == status


def test_a_latent_that_is_nearly_always_active_is_told_by_nothing() -> None:
    """Dense latents: whatever the label covers, the latent fires there, as everywhere."""
    everywhere = shown(9_900, 9_950, 9_940)
    some = shown(1_490, 1_500, 9_940)
    assert everywhere.status == some.status == FAILED


def test_a_scorer_that_always_says_yes_shows_nothing() -> None:
    windows = LabelTest(
        n=200, unit="windows", precision=Figure.of_counts(104, 200), recall=Figure.of_counts(104, 104), chance=0.5
    )
    assert windows.status == FAILED


def test_what_the_activation_does_not_tell_apart_fails_however_much_is_covered() -> None:
    assert shown(90, 100, 100, auroc_token=Figure(0.53)).status == FAILED
    assert shown(90, 100, 100, auroc_token=Figure(0.95), auroc_text=Figure(0.5)).status == TESTED


def test_intervals_are_those_of_wilson() -> None:
    figure = Figure.of_counts(8, 10)
    assert figure is not None
    assert (figure.value, figure.low, figure.high) == (
        0.8,
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    assert Figure.of_counts(0, 0) is None


def test_the_score_is_the_harmonic_mean() -> None:
    assert shown(50, 100, 50).score == pytest.approx(2 * 0.5 * 1 / 1.5)
    assert LabelTest(n=1, precision=Figure(1)).score is None
    assert shown(0, 10, 10).score == 0
