from datetime import UTC, datetime

import pytest

from app.text import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not recorded"), (0, "0"), (0.01234, "0.0123"), (4.561, "4.56"), (12.345, "12.3"), (123.4, "123"),
        (12345.6, "12,346"), (999.6, "1,000"), (-2.5, "\N{MINUS SIGN}2.5"), (0.00012, "1.20e-04"), (3.2e12, "3.20e+12"),
    ],
)  # fmt: skip
def test_numbers_have_three_significant_digits_and_unknown_is_never_a_number(value: float | None, text: str) -> None:
    assert formats.number(value) == text


def test_a_share_reads_as_a_percentage() -> None:
    assert formats.percent(0.0231) == "2.31\N{NO-BREAK SPACE}%"
    assert formats.percent(1.0) == "100\N{NO-BREAK SPACE}%"
    assert formats.percent(None) == "not recorded"


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (15120, "15.1 k"), (1_200_000, "1.2 M"), (3 * 10**9, "3 G")])
def test_large_counts_are_short(value: int, text: str) -> None:
    assert formats.short_count(value).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "never"),
        (1 / 43, "one token in 43"),
        (0.8, "more than every second token"),
        (1e-6, "one token in 1,000,000"),
    ],
)
def test_density_is_said_in_words(share: float, text: str) -> None:
    assert formats.one_in(share) == text


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0 s"), (48.2, "48 s"), (65, "1 min 5 s"), (7500, "2 h 5 min")])
def test_a_span_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert formats.span(seconds) == text


def test_a_moment_is_in_utc() -> None:
    assert formats.moment(datetime(2026, 3, 4, 5, 6, tzinfo=UTC)) == "2026-03-04 05:06 UTC"
