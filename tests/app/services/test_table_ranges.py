"""Numbers as people type them into the form of the table."""

import pytest

from app.sources.table_ranges import RANGES, read_ranges
from app.text.formats import number, percent


@pytest.mark.parametrize(
    ("typed", "value"),
    [("5%", 0.05), ("5 %", 0.05), ("100 %", 1), ("0.1%", 0.001), ("0", 0), ("1e-3", 0.001), ("  ", None), ("", None)],
)
def test_a_share_is_a_number_or_a_percentage(typed: str, value: float | None) -> None:
    limits, refused = read_ranges({"max_density": typed})
    assert limits["max_density"] == (None if value is None else pytest.approx(value))
    assert refused == ()


@pytest.mark.parametrize("value", [0.0000123, 0.00123, 0.1, 4.56, 999.4, 12_345.0, 1_234_567.0, -0.25])
def test_what_the_page_shows_can_be_typed(value: float) -> None:
    limits, refused = read_ranges({"min_max_activation": number(value)})
    assert refused == ()
    assert limits["min_max_activation"] == pytest.approx(value, rel=6e-3)
    if 0 <= value <= 1:
        assert read_ranges({"min_density": percent(value)})[0]["min_density"] == pytest.approx(value, rel=6e-3)


@pytest.mark.parametrize("typed", ["abc", "5%", "nan", "inf", "1e999", "1_000", "0,05", "1,2345", "5 5"])
def test_what_is_no_number_is_refused_by_the_name_on_the_page(typed: str) -> None:
    limits, (refused,) = read_ranges({"min_mean_activation": typed, "max_mean_activation": "3"})
    assert refused.error == f"Mean must be a number, not “{typed}”."
    assert (refused.low, refused.high, refused.is_low_wrong, refused.is_high_wrong) == (typed, "3", True, False)
    assert "min_mean_activation" not in limits


@pytest.mark.parametrize("typed", ["7", "-0.1", "101 %", "-5%"])
def test_a_share_outside_of_its_limits_is_refused(typed: str) -> None:
    _, (refused,) = read_ranges({"min_density": typed})
    assert refused.error == f"Density is a share of tokens, from 0 to 1 or from 0 % to 100 %, not {typed}."


def test_limits_the_wrong_way_round_are_refused_and_equal_ones_are_not() -> None:
    _, (refused,) = read_ranges({"min_density": "10 %", "max_density": "0.05"})
    assert refused.error == "Density: “from” (10 %) must not be larger than “to” (0.05)."
    assert refused.is_low_wrong
    assert refused.is_high_wrong
    assert read_ranges({"min_density": "10 %", "max_density": "0.1"})[1] == ()


def test_a_sentence_shows_hostile_text_as_codes_and_not_all_of_it() -> None:
    _, (refused,) = read_ranges({"max_density": "\u202e" + "x" * 1000})
    assert "‹202E›" in refused.error
    assert "\u202e" not in refused.error
    assert len(refused.error) < 150


def test_every_range_is_read() -> None:
    limits, _ = read_ranges({})
    assert limits == {f"{end}_{name}": None for name in RANGES for end in ("min", "max")}
