"""What the engine says about a model."""

from dataclasses import dataclass

LOADING, READY, FAILED = "loading", "ready", "failed"


@dataclass(frozen=True)
class ModelState:
    """A model that is loading, ready or failed. A model that is not listed is not loaded.

    ``location`` is its folder or hub name, ``error`` a sentence for a model that failed, ``waiting`` the requests in
    the queue, ``running`` those in work, ``bytes`` what its weights and dictionaries take.
    """

    location: str
    state: str
    error: str | None
    waiting: int
    running: int
    bytes: int
    dictionaries: tuple[str, ...]  # slugs of the sources whose weights are in memory
