"""Many rows at once, as fast as each database takes them, and deletes in bounded pieces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.session import is_sqlite, translated
from app.db.tables.base import Base
from app.db.tables.builds import BuildColumn, Example, Latent, LatentDetail, LatentsOfToken, Prompt
from app.db.tables.search import SearchPosting, SearchWord

#: Latents or prompts deleted in one transaction, so that others can write in between.
DELETE_STEP = 512


#: What a build writes, each with the key that it is deleted by.
_KEYS: dict[type[Base], Any] = {
    BuildColumn: BuildColumn.part,
    LatentsOfToken: LatentsOfToken.token_id,
    SearchWord: SearchWord.word_id,
    SearchPosting: SearchPosting.word_id,
    Example: Example.latent_index,
    LatentDetail: LatentDetail.latent_index,
    Latent: Latent.latent_index,
    Prompt: Prompt.prompt_index,
}


@contextmanager
def rolled_back_on_error(session: Session) -> Iterator[None]:
    """Undo what was not committed when anything goes wrong, the stop of the process by the user included."""
    try:
        yield
    except BaseException:
        session.rollback()
        raise


def insert_rows(session: Session, table: type[Base], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of plain Python values, JSON already as text; no commit.

    SQLite: one prepared statement handed to the driver. PostgreSQL: COPY.
    """
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    connection = session.connection()
    if is_sqlite(session):
        marks = ", ".join("?" * len(columns))
        # Names come from this package, values go as parameters.
        statement = f"INSERT INTO {table.__tablename__} ({names}) VALUES ({marks})"  # noqa: S608
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return
    import psycopg  # ten megabytes that a process on SQLite never needs

    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor().copy(f"COPY {table.__tablename__} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        # COPY goes past SQLAlchemy, and so past the translation that the engine does.
        raise translated(error) or error from error


def delete_build_rows(session: Session, build_id: int) -> None:
    """Delete what a build wrote, in bounded pieces, each committed by itself; the build's own row stays."""
    delete_rows(session, build_id, tuple(_KEYS))


def delete_rows(session: Session, build_id: int, tables: Sequence[type[Base]]) -> None:
    """Delete what a build wrote into some tables, in the same way."""
    for table in tables:
        _delete_by_key(session, table, _KEYS[table], build_id)


def _delete_by_key(session: Session, table: Any, key: Any, build_id: int) -> None:
    while True:
        first = session.scalar(sa.select(sa.func.min(key)).where(table.build_id == build_id))
        if first is None:
            session.commit()
            return
        session.execute(
            sa.delete(table)
            .where(table.build_id == build_id, key >= first, key < first + DELETE_STEP)
            .execution_options(synchronize_session=False)
        )
        session.commit()
