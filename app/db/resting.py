"""PostgreSQL connections that rested in the pool: which ones the server has closed meanwhile, without asking it.

Asking (``pool_pre_ping``) costs each request a question of its own. A server that closes a connection, because it stops
or someone ends it there, says so on the socket, and that can be looked at here.
"""

import select
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

#: Seconds at rest after which the server is asked all the same: a firewall forgets connections without a word.
ASK_AFTER = 60
RESTED = "rested_since"


def watch_resting(engine: Engine) -> None:
    """Never hand out a connection that was closed at rest; the pool replaces it, and all others that are as old."""

    def rest(_connection: Any, record: Any) -> None:
        record.info[RESTED] = time.monotonic()

    def look(connection: Any, record: Any, _proxy: object) -> None:
        since = record.info.get(RESTED)
        if since is None:  # it is new
            return
        try:
            is_good = not _has_news(connection)
            if is_good and time.monotonic() - since > ASK_AFTER:
                is_good = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            is_good = False
        if not is_good:
            raise sa.exc.InvalidatePoolError

    sa.event.listen(engine, "checkin", rest)
    sa.event.listen(engine, "checkout", look)


def _has_news(connection: Any) -> bool:
    """Whether the server sent something unasked, which is the end of the connection, or else does no harm to drop."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
