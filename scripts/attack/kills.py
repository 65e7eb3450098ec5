"""Builds that are killed at random moments and started again, until what they store is held against an undisturbed one.

1. A build from beginning to end gives the rows to expect and the time it takes.
2. The same build in another database is killed at a random moment of that time, then started again: with ``--resume``
   where a checkpoint lies, else anew. One that gets to its end is compared, and the next begins anew.
3. When enough were killed and enough went on from a checkpoint, the last one may end, and is compared.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.attack.builds import LONGEST_BUILD, Job, digests, ended, leftovers
from scripts.attack.postgres import postgres
from scripts.attack.report import Report

SLUGS = ("demo-l0-mlp-1k",)
#: Tokens and seconds between checkpoints, so that a build of half a minute has several.
TOKENS, SAVE_SECONDS = 24_000, 0.2
#: Starts after which a run is given up.
MAX_STARTS = 80


@dataclass
class Record:
    """What happened so far."""

    kills: int = 0
    with_checkpoint: int = 0  # kills that left a checkpoint
    resumed: int = 0  # runs that went on from one
    completed: int = 0
    starts: int = 0
    different: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def kills(report: Report, kind: str, wanted: int = 20, wanted_resumed: int = 10, seed: int = 0) -> None:
    """Kill builds on a database of the kind."""
    report.part(f"kills, {kind}: {wanted} builds killed at random (seed {seed}), {wanted_resumed} of them to resume")
    with _job(kind, "a") as job:
        began = time.perf_counter()
        if ended(job.start(False)) != 0:
            raise SystemExit(f"The undisturbed build failed:\n{job.said()[-2000:]}")
        duration = time.perf_counter() - began
        expected = digests(job.address, job.slugs)
    report.figure(f"undisturbed: {duration:.0f} s, {len(expected)} tables' rows to compare")
    with _job(kind, "b") as job:
        record = _kill_many(report, job, expected, duration, wanted, wanted_resumed, random.Random(seed))
        left = leftovers(job.address) + [f"{path.name} is left" for path in (job.folder / "data" / "builds").glob("*")]
    report.figure(
        f"{record.starts} starts, {record.kills} killed ({record.with_checkpoint} left a checkpoint), "
        f"{record.resumed} resumed, {record.completed} came to their end"
    )
    report.check(record.kills >= wanted, f"{record.kills} builds were killed (at least {wanted})")
    report.check(record.resumed >= wanted_resumed, f"{record.resumed} went on from a checkpoint ({wanted_resumed})")
    report.check(not record.odd, "every start after a kill goes on or begins anew", record.odd[:5])
    report.check(
        record.completed > 0 and not record.different,
        f"all {record.completed} that ended stored the rows of the undisturbed build, byte for byte",
        record.different[:8],
    )
    report.check(not left, "nothing of the killed builds is left", left[:5])


@contextmanager
def _job(kind: str, name: str) -> Iterator[Job]:
    folder = Path(tempfile.mkdtemp(prefix=f"periscope-attack-{name}-"))
    (folder / "data").mkdir()
    settings = {"PERISCOPE_DATA_DIR": str(folder / "data")}
    try:
        with ExitStack() as stack:
            if kind == "postgresql":
                settings["PERISCOPE_DATABASE_URL"] = stack.enter_context(postgres(folder / "pg")).address
            job = Job(settings, folder, SLUGS, TOKENS, SAVE_SECONDS, folder / "build.log")
            job.write_corpus()
            job.add_sources()
            yield job
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kill_many(
    report: Report,
    job: Job,
    expected: dict[str, str],
    duration: float,
    wanted: int,
    wanted_resumed: int,
    rng: random.Random,
) -> Record:
    record = Record()
    while record.starts < MAX_STARTS:
        is_enough = record.kills >= wanted and record.resumed >= wanted_resumed
        record.starts += 1
        process = job.start(job.has_checkpoint())
        moment = LONGEST_BUILD if is_enough else rng.uniform(0, duration)
        status = ended(process, moment)
        said = job.said()
        how = "resumed" if "Going on after" in said else "began anew or read no corpus yet"
        report.figure(
            f"start {record.starts}: {how}, {f'killed after {moment:.0f} s' if status is None else f'status {status}'}"
        )
        record.resumed += "Going on after" in said
        if status is None:
            record.kills += 1
            record.with_checkpoint += job.has_checkpoint()
            continue
        if status != 0:
            record.odd.append(f"start {record.starts} ended with {status}: {said[-300:]}")
            break
        record.completed += 1
        found = digests(job.address, job.slugs)
        record.different += [f"start {record.starts}: {name}" for name in expected if found.get(name) != expected[name]]
        if is_enough:
            break
    return record
