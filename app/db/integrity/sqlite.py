"""An SQLite file by its own checks: every page and index, and every reference from one table to another.

SQLite keeps no checksums: a byte that changed inside a value is not seen here, only where the value no longer makes
sense (``contents``).
"""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Engine

from app.db.integrity.damage import RESTORE, UNREADABLE, Damage, Tell, reason

#: Findings that are asked for, and those that are shown: more of them say nothing new.
MOST, SHOWN = 50, 3
#: How SQLite begins what it says of an index alone, whose table is well.
OF_INDEX = ("wrong # of entries in index", "row ", "non-unique entry in index")
REINDEX = "stop Periscope and rebuild the indexes: sqlite3 FILE REINDEX"


def examine_file(engine: Engine, tell: Tell) -> Iterator[Damage]:
    """Pages, rows and indexes (``integrity_check``), then references (``foreign_key_check``)."""
    tell("every page of the file", None)
    try:
        with engine.connect() as connection:
            said = [str(row[0]) for row in connection.execute(sa.text(f"PRAGMA integrity_check({MOST})"))]
    except UNREADABLE as error:
        yield Damage(f"the file cannot be read ({reason(error)})", RESTORE)
        return
    yield from _understood([line for text in said for line in text.splitlines()])
    tell("references between the tables", None)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("PRAGMA foreign_key_check")).all()
    except UNREADABLE as error:
        yield Damage(f"references between the tables cannot be followed ({reason(error)})", RESTORE)
        return
    for (table, parent), n in Counter((row[0], row[2]) for row in rows).items():
        yield Damage(f"{n:,} rows of the table {table} belong to a {parent} that is not there", RESTORE)


def _understood(lines: list[str]) -> Iterator[Damage]:
    """What ``integrity_check`` says, indexes apart from pages: those can be rebuilt."""
    lines = [line.strip() for line in lines if line.strip() not in ("ok", "") and not line.startswith("***")]
    of_index = [line for line in lines if line.lower().startswith(OF_INDEX)]
    others = [line for line in lines if line not in of_index]
    for found, what, remedy in ((others, "the file is damaged", RESTORE), (of_index, "indexes are damaged", REINDEX)):
        if found:
            more = f" and {len(found) - SHOWN} more places" if len(found) > SHOWN else ""
            yield Damage(f"{what} ({'; '.join(found[:SHOWN])}{more})", remedy)
