"""Slow and silent clients: each kind is closed in time, and all others are served meanwhile."""

import asyncio
import resource
import socket
import time

from scripts.attack.crowd import LONGEST, Plan, Tally, crowd
from scripts.attack.probes import probing
from scripts.attack.report import Report
from scripts.attack.server import Server, serving
from scripts.attack.slow_clients import BODY, KINDS, Kind, Slow, connections, held_by, open_slow
from scripts.attack.world import FEW, World, paths, world

#: Clients who leave in each way.
EACH = 25
POLITE, AT_ONCE = 8, 1.0
#: More than one address may have.
FLOOD, FLOOD_SECONDS = 1200, 8.0
#: Seconds for making answers that nobody reads.
MADE_SECONDS = 15.0
#: Descriptors of the server that may be left over.
SPARE = 16


def slow(report: Report) -> None:
    """Slow clients of every kind, a flood of connections, and clients who leave."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
    with world("sqlite", FEW) as made, serving(made.settings, made.folder, report) as server:
        before = server.weight()
        asyncio.run(_slow(report, server, made))
        asyncio.run(_flood(report, server, made))
        _leave(report, server)
        time.sleep(3)
        after = server.weight()
        report.check(after.descriptors <= before.descriptors + SPARE, f"no descriptors are lost: {before}, {after}")
        report.check(not (found := server.troubles()), "no traceback in the log", found[:5])


def unread(made: World) -> Kind:
    """A client who asks for more than fits into the buffers on the way, and reads nothing."""
    path = f"/exports/sources/{made.plan.slug}/latents.json"
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n\r\n".encode()
    # The answers that fit into the buffers are made before one waits.
    return Kind("never reads", asked * 40, BODY + MADE_SECONDS, reads=False, number=3)


async def _slow(report: Report, server: Server, made: World) -> None:
    kinds = (*KINDS, unread(made))
    report.part(f"slow: {len(kinds)} kinds of slow connections, {POLITE} polite clients beside them")
    lots = [open_slow(server, kind, f"127.0.1.{number + 1}") for number, kind in enumerate(kinds)]
    seconds = max(kind.limit for kind in kinds) + 6
    plan = Plan(server.port, POLITE, seconds, paths(made.plan))
    try:
        async with probing(server.port) as probes:
            work = asyncio.create_task(crowd(plan))
            while not work.done():
                held = await asyncio.to_thread(held_by, server)
                for lot in lots:
                    lot.look(held)
                    lot.drip()
                await asyncio.wait({work}, timeout=1)
    finally:
        for lot in lots:
            lot.leave()
    for lot in lots:
        _judge(report, lot)
    served(report, "the polite clients", await work)
    failures = [failure for probe in probes for failure in probe.failures]
    report.check(not failures, "health, metrics and static files answer 200", failures[:5])
    report.figure("; ".join(map(str, probes)))


def _judge(report: Report, lot: Slow) -> None:
    last = max(lot.closed, default=0.0)
    report.check(
        not lot.sockets and last <= lot.kind.limit,
        f"{lot.kind.name}: all {lot.kind.number} closed after {last:.0f} s at the latest (bar {lot.kind.limit:g} s)",
        [f"{len(lot.sockets)} are still open"],
    )


async def _flood(report: Report, server: Server, made: World) -> None:
    report.part(f"slow: {FLOOD} silent connections from one address, {POLITE} polite clients from another")
    opened: list[socket.socket] = []
    try:
        for client in connections(server.port, FLOOD, "127.0.2.1"):
            opened.append(client)
        async with probing(server.port) as probes:
            tally = await crowd(Plan(server.port, POLITE, FLOOD_SECONDS, paths(made.plan)))
        report.figure(f"the server has {len(held_by(server))} connections then, {server.weight()}")
        served(report, "the polite clients", tally)
        report.check(not any(probe.failures for probe in probes), "health, metrics and static files answer 200")
        report.figure("; ".join(map(str, probes)))
    finally:
        for client in opened:
            client.close()


def _leave(report: Report, server: Server) -> None:
    """Clients who go away in the middle of a head, of a body and of an answer."""
    report.part("slow: clients who leave in the middle")
    before = len(server.log.read_text(errors="replace"))
    bodies = (KINDS[1].begin, KINDS[3].begin, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", KINDS[5].begin)
    for body in bodies:
        for client in connections(server.port, EACH, "127.0.3.1"):
            client.send(body)
            time.sleep(0.01)
            # A reset instead of a farewell, for every other one.
            if client.fileno() % 2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
    time.sleep(1)
    said = server.log.read_text(errors="replace")[before:]
    report.check("Traceback" not in said and "ERROR" not in said, "none of them is an error in the log", [said[-500:]])


def served(report: Report, who: str, tally: Tally) -> None:
    """Clients who were answered with 200 only, and soon."""
    others = {status: len(times) for status, times in tally.times.items() if status != 200}
    ok = len(tally.times.get(200, ()))
    report.check(
        ok > 0 and not others and not tally.silent and tally.slowest <= LONGEST,
        f"{who} got {ok} answers of 200, the slowest after {tally.slowest:.2f} s (bar {LONGEST:g} s)",
        [*(f"{n} of {status}" for status, n in others.items()), *tally.samples],
    )
