"""A budget of bytes: weights and running work take from it before they begin, and give back when they end."""

import threading


class MemoryBudget:
    """Bytes that models and their work may take together. Safe to share between threads."""

    def __init__(self, total: int | None = None) -> None:
        """``None``: not known yet; the first worker calls ``settle``."""
        self._total = total
        self._used = 0
        self._changed = threading.Condition()

    @property
    def total(self) -> int:
        """Bytes in all; 0 while not known."""
        return self._total or 0

    @property
    def used(self) -> int:
        """Bytes taken now."""
        with self._changed:
            return self._used

    @property
    def is_settled(self) -> bool:
        """Whether the total is known."""
        return self._total is not None

    def settle(self, total: int) -> None:
        """Set the total unless it is known already."""
        with self._changed:
            if self._total is None:
                self._total = total

    def take(self, n: int) -> "Reservation | None":
        """Take ``n`` bytes, or ``None`` if so many are not free now."""
        with self._changed:
            if self._used + n > self.total:
                return None
            self._used += n
        return Reservation(self, n)

    def force(self, n: int) -> "Reservation":
        """Take ``n`` bytes that are in use already, whatever the total: the books must show what is."""
        with self._changed:
            self._used += n
        return Reservation(self, n)

    def wait(self, seconds: float) -> None:
        """Sleep until something is given back, or the time is over."""
        with self._changed:
            self._changed.wait(seconds)

    def give_back(self, n: int) -> None:
        """Only for ``Reservation``."""
        with self._changed:
            self._used -= n
            self._changed.notify_all()


class Reservation:
    """Bytes taken from a budget. ``release`` may be called more than once."""

    def __init__(self, budget: MemoryBudget, n: int) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self.bytes = n

    def release(self) -> None:
        """Give the bytes back."""
        with self._lock:
            n, self.bytes = self.bytes, 0
        if n:
            self._budget.give_back(n)


def as_text(n: int) -> str:
    """Bytes as people read them."""
    return f"{n / 2**30:.1f} GiB" if n >= 2**28 else f"{n / 2**20:.0f} MiB"
