"""Whether the server can answer: its threads, its database, and a small read of what pages show."""

import asyncio
import time

from sqlalchemy.orm import Session, sessionmaker

from app.db.queries.probe import read_a_little
from app.db.session import check_revision
from app.errors import DatabaseDamaged, Stuck
from app.web.lanes import Lanes

#: Seconds for which damage that a request met keeps the server from being ready.
REMEMBER_DAMAGE = 60


class Readiness:
    """What supervisors are told. However many ask, the database is asked by one at a time."""

    def __init__(self, lanes: Lanes, sessions: sessionmaker[Session]) -> None:
        self._lanes = lanes
        self._sessions = sessions
        self._asking: asyncio.Task[None] | None = None
        self._damage: tuple[float, str] | None = None
        self._turn = 0

    def check_alive(self) -> None:
        """Raise Stuck if threads do not come back; who restarts the process gets new ones."""
        if stuck := self._lanes.stuck():
            raise Stuck(
                f"All threads for {', '.join(stuck)} are stuck in work that should have ended; restart the server."
            )

    async def check_ready(self) -> None:
        """Raise unless the threads, the revision of the database and a small read are fine."""
        self.check_alive()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._lanes.run("health", self._look))
        await asyncio.shield(self._asking)

    def note(self, error: BaseException) -> None:
        """A request met this error; damage is remembered for a while, since a small read may miss it."""
        if isinstance(error, DatabaseDamaged):
            self._damage = (time.monotonic(), str(error))

    def _look(self) -> None:
        if self._damage is not None and time.monotonic() - self._damage[0] < REMEMBER_DAMAGE:
            raise DatabaseDamaged(self._damage[1])
        check_revision(self._sessions.kw["bind"])
        self._turn += 1
        with self._sessions() as session:
            read_a_little(session, self._turn)
