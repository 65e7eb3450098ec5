"""Whether the application can answer."""

from sqlalchemy.engine import Engine

from app.db.session import check_revision


def check_ready(engine: Engine) -> None:
    """Raise a DatabaseError with its remedy unless the database answers and is at this version's revision."""
    check_revision(engine)
