"""What a process that prepares sources does before any build of it is in the database: a word for the Home page.

It is a small file in the data folder. A process that died, or that said nothing for minutes, is not believed.
"""

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from app.private_files import make_private_folder

#: Loading a model on a slow disk may take this long without a word, in seconds.
PATIENCE = 300.0
SAME_START = 2.0
_FILE = "preparing.json"


@dataclass(frozen=True)
class Preparation:
    """A sentence about what goes on, or why it failed."""

    sentence: str
    has_failed: bool = False


def announce(data_dir: Path, sentence: str, has_failed: bool = False) -> None:
    """Say what this process is doing; a disk that cannot be written is no reason to stop."""
    process = {"pid": os.getpid(), "started": psutil.Process().create_time(), "said": time.time()}
    waiting = data_dir / f"{_FILE}.{os.getpid()}"
    with contextlib.suppress(OSError):
        make_private_folder(data_dir)
        waiting.write_text(json.dumps(asdict(Preparation(sentence, has_failed)) | process), encoding="utf-8")
        waiting.replace(data_dir / _FILE)


def withdraw(data_dir: Path) -> None:
    """Nothing is being prepared any more."""
    with contextlib.suppress(OSError):
        (data_dir / _FILE).unlink()


def announced(data_dir: Path) -> Preparation | None:
    """What a process said, if it can still be doing it; a failure stays until something else is said."""
    try:
        found = json.loads((data_dir / _FILE).read_text(encoding="utf-8"))
        said = Preparation(str(found["sentence"]), bool(found["has_failed"]))
        is_recent = time.time() - float(found["said"]) < PATIENCE
        return said if said.has_failed or (is_recent and _lives(int(found["pid"]), float(found["started"]))) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lives(pid: int, started: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - started) <= SAME_START
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False
