"""Bytes of a database overwritten while a server runs on it, as a failing disk or a careless copy leaves them."""

import asyncio
import contextlib
import hashlib
import random
import sqlite3
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from scripts.attack.builds import command, engine_of
from scripts.attack.crowd import LONGEST
from scripts.attack.http_client import Connection, NoAnswerError
from scripts.attack.postgres import Postgres
from scripts.attack.probes import STATIC, probing
from scripts.attack.report import Report
from scripts.attack.server import Server, serving
from scripts.attack.visitors import sentence
from scripts.attack.world import FEW, World, world

#: One page in so many is overwritten, as in 40 of 4,612.
ONE_IN = 115
PAGE = {"sqlite": 4096, "postgresql": 8192}
#: Tables of PostgreSQL that pages of the application read.
TABLES = ("latent", "latent_detail", "example", "prompt", "build_column")
#: Seconds until readiness says so, with nobody asking for anything, and after somebody met the damage.
UNASKED, ASKED = 60.0, 5.0
LATENTS = 400


@dataclass
class Answers:
    """What latents answered: statuses, digests of the bodies of 200, and sentences."""

    statuses: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, str] = field(default_factory=dict)
    sentences: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


def damage(report: Report, kind: str, seed: int = 0) -> None:
    """Damage a database of the kind, and see who notices."""
    report.part(f"damage, {kind}: one page in {ONE_IN} overwritten (seed {seed})")
    with world(kind, FEW) as made:
        with serving(made.settings, made.folder, report) as server:
            asyncio.run(_damage(report, server, made, random.Random(seed)))
            report.check(not (found := server.troubles()), "no traceback in the log", found[:5])
        _doctor(report, made)


async def _damage(report: Report, server: Server, made: World, rng: random.Random) -> None:
    asked = [path for i in range(LATENTS) for path in _of_latent(made, i * made.plan.d_sae // LATENTS)]
    before = await _ask_all(server.port, asked)
    report.check(set(before.statuses) == {"200"}, f"before: {dict(before.statuses)}")
    report.figure(overwrite(made, rng))
    async with probing(server.port, ("/healthz", "/metrics", *STATIC)) as probes:
        report.figure(f"readiness, asked every second by nobody else: {await _until_unready(server.port, UNASKED)}")
        after = await _ask_all(server.port, asked)
        told = await _until_unready(server.port, ASKED)
    others = {status: n for status, n in after.statuses.items() if status not in ("200", "503")}
    report.check(not others, f"latents and pages answer 200 or 503: {dict(after.statuses)}", list(others))
    report.check("503" in after.statuses, "some of them met the damage")
    report.check(all(" " in said for said in after.sentences), "every 503 says why in a sentence")
    for said, times in after.sentences.most_common(3):
        report.figure(f"{times} times: {said}")
    report.check(after.slowest <= LONGEST, f"the slowest answer took {after.slowest:.2f} s (bar {LONGEST:g} s)")
    report.check(told.startswith("503"), f"readiness says so once somebody met it: {told}")
    failures = [failure for probe in probes for failure in probe.failures]
    report.check(not failures, "/healthz, metrics and static files answer 200", failures[:5])
    changed = sum(before.bodies.get(path) != body for path, body in after.bodies.items())
    report.figure(f"{changed} of {len(after.bodies)} answers of 200 differ from those before the damage")


def _of_latent(made: World, index: int) -> tuple[str, str]:
    page = f"/sources/{made.plan.slug}/latents/{index}"
    return page, f"/api/v1{page}"


async def _ask_all(port: int, asked: list[str]) -> Answers:
    answers, connection = Answers(), Connection(port)
    for path in asked:
        try:
            answer = await connection.ask(path)
        except NoAnswerError as error:
            answers.statuses[f"no answer to {path}: {error}"] += 1
            continue
        answers.statuses[str(answer.status)] += 1
        answers.slowest = max(answers.slowest, answer.seconds)
        if answer.status == 200:
            answers.bodies[path] = hashlib.sha256(answer.body).hexdigest()
        else:
            answers.sentences[sentence(answer)] += 1
    connection.leave()
    return answers


async def _until_unready(port: int, seconds: float) -> str:
    connection, began = Connection(port), time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            answer = await connection.ask("/readyz")
        except NoAnswerError as error:
            return f"no answer, {error}"
        if answer.status != 200:
            return f"{answer.status} after {time.monotonic() - began:.0f} s: {sentence(answer)}"
        await asyncio.sleep(1)
    connection.leave()
    return f"ready for {seconds:g} s"


def overwrite(made: World, rng: random.Random) -> str:
    """Write chance into pages of the database's files; what was done, in words."""
    if made.postgres is None:
        with contextlib.closing(sqlite3.connect(made.file)) as log:
            log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        spoilt = _spoil(made.file, PAGE[made.kind], rng, spare=8)
        return f"{spoilt} of {made.file.stat().st_size // PAGE[made.kind]} pages"
    files = _files(made.address, made.postgres)
    made.postgres.stop()
    spoilt = sum(_spoil(file, PAGE[made.kind], rng) for file in files)
    made.postgres.start()
    return f"{spoilt} pages of {len(files)} tables"


def _files(address: str, server: Postgres) -> list[Path]:
    """The files of the tables that pages read, and of what PostgreSQL stores apart of them."""
    asked = (
        "SELECT DISTINCT pg_relation_filepath(stored) FROM pg_class, LATERAL (VALUES (oid), (NULLIF(reltoastrelid, 0)))"
        " AS parts (stored) WHERE relname = ANY(:names) AND stored IS NOT NULL"
    )
    engine = engine_of(address)
    try:
        with engine.connect() as connection:
            found = connection.execute(sa.text(asked), {"names": list(TABLES)}).scalars()
            return [file for name in sorted(found) if (file := server.data / name).stat().st_size]
    finally:
        engine.dispose()


def _spoil(file: Path, page: int, rng: random.Random, spare: int = 0) -> int:
    """Overwrite one page in ``ONE_IN``, but at least one, after the first ``spare``; gives how many."""
    pages = range(spare, file.stat().st_size // page)
    chosen = rng.sample(pages, min(len(pages), max(1, len(pages) // ONE_IN)))
    with file.open("r+b") as opened:
        for number in chosen:
            opened.seek(number * page)
            opened.write(rng.randbytes(page))
    return len(chosen)


def _doctor(report: Report, made: World) -> None:
    deep = ["--deep"] if "--deep" in command(made.settings, "doctor", "--help").stdout else []
    began = time.monotonic()
    try:
        done = command(made.settings, "doctor", *deep)
    except subprocess.TimeoutExpired as error:
        report.check(False, f"periscope doctor {' '.join(deep)} finds it", [f"no word after {error.timeout:.0f} s"])
        return
    lines = [line.strip() for line in done.stdout.splitlines() if "damage" in line or "FAIL" in line]
    report.check(
        done.returncode == 1 and any("damage" in line for line in lines),
        f"periscope doctor {' '.join(deep)} finds it, in {time.monotonic() - began:.0f} s",
        [f"status {done.returncode}", *lines[:5]],
    )
    for line in lines[:3]:
        report.figure(line)
