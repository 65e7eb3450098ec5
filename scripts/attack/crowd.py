"""Many clients that ask again and again, in a process of their own: ``crowd(Plan)``, or this file with a plan on stdin.

Polite clients wait as long as a 503 asks, and a little longer each by chance; rude ones ask again at once. At the end
all leave in the middle of what they do. Imports nothing but the standard library and the client.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from scripts.attack.http_client import Connection, NoAnswerError

Manner = Literal["polite", "rude"]
MANNERS: tuple[str, ...] = get_args(Manner)
#: No answer may take longer, in seconds; a client that has waited longer when the crowd leaves had none.
LONGEST = 5.0
SAMPLES = 5


@dataclass(frozen=True)
class Plan:
    """What a crowd does: ``clients`` for ``seconds``, each taking its paths from ``paths`` in an order of its own."""

    port: int
    clients: int
    seconds: float
    paths: list[str]
    manner: Manner = "polite"
    seed: int = 0


@dataclass
class Tally:
    """What the crowd got. ``times``: status -> seconds of each answer."""

    seconds: float = 0.0
    times: dict[int, list[float]] = field(default_factory=dict)
    silent: list[float] = field(default_factory=list)  # seconds that requests waited which had no answer
    unexplained: int = 0  # 503 without Retry-After
    samples: list[str] = field(default_factory=list)  # some of what must not happen, in words

    def note(self, sentence: str) -> None:
        """Keep it if there are few so far."""
        if len(self.samples) < SAMPLES:
            self.samples.append(sentence)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer, or of the longest wait for none."""
        return max((max(times) for times in (*self.times.values(), self.silent) if times), default=0.0)

    def rate(self, status: int = 200) -> float:
        """Answers of the status a second."""
        return len(self.times.get(status, ())) / max(self.seconds, 1e-9)


class _Client:
    def __init__(self, plan: Plan, number: int, tally: Tally) -> None:
        self.plan, self.tally = plan, tally
        self.rng = random.Random(f"{plan.seed} {number}")
        self.connection = Connection(plan.port)
        self.asked_at: float | None = None  # while it waits for an answer

    async def run(self) -> None:
        await asyncio.sleep(self.rng.random() * min(1.0, self.plan.seconds / 10))
        place = self.rng.randrange(len(self.plan.paths))
        while True:
            place = (place + 1) % len(self.plan.paths)
            await self._ask(self.plan.paths[place])

    async def _ask(self, path: str) -> None:
        tally = self.tally
        self.asked_at = asked_at = time.perf_counter()
        try:
            answer = await self.connection.ask(path)
        except NoAnswerError as error:
            tally.silent.append(time.perf_counter() - asked_at)
            tally.note(f"{path}: no answer, {error}")
            await asyncio.sleep(0.1)  # a server that refuses connections is not asked in a tight loop
            return
        finally:
            self.asked_at = None
        tally.times.setdefault(answer.status, []).append(answer.seconds)
        if answer.status not in (200, 503):
            tally.note(f"{path}: {answer.status}, {answer.body[:200].decode(errors='replace')}")
        if answer.seconds > LONGEST:
            tally.note(f"{path}: {answer.status} after {answer.seconds:.1f} s")
        if answer.status == 503:
            wait = answer.retry_after
            if wait is None:
                tally.unexplained += 1
                tally.note(f"{path}: 503 without Retry-After")
            if self.plan.manner == "polite":
                await asyncio.sleep((wait or 1.0) * (1 + self.rng.random() / 2))


async def run(plan: Plan) -> Tally:
    """Ask for ``plan.seconds``, then leave."""
    tally = Tally()
    clients = [_Client(plan, number, tally) for number in range(plan.clients)]
    started = time.perf_counter()
    tasks = [asyncio.create_task(client.run()) for client in clients]
    await asyncio.wait(tasks, timeout=plan.seconds, return_when=asyncio.FIRST_EXCEPTION)
    ended = time.perf_counter()
    tally.seconds = ended - started
    waiting = [ended - client.asked_at for client in clients if client.asked_at is not None]
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    for client in clients:
        client.connection.leave()
    late = [seconds for seconds in waiting if seconds > LONGEST]
    tally.silent += late
    if late:
        tally.note(f"{len(late)} still waited at the end, the longest for {max(late):.1f} s")
    return tally


async def crowd(plan: Plan) -> Tally:
    """The same in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scripts.attack.crowd", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await process.communicate(json.dumps(asdict(plan)).encode())
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"The clients ended with status {process.returncode}.")
    found = json.loads(out)
    found["times"] = {int(status): times for status, times in found["times"].items()}
    return Tally(**found)


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(run(Plan(**json.load(sys.stdin))))), sys.stdout)
