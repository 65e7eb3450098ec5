"""What an examination of the database finds."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from app.errors import DatabaseError, shorten

#: Told what is being looked at, and how much of it is done, 0 to 1; None: nobody can say.
Tell = Callable[[str, float | None], None]
#: What a read of damaged rows raises: the database, or the unpacking of what it gave.
UNREADABLE = (SQLAlchemyError, DatabaseError, ValueError, TypeError, KeyError, IndexError)
RESTORE = "restore a backup of the database; what can still be read can be saved first (docs/self-hosting.md)"


@dataclass(frozen=True)
class Damage:
    """One sentence about what is wrong, without a full stop, and what to do about it."""

    what: str
    remedy: str


def reason(error: BaseException) -> str:
    """The first line of an error, for use inside a sentence."""
    original = getattr(error, "orig", None) or error
    return shorten(" ".join(str(original).split()) or type(error).__name__, 160).rstrip(".")


def listed(numbers: list[int]) -> str:
    """The first few of many numbers."""
    more = f" and {len(numbers) - 5:,} more" if len(numbers) > 5 else ""
    return ", ".join(map(str, numbers[:5])) + more
