"""A few readers and writers who stay while something happens to the database, and what each of them was told."""

import asyncio
import contextlib
import html
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from scripts.attack.http_client import Answer, Connection, NoAnswerError

READERS, WRITERS, PAUSE = 6, 3, 0.1
AUTHOR = "attack"


@dataclass(frozen=True)
class Visit:
    """One request: when it was asked (``time.perf_counter``), what came back and how long that took."""

    at: float
    is_write: bool
    status: int | None  # None: no answer
    seconds: float
    said: str = ""  # what an answer other than success said, or why there was none

    @property
    def is_done(self) -> bool:
        """Whether it got what it asked for."""
        return self.status in (200, 201)


@dataclass
class Log:
    """All visits, and the texts of the labels that the server said it stored."""

    visits: list[Visit] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    asked: int = 0  # labels

    def between(self, begin: float, end: float) -> list[Visit]:
        """The visits that were on their way at some moment between the two."""
        return [visit for visit in self.visits if visit.at <= end and visit.at + visit.seconds >= begin]

    def first_done(self, after: float, is_write: bool) -> float | None:
        """Seconds from a moment to the first success of a visit that began later."""
        ends = [v.at + v.seconds - after for v in self.visits if v.at >= after and v.is_write == is_write and v.is_done]
        return min(ends, default=None)


@contextlib.asynccontextmanager
async def visiting(port: int, slug: str, paths: list[str], tag: str) -> AsyncIterator[Log]:
    """Visitors until the block ends; their labels are ``tag`` and a number, each asked for once."""
    log, stop = Log(), asyncio.Event()
    readers = [_read(port, paths[place::READERS], log, stop) for place in range(READERS)]
    writers = [_write(port, slug, f"{tag} {place}", log, stop) for place in range(WRITERS)]
    tasks = [asyncio.create_task(work) for work in (*readers, *writers)]
    try:
        yield log
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def _read(port: int, paths: list[str], log: Log, stop: asyncio.Event) -> None:
    connection = Connection(port)
    place = 0
    while not stop.is_set():
        place = (place + 1) % len(paths)
        await _visit(connection, log, paths[place])
        await _pause(stop)
    connection.leave()


async def _write(port: int, slug: str, tag: str, log: Log, stop: asyncio.Event) -> None:
    connection = Connection(port)
    number = 0
    while not stop.is_set():
        number += 1
        text = f"{tag} {number}"
        log.asked += 1
        visit = await _visit(connection, log, f"/api/v1/sources/{slug}/latents/{number % 100}/explanations", text)
        if visit.is_done:
            log.acknowledged.append(text)
        await _pause(stop)
    connection.leave()


async def _visit(connection: Connection, log: Log, path: str, label: str = "") -> Visit:
    at = time.perf_counter()
    body = json.dumps({"text": label, "author": AUTHOR}).encode() if label else b""
    try:
        answer = await connection.ask(path, "POST" if label else "GET", body)
        said = "" if answer.status in (200, 201) else sentence(answer)
        visit = Visit(at, bool(label), answer.status, answer.seconds, said)
    except NoAnswerError as error:
        visit = Visit(at, bool(label), None, time.perf_counter() - at, str(error))
    log.visits.append(visit)
    return visit


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), PAUSE)


def sentence(answer: Answer) -> str:
    """What an answer of an error tells a person; empty where it tells nothing."""
    text = answer.body.decode(errors="replace")
    if "json" in answer.headers.get("content-type", ""):
        found = json.loads(text)
        return str(found.get("detail", "")) if isinstance(found, dict) else ""
    # A page says it in its main part, a panel is nothing else.
    main = (text.partition('<main id="main"')[2].partition(">")[2] or text).partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())[-300:]
