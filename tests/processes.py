"""Periscope as a process of its own, for tests of what only a process has."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = "from app.cli import main; main()"
#: Seconds in which a server must answer, and end once it is told to.
PATIENCE = 240


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def get(url: str) -> bytes:
    """The body at an address of this machine, past any proxy."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20) as answer:
        body: bytes = answer.read()
        return body


@contextlib.contextmanager
def running_server(
    arguments: Sequence[str], port: int, *, cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """``periscope ARGUMENTS`` in a folder, once it answers at the port; terminated at the end if it still runs."""
    environment = dict(env) if env is not None else {**os.environ, "PYTHONPATH": str(ROOT)}
    with (cwd / "server.log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, *arguments], cwd=cwd, env=environment, stdout=log, stderr=log, text=True
        )
        try:
            _wait_for_answer(process, port, cwd / "server.log")
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()


def _wait_for_answer(process: subprocess.Popen[str], port: int, log: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError):
            get(f"http://127.0.0.1:{port}/healthz")
            return
        time.sleep(0.1)
    raise AssertionError(f"the server does not answer: {log.read_text()}")
