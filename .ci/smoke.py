"""Tries the Periscope that is installed beside the Python that runs this, in an empty folder: commands, pages, files.

With --models also what needs torch. Standard library only. Ends with status 1 at the first thing that is wrong.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PERISCOPE = str(Path(sys.executable).with_name("periscope"))
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("PERISCOPE_", "PYTHONPATH"))
} | {"HF_HUB_OFFLINE": "1"}
MODEL = "from models.demo.bundle import LANGUAGE_MODEL, SOURCES; print(LANGUAGE_MODEL, SOURCES[0].folder, sep='\\n')"


def run(*arguments: str, folder: Path) -> str:
    """A command of Periscope that must succeed."""
    command = [PERISCOPE, *arguments]
    given = {"cwd": folder, "env": ENVIRONMENT, "capture_output": True, "text": True}
    done = subprocess.run(command, **given, timeout=300, check=False)
    if done.returncode:
        sys.exit(f"periscope {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def get(url: str) -> bytes:
    """What is at an address of this machine."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20) as answer:
        return bytes(answer.read())


def look_at_pages(folder: Path) -> int:
    """Serve, and fetch the Home page with all its files; gives their number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([PERISCOPE, "serve", "--port", str(port)], cwd=folder, env=ENVIRONMENT)
    try:
        ends = time.monotonic() + 120
        while time.monotonic() < ends and server.poll() is None:
            with contextlib.suppress(OSError):
                page = get(f"http://127.0.0.1:{port}/").decode()
                break
            time.sleep(0.2)
        else:
            sys.exit("periscope serve does not answer")
        paths = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
        if not any("/vendor/htmx" in path for path in paths) or not all(
            get(f"http://127.0.0.1:{port}{path}") for path in paths
        ):
            sys.exit(f"the page lacks files; it names {sorted(paths)}")
        return len(paths)
    finally:
        server.terminate()
        server.wait(30)


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("db", "upgrade", folder=folder)
        run("sources", "list", folder=folder)
        if "--models" in sys.argv:
            run("doctor", folder=folder)
            make_model = [sys.executable, "-c", MODEL]
            asked = subprocess.run(make_model, cwd=folder, capture_output=True, text=True, check=True)
            run("sources", "add", *asked.stdout.split("\n")[:2], "--slug", "mine", folder=folder)
            run("build", "mine", "--corpus", "demo", "--tokens", "4096", "--no-output-scores", folder=folder)
        print(f"Commands work, and the page has its {look_at_pages(folder)} files.")


main()
