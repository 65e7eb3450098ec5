"""Numbers of the table's form as people type them: read, or refused in a sentence that stands at their field.

What the page shows can be typed as it stands there: ``5.12 %`` for a density, ``12,345`` for an activation.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import shorten
from app.text.output_scores import LIKELY
from app.text.tokens import plain

#: Names of the numbers with what stands in their fields as a hint.
RANGES = {
    "density": ("Density", "share of tokens: 0.05 or 5 %"),
    "max_activation": ("Maximum", "activation"),
    "mean_activation": ("Mean", "activation"),
    "label_score": ("Label's score", "F1: 0.7"),
    "output_score": ("Output score", f"likely to steer from {LIKELY}"),
}
SHARES = ("density",)
#: Numbers from 0 to 1 that are no shares of tokens.
UNIT = ("label_score",)
#: A number with commas between its thousands; "0,05" is none.
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
MAX_SHOWN = 40


class _NumberError(ValueError):
    """Not such a number; the text says why."""


@dataclass(frozen=True)
class RefusedRange:
    """Two fields as they were typed, which of them is wrong, and why."""

    name: str
    low: str
    high: str
    is_low_wrong: bool
    is_high_wrong: bool
    error: str


def read_ranges(typed: Mapping[str, str]) -> tuple[dict[str, float | None], tuple[RefusedRange, ...]]:
    """(the limits by parameter, None for an empty field; the ranges that cannot be meant, which set no limit)."""
    limits: dict[str, float | None] = {}
    refused: list[RefusedRange] = []
    for name in RANGES:
        low, high = typed.get(f"min_{name}", ""), typed.get(f"max_{name}", "")
        read = _read(name, low, high)
        if isinstance(read, RefusedRange):
            refused.append(read)
        else:
            limits[f"min_{name}"], limits[f"max_{name}"] = read
    return limits, tuple(refused)


def _read(name: str, low: str, high: str) -> tuple[float | None, float | None] | RefusedRange:
    title, _ = RANGES[name]
    read: list[float | None] = []
    said: list[str] = []
    for text in (low, high):
        problem = ""
        try:
            read.append(_number(title, text, is_share=name in SHARES, is_unit=name in UNIT))
        except _NumberError as error:
            read.append(None)
            problem = str(error)
        said.append(problem)
    if any(said):
        # Once, where both fields have the same fault.
        return RefusedRange(name, low, high, bool(said[0]), bool(said[1]), " ".join(filter(None, dict.fromkeys(said))))
    first, last = read
    if first is not None and last is not None and first > last:
        words = f"{title}: “from” ({_shown(low)}) must not be larger than “to” ({_shown(high)})."
        return RefusedRange(name, low, high, True, True, words)
    return first, last


def _number(title: str, typed: str, *, is_share: bool, is_unit: bool) -> float | None:
    text = typed.strip().replace("\N{MINUS SIGN}", "-")
    if not text:
        return None
    is_percentage = is_share and text.endswith("%")
    digits = text.removesuffix("%").strip() if is_percentage else text
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    try:
        value = float(digits) if "_" not in digits else math.nan
    except ValueError:
        value = math.nan
    if is_percentage:
        value /= 100
    if not math.isfinite(value):
        wanted = "a number from 0 to 1, or a percentage such as 5 %" if is_share else "a number"
        raise _NumberError(f"{title} must be {wanted}, not “{_shown(typed)}”.")
    if is_share and not 0 <= value <= 1:
        raise _NumberError(f"{title} is a share of tokens, from 0 to 1 or from 0 % to 100 %, not {_shown(typed)}.")
    if is_unit and not 0 <= value <= 1:
        raise _NumberError(f"{title} is a number from 0 to 1, not {_shown(typed)}.")
    return value


def _shown(typed: str) -> str:
    return plain(shorten(typed.strip(), MAX_SHOWN))
