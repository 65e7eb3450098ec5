"""Is the database whole? Its own checks, then the sense of what it holds; ``periscope doctor --deep``.

Nothing is written. A server may go on meanwhile.
"""

from collections.abc import Iterator

from sqlalchemy import Engine

from app.db.integrity.contents import examine_contents
from app.db.integrity.damage import Damage, Tell
from app.db.integrity.postgres import describe, examine_server
from app.db.integrity.sqlite import examine_file
from app.db.session import check_revision
from app.errors import DatabaseError

__all__ = ["Damage", "Tell", "describe_checks", "examine"]


def examine(engine: Engine, tell: Tell) -> Iterator[Damage]:
    """Everything that is found wrong, as it is found; ``tell`` hears what is being looked at."""
    yield from (examine_file if engine.dialect.name == "sqlite" else examine_server)(engine, tell)
    try:
        check_revision(engine)
    except DatabaseError as error:
        what = f"what it holds was not looked at ({str(error).rstrip('.')})"
        yield Damage(what, "see what is said about the database")
        return
    yield from examine_contents(engine, tell)


def describe_checks(engine: Engine) -> str:
    """How the database was looked at."""
    if engine.dialect.name == "sqlite":
        return "integrity_check, references and every row that a page shows"
    return f"{describe(engine)}; and every row that a page shows"
