"""Overload: a few clients as the reference, then more and more of them, pages and API mixed."""

import asyncio
import os
from dataclasses import dataclass

from scripts.attack.crowd import LONGEST, Manner, Plan, Tally, crowd
from scripts.attack.http_client import Connection, NoAnswerError
from scripts.attack.probes import probing
from scripts.attack.report import Report
from scripts.attack.server import Server, serving
from scripts.attack.world import World, paths

REFERENCE, REFERENCE_SECONDS, WARM_UP_SECONDS = 8, 60.0, 5.0
#: Of the throughput of the reference.
KEPT = 0.8
#: Seconds within which the first requests after the clients have left are answered.
AT_ONCE = 1.0
#: The server's memory may grow by so many bytes between the reference and the end, its descriptors by so many.
GROWTH_BYTES, GROWTH_DESCRIPTORS = 30_000_000, 16
#: Seconds in which what the clients left behind is put away.
SETTLE = 6.0


@dataclass(frozen=True)
class Load:
    """How a server is loaded."""

    seconds: float = 60.0
    clients: tuple[int, ...] = (24, 100, 400)
    manner: Manner = "polite"


def load(report: Report, world: World, plan: Load) -> None:
    """Load a server of the world and hold it against the bars."""
    report.part(f"load, {world.kind}: {', '.join(map(str, plan.clients))} {plan.manner} clients, {plan.seconds:g} s")
    with serving(world.settings, world.folder, report) as server:
        asyncio.run(_load(report, server, world, plan))
        report.check(not (found := server.troubles()), "no error in the log", found[:5])


async def _load(report: Report, server: Server, world: World, plan: Load) -> None:
    asked = paths(world.plan)
    await crowd(Plan(server.port, REFERENCE, WARM_UP_SECONDS, asked, seed=1))
    few = Plan(server.port, REFERENCE, min(plan.seconds, REFERENCE_SECONDS), asked, seed=2)
    first = await stage(report, server, few)
    await asyncio.sleep(SETTLE)
    before = server.weight()
    rates = {}
    for number, clients in enumerate(plan.clients):
        crowded = Plan(server.port, clients, plan.seconds, asked, plan.manner, 3 + number)
        rates[clients] = (await stage(report, server, crowded)).rate()
    await asyncio.sleep(SETTLE)
    after = server.weight()
    # Once more, since what else the machine does changes within minutes.
    again = await stage(report, server, few)
    reference = max((first.rate() + again.rate()) / 2, 1e-9)
    for clients, rate in rates.items():
        said = f"{clients} clients: {rate / reference:.2f} times the 200s a second of {REFERENCE} clients"
        if clients == max(rates):
            report.check(rate >= KEPT * reference, f"{said} (bar {KEPT})")
        else:
            report.figure(said)
    report.check(
        after.memory - before.memory <= GROWTH_BYTES and after.descriptors - before.descriptors <= GROWTH_DESCRIPTORS,
        f"flat: {before} after {REFERENCE} clients, {after} at the end "
        f"(bar: {GROWTH_BYTES / 1e6:.0f} MB, {GROWTH_DESCRIPTORS} descriptors more)",
    )


async def stage(report: Report, server: Server, plan: Plan, at_once: float = AT_ONCE) -> Tally:
    """One crowd with probes beside it, against the bars that hold for any crowd."""
    async with probing(server.port) as probes:
        before = server.worked()
        tally = await crowd(plan)
        work = server.worked() - before
        first = await _first_answers(server.port, plan.paths)
    name = f"{plan.clients} clients"
    counts = ", ".join(f"{len(times):,} of {status}" for status, times in sorted(tally.times.items())) or "no answer"
    report.figure(
        f"{name}, {tally.seconds:.0f} s: {counts}, {len(tally.silent)} without an answer; {tally.rate():.1f} of 200 a"
        f" second; 200: {_spread(tally.times.get(200, []))}; 503: {_spread(tally.times.get(503, []))}"
    )
    report.figure(f"beside them: {'; '.join(map(str, probes))}")
    report.figure(
        f"the server: {server.weight()}, {work / tally.seconds:.2f} of a processor, "
        f"{1000 * work / max(1, len(tally.times.get(200, ()))):.1f} ms of it for each 200; load of the machine "
        f"{os.getloadavg()[0]:.1f}"
    )
    others = sorted(set(tally.times) - {200, 503})
    is_answered = bool(tally.times.get(200)) and not tally.silent
    report.check(is_answered and not others, f"{name}: every answer is 200 or 503", tally.samples)
    report.check(not tally.unexplained, f"{name}: every 503 has Retry-After")
    report.check(
        tally.slowest <= LONGEST,
        f"{name}: nothing waited longer than {tally.slowest:.2f} s (bar {LONGEST:g} s)",
        tally.samples,
    )
    failures = [failure for probe in probes for failure in probe.failures]
    silent = [probe.path for probe in probes if not probe.times]
    report.check(not failures and not silent, f"{name}: health, metrics and static files answer 200", failures[:5])
    slow = [f"{path} took {seconds:.2f} s" if seconds else f"{path} failed" for path, seconds in first.items()]
    report.check(
        all(seconds is not None and seconds <= at_once for seconds in first.values()),
        f"{name}: answers at once when they stop ({'; '.join(slow)}; bar {at_once:g} s)",
    )
    return tally


async def _first_answers(port: int, asked: list[str]) -> dict[str, float | None]:
    """Seconds that a page and an API path took as soon as the clients have left; None without a 200."""
    page = next(path for path in asked if path.startswith("/sources/") and "/latents/" in path)
    api = next(path for path in asked if path.startswith("/api/"))
    connection = Connection(port, patience=2 * LONGEST)
    found: dict[str, float | None] = {}
    for path in ("/", page, api):
        try:
            answer = await connection.ask(path)
            found[path] = answer.seconds if answer.status == 200 else None
        except NoAnswerError:
            found[path] = None
    connection.leave()
    return found


def _spread(times: list[float]) -> str:
    if not times:
        return "none"
    ordered = sorted(times)
    at = {share: 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95)}
    return f"p50 {at[0.5]:.0f} p95 {at[0.95]:.0f} max {1000 * ordered[-1]:.0f} ms"
