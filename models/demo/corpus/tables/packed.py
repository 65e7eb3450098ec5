"""Readers for the hand-written tables, which are packed into strings to stay legible."""


def words(text: str) -> tuple[str, ...]:
    """The parts of ``text`` between semicolons, stripped, empty ones left out."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``"a = b; c = d"`` as ``(("a", "b"), ("c", "d"))``; a part without a `` = `` is an error."""
    rows = [part.split(" = ", 1) for part in words(text)]
    return tuple((left.strip(), right.strip()) for left, right in rows)
