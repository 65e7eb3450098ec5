"""Numbers as people read them. ``None`` is unknown and reads "not recorded", never a made-up number."""

from datetime import UTC, datetime

NOT_RECORDED = "not recorded"


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, without an exponent between 0.001 and a million: ``0.0123``, ``4.56``, ``12,345``."""
    if value is None:
        return NOT_RECORDED
    if value < 0:  # a true minus: a hyphen is narrower than a plus and a line may break after it
        return f"\N{MINUS SIGN}{number(-value, digits)}"
    if value == 0:
        return "0"
    if value >= 10 ** (digits - 1):
        return f"{value:,.0f}" if value < 1e9 else f"{value:.{digits - 1}e}"
    if value < 1e-3:
        return f"{value:.{digits - 1}e}"
    text = f"{value:.{digits}g}"
    return text if "e" not in text else f"{value:,.0f}"


def percent(share: float | None, digits: int = 3) -> str:
    """A share of one as a percentage: ``0.0231`` reads ``2.31 %``."""
    if share is None:
        return NOT_RECORDED
    return f"{number(100 * share, digits)}\N{NO-BREAK SPACE}%"


def count(value: int | None) -> str:
    """A whole number with commas."""
    return NOT_RECORDED if value is None else f"{value:,}"


def short_count(value: int) -> str:
    """A whole number in few characters: ``1.2 M``, ``350 k``."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:.3g}\N{NO-BREAK SPACE}{unit}"
    return str(value)


def one_in(share: float) -> str:
    """How rare a share is: ``one token in 43``."""
    if share <= 0:
        return "never"
    if share > 0.5:
        return "more than every second token"
    return f"one token in {count(round(1 / share))}"


def span(seconds: float) -> str:
    """A length of time with its two largest units: ``2 h 5 min``, ``48 s``."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {whole % 60} s"
    return f"{whole} s"


def moment(value: datetime) -> str:
    """A moment in UTC to the minute."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def signed(value: float) -> str:
    """A change with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)
