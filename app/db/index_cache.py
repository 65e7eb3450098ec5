"""Keeps what was made from a build in memory, within bounds; one per application, shared by its threads."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from app.memory import trim_heap

#: Bytes kept; a source of a million latents needs about 80 million, one of 24,576 about 2 million.
LIMIT = 128 * 2**20
#: Under these names sessions carry the cache of their application, and what it knows of sources.
INFO, SOURCES = "index_cache", "shown_sources"


class Sized(Protocol):
    """What can be kept."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""


T = TypeVar("T", bound=Sized)


class IndexCache:
    """The things used last, as many as fit into ``limit`` bytes; what was just asked for always stays."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under the key; made on the first request, by one thread while others wait for it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept: T = self._kept[key]
                return kept
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    again: T = self._kept[key]
                    return again
            made = make()
            trim_heap()
            with self._lock:
                self._kept[key] = made
                self._making.pop(key, None)
                self._shrink()
            return made

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        return sum(item.nbytes for item in self._kept.values())

    def _shrink(self) -> None:
        total = self.nbytes
        while total > self.limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            total -= oldest.nbytes


def shown_sources(session: Session) -> dict[Hashable, Any]:
    """What ``queries.shown_source`` keeps for the session's application; a session that has none gets one."""
    kept: dict[Hashable, Any] = session.info.setdefault(SOURCES, {})
    return kept


def cache_of(session: Session) -> IndexCache:
    """The cache of the session's application; a session that has none gets one of its own."""
    cache: IndexCache = session.info.setdefault(INFO, IndexCache())
    return cache
