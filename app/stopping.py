"""How long work is stopped from outside: at once, or at the next point where its state is whole."""

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopSignal:
    """Ctrl-C and SIGTERM as KeyboardInterrupt, but not in the middle of a batch, whose statistics would be half done.

    Outside of :meth:`held` the signal interrupts at once; inside, ``pending`` becomes true, a second one interrupts.
    """

    def __init__(self) -> None:
        self.pending = False
        self._holding = False
        self._is_listening = False

    def _receive(self, _signal: int, _frame: FrameType | None) -> None:
        if not self._holding or self.pending:
            raise KeyboardInterrupt
        self.pending = True

    def interrupt(self) -> None:
        """Stop from another thread, as Ctrl-C would: at once, or at the next point where the state is whole.

        Where signals cannot be received (the work is not in the main thread) only ``pending`` is set.
        """
        if self._is_listening:
            _thread.interrupt_main()
        else:
            self.pending = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive the two signals; outside the main thread, where that is not possible, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._receive) for number in (signal.SIGTERM, signal.SIGINT)}
        self._is_listening = True
        try:
            yield
        finally:
            self._is_listening = False
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Signals wait for the end of the block, which asks ``pending`` where it can stop."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
