"""The connections of one server: how many there may be, and which of them are too slow."""

import asyncio
import logging
import time
from collections import Counter
from typing import Protocol

from app.web.addresses import Proxies
from app.web.limits import ClientLimits

log = logging.getLogger("periscope.web")

#: Seconds between two words in the log that places ran out; a flood must not fill the disk.
SAY_EVERY = 60


class Guest(Protocol):
    """A connection."""

    def look(self, now: float, is_crowded: bool) -> None:
        """End if the client is too slow. ``now``: seconds of the clock of ``Guests``."""

    def drop(self) -> None:
        """End at once."""


class Guests:
    """Counts connections, and looks at each of them now and then. Used by the event loop alone.

    Of the spare places the newest has the first claim: who asks about the server's health is answered at once, and who
    only holds a place loses it to the next.
    """

    def __init__(self, limits: ClientLimits, proxies: Proxies) -> None:
        self.limits = limits
        self._proxies = proxies
        self._seated: dict[Guest, str] = {}  # connection -> address
        self._spare: dict[Guest, str] = {}  # the same, the oldest first
        self._of_address: Counter[str] = Counter()
        self._due: float | None = None  # when all connections are looked at next
        self._lost = 0.0  # seconds in which this process did not get on
        self._said = -float(SAY_EVERY)

    def admit(self, guest: Guest, address: str) -> bool:
        """Take in a connection; False: in one of the spare places."""
        if self._due is None:
            self._look_later()
        if self._has_room(address):
            self._seat(guest, address)
            return True
        self._spare[guest] = address
        if len(self._spare) > self.limits.spare:
            oldest = next(iter(self._spare))
            del self._spare[oldest]
            oldest.drop()
        return False

    def move_up(self, guest: Guest) -> bool:
        """Give a connection in a spare place another one, if one has become free."""
        address = self._spare.get(guest)
        if address is None or not self._has_room(address):
            return False
        del self._spare[guest]
        self._seat(guest, address)
        return True

    def refuse(self, address: str) -> None:
        """Say in the log that a request was refused for want of a place."""
        now = time.monotonic()
        if now - self._said >= SAY_EVERY:
            self._said = now
            held, own = len(self._seated), self._of_address[address]
            log.warning("%d connections are open, %d of them from %s: more are answered with 503.", held, own, address)

    def leave(self, guest: Guest) -> None:
        """The connection is gone."""
        self._spare.pop(guest, None)
        address = self._seated.pop(guest, None)
        if address is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def _seat(self, guest: Guest, address: str) -> None:
        self._seated[guest] = address
        self._of_address[address] += 1

    def _has_room(self, address: str) -> bool:
        return len(self._seated) < self.limits.connections and not self._has_all(address, self.limits.per_address)

    def _has_all(self, address: str, places: int) -> bool:
        """Whether an address has this number of places; a trusted proxy speaks for many clients and counts them."""
        return self._of_address[address] >= places and address not in self._proxies

    def now(self) -> float:
        """Seconds that clients had: a server that was stopped or busy with itself does not blame them for it."""
        return asyncio.get_running_loop().time() - self._lost

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + self.limits.look
        loop.call_at(self._due, self._look)

    def _look(self) -> None:
        late = asyncio.get_running_loop().time() - (self._due or 0)
        if late > self.limits.look:
            self._lost += late
        now = self.now()
        is_full = len(self._seated) >= _nearly(self.limits.connections)
        crowded = {a for a in self._of_address if is_full or self._has_all(a, _nearly(self.limits.per_address))}
        looks = [(guest, address in crowded) for guest, address in self._seated.items()]
        for guest, is_crowded in (*looks, *((guest, True) for guest in self._spare)):
            try:
                guest.look(now, is_crowded)
            except Exception:
                # Whatever is wrong with one connection, the others are looked at.
                log.exception("A connection cannot be looked at and is closed")
                guest.drop()
        self._due = None
        if self._seated or self._spare:
            self._look_later()


def _nearly(places: int) -> int:
    return places - places // 8
