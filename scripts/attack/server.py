"""A real ``periscope serve`` of this checkout as a process of its own, on a free port of the loopback interface."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.attack.report import Report

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS, STOP_SECONDS = 60, 15


@dataclass(frozen=True)
class Weight:
    """What a server's processes hold: bytes of memory, open descriptors."""

    memory: int
    descriptors: int

    def __str__(self) -> str:
        return f"{self.memory / 1e6:.0f} MB, {self.descriptors} descriptors"


@dataclass(frozen=True)
class Server:
    """A running server; its log is what it wrote to both streams."""

    port: int
    process: psutil.Process
    log: Path

    def weight(self) -> Weight:
        """Memory and descriptors now."""
        processes = [self.process, *self.process.children(recursive=True)]
        return Weight(sum(p.memory_info().rss for p in processes), sum(p.num_fds() for p in processes))

    def worked(self) -> float:
        """Seconds of processor time so far; what else runs on the machine hardly changes what an answer takes of it."""
        times = self.process.cpu_times()
        return times.user + times.system

    def troubles(self) -> list[str]:
        """Lines of the log that tell of what nobody foresaw: a traceback, or an error in a route."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line[:200] for line in lines if line.startswith(("Traceback", "ERROR:")) or "Error in" in line]


def periscope(*arguments: str) -> list[str]:
    """The command line for ``periscope`` of this checkout with this Python."""
    return [sys.executable, "-c", "from app.cli import main; main()", *arguments]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PERISCOPE_")}
    path = os.pathsep.join(filter(None, (str(REPOSITORY), own.get("PYTHONPATH"))))
    return own | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": path} | dict(settings)


@contextlib.contextmanager
def serving(settings: Mapping[str, str], folder: Path, report: Report | None = None) -> Iterator[Server]:
    """A server that is ready; told to stop at the end, which is checked in the report, and killed if it does not."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"server-{port}.log"
    command = periscope("serve", "--port", str(port))
    given = environment({"PERISCOPE_LOG_LEVEL": "warning", **settings})
    with log.open("wb") as sink:
        process = subprocess.Popen(command, env=given, cwd=folder, stdout=sink, stderr=sink)
    try:
        _await_ready(process, port, log)
        yield Server(port, psutil.Process(process.pid), log)
    finally:
        process.terminate()
        try:
            status: int | None = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            status = None
            process.kill()
            process.wait()
        if report is not None:
            said = "did not" if status is None else f"status {status}"
            report.check(status == 0, f"the server stops when told, with status 0 ({said})")


def _await_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        # The address is this machine's own.
        with (
            contextlib.suppress(OSError, urllib.error.URLError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"The server did not start:\n{log.read_text(errors='replace')[-2000:]}")
