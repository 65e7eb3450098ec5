"""Cursors of the table of latents: the place where a page begins or ends, as a text for a link."""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any

from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.latents import NUMBERS
from app.db.queries.answers import LatentRow
from app.errors import BadCursor

MAX_CURSOR = 300
#: All that a cursor can be: base64 for addresses, without the signs that fill it up.
CURSOR_PATTERN = "[A-Za-z0-9_-]*"


@dataclass(frozen=True)
class Place:
    """After the latent with this value of the sorted quantity and this index, or, going back, before it.

    Without ``has_value`` the value is the one that the latent has now: texts are too long for a link.
    """

    value: float | None
    index: int
    has_value: bool
    is_back: bool


def encode(query: LatentQuery, row: LatentRow, *, is_back: bool = False) -> str:
    """The cursor of the page after a row, or before it."""
    parts = [query.sort, query.order, getattr(row, query.sort) if query.sort in NUMBERS else None, row.index]
    text = json.dumps([*parts, "back"] if is_back else parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, query: LatentQuery) -> Place:
    """The place a cursor stands for; BadCursor unless this application made it for this sort and order."""
    bad = BadCursor("This cursor does not belong to this list; begin again without a cursor.")
    if len(cursor) > MAX_CURSOR:
        raise bad
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise bad from None
    if not isinstance(parts, list) or len(parts) not in (4, 5) or parts[:2] != [query.sort, query.order]:
        raise bad
    value, index = parts[2], parts[3]
    is_back = len(parts) == 5
    if is_back and parts[4] != "back":
        raise bad
    if type(index) is not int or not 0 <= index < 2**31 or not _value_fits(query.sort, value):
        raise bad
    return Place(None if value is None else float(value), index, query.sort in NUMBERS, is_back)


def _value_fits(sort: str, value: Any) -> bool:
    if value is None:
        return sort not in NUMBERS or sort == "output_score"
    if sort not in NUMBERS or type(value) not in (int, float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
