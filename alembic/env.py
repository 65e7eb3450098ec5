"""Runs migrations on the connection it is handed, or, from the alembic command, on the database of the
settings.
"""

from sqlalchemy import Connection

from alembic import context
from app.db.session import make_engine
from app.db.tables.base import Base
from app.settings import load_settings


def run(connection: Connection) -> None:
    # Batch mode, because SQLite alters a table only by copying it. Transactional, because app.db.session
    # opens the transaction itself on SQLite too: a migration that fails leaves nothing behind.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with make_engine(load_settings()).begin() as own:
        run(own)
