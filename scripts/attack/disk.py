"""A disk without space: people read and write labels, and builds run into it at two moments."""

import asyncio
import tempfile
import time
from pathlib import Path

from scripts.attack.builds import Job, digests, ended
from scripts.attack.database import check_labels, live_through
from scripts.attack.report import Report
from scripts.attack.server import serving
from scripts.attack.small_disk import CannotMountError, SmallDisk, small_disk
from scripts.attack.world import FEW, world

MEGABYTES = {"sqlite": 192, "postgresql": 512}
BUILD_MEGABYTES = 320
SLUGS, TOKENS, SAVE_SECONDS = ("demo-l0-mlp-1k",), 30_000, 0.2


def disk(report: Report, kinds: list[str], seconds: float) -> None:
    """Fill the disk of a database and of builds."""
    try:
        for kind in kinds:
            with small_disk(MEGABYTES[kind]) as full:
                _labels(report, kind, full, seconds)
        with small_disk(BUILD_MEGABYTES) as full:
            _builds(report, full)
    except CannotMountError as error:
        report.skip("disk", str(error))


def _labels(report: Report, kind: str, full: SmallDisk, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as elsewhere, world(kind, FEW, full.folder / "world") as made:

        async def filled() -> None:
            await asyncio.to_thread(full.fill)
            report.figure(f"{full.free()} bytes are free")
            await asyncio.sleep(seconds)
            await asyncio.to_thread(full.empty)
            if made.postgres is not None:
                # It may have ended itself where it could not write its log; its supervisor starts it again.
                await asyncio.to_thread(made.postgres.start)

        report.part(f"disk, {kind}: not a byte left for {seconds:g} s")
        with serving(made.settings, Path(elsewhere), report) as server:
            log = asyncio.run(live_through(report, server, made, filled, refusals=(503, 507)))
            report.check(not (found := server.troubles()), "no traceback in the log", found[:5])
        check_labels(report, made.address, log)


def _builds(report: Report, full: SmallDisk) -> None:
    report.part("disk: builds")
    with tempfile.TemporaryDirectory() as elsewhere:
        calm = _job(Path(elsewhere), Path(elsewhere) / "calm.log")
        report.check(ended(calm.start(False)) == 0, "a build with space ends well", [calm.said()[-300:]])
        expected = digests(calm.address, SLUGS)
        job = _job(full.folder, Path(elsewhere) / "full.log")

        full.fill()
        _judge(report, "a build that finds no space", ended(job.start(False)), job)
        full.empty()

        process = job.start(False)
        while process.poll() is None and not job.has_checkpoint():
            time.sleep(0.02)
        full.fill()
        report.check(job.has_checkpoint(), "the disk is full while a build has a checkpoint")
        _judge(report, "a build that runs out of space", ended(process), job)
        full.empty()

        status = ended(job.start(job.has_checkpoint()))
        report.check(
            status == 0 and "Going on after" in job.said(),
            "it goes on with --resume once there is space",
            [job.said()[-300:]],
        )
        is_same = status == 0 and digests(job.address, SLUGS) == expected
        report.check(is_same, "and stores the rows of an undisturbed build, byte for byte")


def _job(folder: Path, log: Path) -> Job:
    (folder / "data").mkdir()
    job = Job({"PERISCOPE_DATA_DIR": str(folder / "data")}, folder, SLUGS, TOKENS, SAVE_SECONDS, log)
    job.write_corpus()
    job.add_sources()
    return job


def _judge(report: Report, what: str, status: int | None, job: Job) -> None:
    said = job.said()
    sentence = " ".join(said[said.rfind("Error:") :].split()) if "Error:" in said else said[-300:]
    is_plain = status == 1 and "Traceback" not in said and "Unexpected" not in said and "space" in sentence
    report.check(is_plain, f"{what} ends with status 1 and a sentence", [f"status {status}"])
    report.figure(f"it says: {sentence}")
    report.check("--resume" not in sentence or job.has_checkpoint(), f"{what} offers --resume only with a checkpoint")
