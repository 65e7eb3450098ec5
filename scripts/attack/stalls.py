"""Whether this machine stood still during a run: then neither a bar that was met nor one that was missed counts."""

import threading
import time

EVERY, LONG = 0.25, 2.0


class Stalls:
    """Notices when this process, which hardly works, was not let run for seconds."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="stalls", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._ended.wait(EVERY):
            now = time.monotonic()
            if now - last > LONG:
                self.seconds.append(now - last)
            last = now

    def end(self) -> str:
        """What there was, in a sentence; empty if there was nothing."""
        self._ended.set()
        self._thread.join()
        if not self.seconds:
            return ""
        longest = max(self.seconds)
        return (
            f"This machine, or this run, stood still {len(self.seconds)} times, for up to {longest:.0f} s: "
            "figures of time are worth nothing; run it again."
        )
