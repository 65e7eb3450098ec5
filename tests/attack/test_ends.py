"""Whoever ends a run ends all that it started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def test_a_terminated_run_leaves_no_process_and_no_folder(tmp_path):
    log = tmp_path / "log"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "scripts.attack", "load", "--database", "sqlite", "--latents", "256"]
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as sink:
        run = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=sink, stderr=sink)
    started = []
    try:
        ends = time.monotonic() + 120
        while len(started) < 2 and time.monotonic() < ends:  # the server and the clients
            time.sleep(0.1)
            started = psutil.Process(run.pid).children(recursive=True)
        assert len(started) == 2, log.read_text()
        assert list(scratch.glob("periscope-attack-*"))
        run.send_signal(signal.SIGTERM)
        assert run.wait(60) == 128 + signal.SIGTERM
        _, alive = psutil.wait_procs(started, timeout=10)
        assert not alive
        assert not list(scratch.glob("periscope-attack-*"))
    finally:
        for process in (*started, run):
            if isinstance(process, subprocess.Popen) or process.is_running():
                process.kill()
        run.wait()
