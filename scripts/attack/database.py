"""A database that is locked, frozen or killed while people read and write labels."""

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from scripts.attack.builds import engine_of
from scripts.attack.crowd import LONGEST
from scripts.attack.probes import STATIC, Probe, probing
from scripts.attack.report import Report
from scripts.attack.server import Server, serving
from scripts.attack.visitors import AUTHOR, Log, Visit, visiting
from scripts.attack.world import FEW, World, paths, world

SENTENCE = re.compile(r"[A-Z][^.]{10,}\.")
FREE = ("/healthz", "/metrics", *STATIC)
Trouble = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Bars:
    """All in seconds."""

    calm: float = 3.0  # of peace before and after a trouble
    recovery: float = 5.0  # from its end until reading and writing succeed again
    at_once: float = 1.0  # for what needs no database
    longest: float = LONGEST  # for everything


@dataclass(frozen=True)
class Moments:
    """When a trouble began and ended, in seconds of ``time.perf_counter``."""

    begin: float
    end: float


BARS = Bars()


def lock_sqlite(report: Report, seconds: float, bars: Bars = BARS) -> None:
    """Another process holds the write lock of an SQLite database."""
    with world("sqlite", FEW) as made:
        name = f"write lock of another process for {seconds:g} s"
        _trouble(report, made, name, lambda: _locked(made.file, seconds), bars)


def freeze_postgres(report: Report, seconds: float, bars: Bars = BARS) -> None:
    """Every process of PostgreSQL is stopped, then goes on."""

    async def frozen() -> None:
        assert made.postgres is not None  # noqa: S101 (the world is of that kind)
        with made.postgres.frozen():
            await asyncio.sleep(seconds)

    with world("postgresql", FEW) as made:
        _trouble(report, made, f"PostgreSQL frozen for {seconds:g} s", frozen, bars)


def kill_postgres(report: Report, seconds: float, bars: Bars = BARS) -> None:
    """Every process of PostgreSQL is killed and started again a little later."""

    async def killed() -> None:
        assert made.postgres is not None  # noqa: S101 (the world is of that kind)
        await asyncio.to_thread(made.postgres.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(made.postgres.start)

    with world("postgresql", FEW) as made:
        _trouble(report, made, f"PostgreSQL killed, started again after {seconds:g} s", killed, bars)


async def _locked(file: Path, seconds: float) -> None:
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], timeout=20); c.execute('BEGIN IMMEDIATE'); "
        "print('locked', flush=True); time.sleep(float(sys.argv[2])); c.rollback()"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(file), str(seconds), stdout=asyncio.subprocess.PIPE
    )
    try:
        await holder.wait()
    finally:
        if holder.returncode is None:
            holder.kill()


def _trouble(report: Report, made: World, name: str, trouble: Trouble, bars: Bars) -> None:
    report.part(f"database, {made.kind}: {name}")
    with serving(made.settings, made.folder, report) as server:
        log = asyncio.run(live_through(report, server, made, trouble, bars))
        report.check(not (found := server.troubles()), "no traceback in the log", found[:5])
    check_labels(report, made.address, log)


async def live_through(
    report: Report,
    server: Server,
    made: World,
    trouble: Trouble,
    bars: Bars = BARS,
    refusals: tuple[int, ...] = (503,),
) -> Log:
    """Visitors and probes before, during and after a trouble; what they saw is held against the bars."""
    async with (
        probing(server.port, (*FREE, "/readyz")) as probes,
        visiting(server.port, made.plan.slug, paths(made.plan), "label") as log,
    ):
        await asyncio.sleep(bars.calm)
        begin = time.perf_counter()
        await trouble()
        moments = Moments(begin, time.perf_counter())
        await asyncio.sleep(bars.recovery + bars.calm)
    judge(report, log, probes, moments, bars, refusals)
    return log


def judge(
    report: Report, log: Log, probes: list[Probe], moments: Moments, bars: Bars, refusals: tuple[int, ...]
) -> None:
    """Hold what visitors and probes saw against the bars."""
    for is_write, name in ((False, "reads"), (True, "writes")):
        during = [visit for visit in log.between(moments.begin, moments.end) if visit.is_write == is_write]
        report.figure(f"{name} meanwhile: {counted(during)}; over all: {counted(log.visits, is_write)}")
    wrong = [visit for visit in log.visits if not (visit.is_done or visit.status in refusals)]
    allowed = " or ".join(map(str, refusals))
    told = [f"{visit.status} after {visit.seconds:.1f} s: {visit.said}" for visit in wrong[:5]]
    report.check(not wrong, f"every answer is 200, 201 or {allowed}", told)
    sentences = Counter(visit.said for visit in log.visits if visit.status in refusals)
    report.check(all(SENTENCE.search(said) for said in sentences), "every refusal says why in a sentence")
    for said, times in sentences.most_common(3):
        report.figure(f"{times} times: {said}")
    slowest = max((visit.seconds for visit in log.visits), default=0.0)
    report.check(slowest <= bars.longest, f"nobody waits longer than {slowest:.2f} s (bar {bars.longest:g} s)")
    free = [probe for probe in probes if probe.path in FREE]
    slow = max((max(probe.times, default=bars.at_once + 1) for probe in free), default=0.0)
    failures = [failure for probe in free for failure in probe.failures]
    report.check(
        slow <= bars.at_once and not failures,
        f"health, metrics and static files answer 200 all the time, within {slow:.2f} s (bar {bars.at_once:g} s)",
        failures[:5],
    )
    report.figure("; ".join(map(str, probes)))
    back = [log.first_done(moments.end, is_write) for is_write in (False, True)]
    when = ["never" if seconds is None else f"after {seconds:.2f} s" for seconds in back]
    report.check(
        all(seconds is not None and seconds <= bars.recovery for seconds in back),
        f"it recovers by itself: reads {when[0]}, writes {when[1]} (bar {bars.recovery:g} s)",
    )
    late = [visit for visit in log.visits if visit.at > moments.end + bars.recovery and not visit.is_done]
    report.check(not late, "all is well afterwards", [f"{v.status}: {v.said}" for v in late[:5]])


def check_labels(report: Report, address: str, log: Log) -> None:
    """Every label that was acknowledged is there once, none twice."""
    found = labels(address)
    lost = [text for text in log.acknowledged if text not in found]
    twice = [text for text, times in found.items() if times > 1]
    report.check(not lost, f"none of {len(log.acknowledged)} acknowledged labels is lost", lost[:5])
    report.check(not twice, f"none of {log.asked} labels is stored twice", twice[:5])
    extra = len(found) - len(log.acknowledged)
    report.figure(f"{extra} labels are stored that were answered with 503 or not at all")


def labels(address: str) -> Counter[str]:
    """How often each label of the visitors is stored."""
    engine = engine_of(address)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT text FROM explanation WHERE author = :a"), {"a": AUTHOR})
            return Counter(row[0] for row in rows)
    finally:
        engine.dispose()


def counted(visits: list[Visit], is_write: bool | None = None) -> str:
    """Statuses and how often, with the slowest."""
    chosen = [visit for visit in visits if is_write in (None, visit.is_write)]
    if not chosen:
        return "none"
    by = Counter("no answer" if visit.status is None else str(visit.status) for visit in chosen)
    slowest = max(visit.seconds for visit in chosen)
    return f"{', '.join(f'{times} of {status}' for status, times in sorted(by.items()))}, slowest {slowest:.2f} s"
