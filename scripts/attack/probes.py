"""Clients that look at the server while it is attacked: each path at a slow, steady rate on a connection of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from scripts.attack.http_client import Connection, NoAnswerError

HEALTH = ("/healthz", "/readyz", "/metrics")
STATIC = ("/static/css/base.css", "/static/js/plots.js")
EVERY, PATIENCE = 0.5, 10.0


@dataclass
class Probe:
    """What a path answered: seconds of each 200, and in words what else there was."""

    path: str
    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.times:
            return f"{self.path} never"
        ordered = sorted(self.times)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        return f"{self.path} p95 {1000 * p95:.0f} max {1000 * ordered[-1]:.0f} ms"


@contextlib.asynccontextmanager
async def probing(port: int, paths: tuple[str, ...] = HEALTH + STATIC) -> AsyncIterator[list[Probe]]:
    """Probes that ask until the block ends; a request on its way then is waited for."""
    stop = asyncio.Event()
    probes = [Probe(path) for path in paths]
    tasks = [asyncio.create_task(_ask_on(port, probe, stop)) for probe in probes]
    try:
        yield probes
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def _ask_on(port: int, probe: Probe, stop: asyncio.Event) -> None:
    connection = Connection(port, PATIENCE)
    while not stop.is_set():
        try:
            answer = await connection.ask(probe.path)
            if answer.status == 200:
                probe.times.append(answer.seconds)
            else:
                probe.failures.append(f"{probe.path} answered {answer.status}: {answer.body[:150].decode()}")
        except NoAnswerError as error:
            probe.failures.append(f"{probe.path} did not answer: {error}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)
    connection.leave()
