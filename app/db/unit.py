"""A unit of work with the database: what one thread reads or writes for one request, which may stop waiting for it.

Who stops waiting abandons the unit. Then what it waits for is interrupted, so that the thread is free again, and
nothing that it has not committed yet is written: its client has been told that it was not done.
"""

import contextlib
import os
import socket
import sqlite3
import threading
import time
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.errors import DatabaseBusy

#: The unit that the present thread works for; None outside of one, in commands for example.
CURRENT: ContextVar["Unit | None"] = ContextVar("unit", default=None)


class Unit:
    """One unit of work: when it began, whether somebody still waits for it, and the connections that it holds."""

    def __init__(self) -> None:
        self.began: float | None = None  # time.monotonic(); None: no thread has taken it yet
        self.is_abandoned = False
        self._held: list[Any] = []
        self._lock = threading.Lock()

    def begin(self) -> None:
        """A thread takes it."""
        self.began = time.monotonic()

    def abandon(self) -> None:
        """Nobody waits any more: it commits nothing, and what it waits for in the database ends."""
        with self._lock:
            self.is_abandoned = True
            for connection in self._held:
                _interrupt(connection)

    def hold(self, connection: Any) -> None:
        """The unit has taken a connection of a driver."""
        with self._lock:
            self._held.append(connection)
            if self.is_abandoned:
                _interrupt(connection)

    def let_go(self, connection: Any) -> None:
        """It has given the connection back, which may serve another unit now."""
        with self._lock, contextlib.suppress(ValueError):
            self._held.remove(connection)


def watch_connections(engine: Engine) -> None:
    """Let each unit know its connections. Before other listeners, so that what these ask can be interrupted too."""

    def hold(connection: Any, _record: object, _proxy: object) -> None:
        if unit := CURRENT.get():
            unit.hold(connection)

    def let_go(connection: Any, _record: object) -> None:
        if unit := CURRENT.get():
            unit.let_go(connection)

    sa.event.listen(engine, "checkout", hold)
    sa.event.listen(engine, "checkin", let_go)


def refuse_late_commits(sessions: sessionmaker[Session]) -> None:
    """Let no session commit for a client who was told that the work was not done."""

    def look(_session: Session) -> None:
        unit = CURRENT.get()
        if unit is not None and unit.is_abandoned:
            raise DatabaseBusy("Nobody waits for this any more, so it was not saved.")

    sa.event.listen(sessions, "before_commit", look)


def _interrupt(connection: Any) -> None:
    """End what the connection waits for, from another thread; the waiting call raises an error of the driver.

    A PostgreSQL server that is frozen or unreachable hears no request to cancel, so the socket is shut on this side.
    """
    with contextlib.suppress(Exception):  # it may have been closed just now
        if isinstance(connection, sqlite3.Connection):
            connection.interrupt()
            return
        with socket.socket(fileno=os.dup(connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
