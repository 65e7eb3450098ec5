"""A PostgreSQL database by its own checks, where the account may run them, else by reading every row.

``amcheck`` compares indexes with their tables and looks at every row's layout. Where it is not installed it is for the
length of one transaction, which is rolled back. With data checksums, reading a damaged page is an error.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from app.db.integrity.damage import RESTORE, UNREADABLE, Damage, Tell, reason
from app.db.tables.base import Base

INDEXES = sa.text(
    "SELECT i.relname, c.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
    "JOIN pg_class c ON c.oid = x.indrelid JOIN pg_am a ON a.oid = i.relam "
    "WHERE a.amname = 'btree' AND x.indisready AND x.indisvalid AND c.relname = ANY(:tables) "
    "AND c.relnamespace = current_schema()::regnamespace ORDER BY 1"
)


def examine_server(engine: Engine, tell: Tell) -> Iterator[Damage]:
    """Indexes and rows of every table of Periscope."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    with engine.connect() as connection:
        if _has_amcheck(connection):
            yield from _checked(connection, tables, tell)
        connection.rollback()
    yield from _read(engine, tables, tell)


def describe(engine: Engine) -> str:
    """What could be looked at, for the line that says that nothing was found."""
    with engine.connect() as connection:
        has_checksums = connection.execute(sa.text("SHOW data_checksums")).scalar_one() == "on"
        how = "amcheck" if _has_amcheck(connection) else "every row was read, amcheck is not available"
        connection.rollback()
    return f"{how}; data checksums are {'on' if has_checksums else 'off'}"


def _has_amcheck(connection: Connection) -> bool:
    """Whether it can be called; installs it in the open transaction."""
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS amcheck"))
            connection.execute(sa.text("SELECT bt_index_check('pg_class_oid_index'::regclass)"))
    except UNREADABLE:  # not on this server, or not for this account
        return False
    return True


def _checked(connection: Connection, tables: list[str], tell: Tell) -> Iterator[Damage]:
    indexes = connection.execute(INDEXES, {"tables": tables}).all()
    for place, (index, table) in enumerate(indexes):
        tell(f"the index {index}", place / (len(indexes) + len(tables)))
        try:
            with connection.begin_nested():
                connection.execute(sa.text("SELECT bt_index_check(CAST(:name AS regclass), true)"), {"name": index})
        except UNREADABLE as error:
            remedy = f"rebuild it: REINDEX INDEX {index}; if that fails, {RESTORE}"
            yield Damage(f"the index {index} of the table {table} is damaged ({reason(error)})", remedy)
    for place, table in enumerate(tables):
        tell(f"rows of {table}", (len(indexes) + place) / (len(indexes) + len(tables)))
        try:
            with connection.begin_nested():
                query = sa.text("SELECT blkno, msg FROM verify_heapam(CAST(:name AS regclass)) LIMIT 20")
                found = connection.execute(query, {"name": table}).all()
        except UNREADABLE as error:
            yield Damage(f"the table {table} cannot be checked ({reason(error)})", RESTORE)
            continue
        for block, said in found:
            yield Damage(f"block {block} of the table {table} is damaged ({said})", RESTORE)


def _read(engine: Engine, tables: list[str], tell: Tell) -> Iterator[Damage]:
    """Every value of every row, read by the server and not sent."""
    for place, table in enumerate(tables):
        tell(f"every row of {table}", place / len(tables))
        try:
            with engine.connect() as connection:
                # The name is one of this package's.
                connection.execute(sa.text(f"SELECT sum(length(t::text)) FROM {table} t")).scalar()  # noqa: S608
        except UNREADABLE as error:
            yield Damage(f"the table {table} cannot be read in full ({reason(error)})", RESTORE)
