"""Notices an event loop that is blocked: then /healthz does not answer, and the log says where the loop is."""

import asyncio
import faulthandler
import logging
import threading
import time

log = logging.getLogger("periscope.web")
#: Seconds between two ticks, and without one until the log says so.
EVERY, BLOCKED_AFTER = 0.5, 5.0
STDERR = 2


class Watchdog:
    """A thread that watches the ticks of an event loop."""

    def __init__(self) -> None:
        self._ticked = time.monotonic()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    async def tick(self) -> None:
        """Tick until cancelled; a task of the loop that is watched."""
        while True:
            self._ticked = time.monotonic()
            await asyncio.sleep(EVERY)

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()

    def _watch(self) -> None:
        said = False
        while not self._closed.wait(EVERY):
            silent = time.monotonic() - self._ticked
            if silent < BLOCKED_AFTER:
                said = False
            elif not said:
                said = True
                log.critical("The event loop has been blocked for %.0f seconds; no request is answered.", silent)
                faulthandler.dump_traceback(STDERR)
