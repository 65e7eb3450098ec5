"""A long function run one step at a time, so that other work of the model comes in between."""

import threading
from collections.abc import Callable
from typing import Any


class InSteps:
    """Runs ``function(pause)`` in a thread of its own; whenever it calls ``pause`` it waits for the next ``step``.

    The two threads take turns and never run at once. ``pause()`` says whether the function should give up.
    """

    def __init__(self, function: Callable[[Callable[[], bool]], Any]) -> None:
        self._function = function
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._is_cancelled = self._is_over = False
        self._result: Any = None
        self._error: BaseException | None = None

    def step(self) -> bool:
        """Run up to the next pause; ``False`` when the function has ended."""
        if self._is_over:
            return False
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="steps", daemon=True)
            self._thread.start()
        self._go.release()
        self._paused.acquire()
        return not self._is_over

    def result(self) -> Any:
        """What the function returned, or raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def cancel(self) -> None:
        """Tell the function to give up, and wait until it has."""
        self._is_cancelled = True
        while self._thread is not None and self.step():
            pass

    def _run(self) -> None:
        self._go.acquire()
        try:
            self._result = self._function(self._pause)
        except BaseException as error:
            self._error = error
        finally:
            self._is_over = True
            self._paused.release()

    def _pause(self) -> bool:
        if not self._is_cancelled:
            self._paused.release()
            self._go.acquire()
        return self._is_cancelled
