"""The files of one training under ``data_dir/trainings``: its prompts, its state, and how far it is.

The folder is named by a hash of everything that the SAEs depend on: ``--resume`` finds exactly the same request.
A state is written to one side and moved into place: a kill at any moment leaves the one before or the new one. One
process at a time works in it (a lock that ends with the process).
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from app.errors import CheckpointFailed, Conflict
from app.private_files import make_private_folder
from models.errors import one_line

#: Where trainings are kept in the data folder, and what tells of one.
PLACE, PROGRESS = "trainings", "progress.json"
_WRITING, _STATE = "writing", "state-"


class TrainingFolder:
    """One request's place; see above."""

    def __init__(self, data_dir: Path, identity: Mapping[str, Any]) -> None:
        text = json.dumps(identity, sort_keys=True)
        self.name = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.path = data_dir.absolute() / PLACE / self.name
        self._told = ""

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The folder for this process alone; Conflict if another one has it."""
        with _written_to(self.path):
            make_private_folder(self.path)
            lock = (self.path / "lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict(
                    "This training is running already, in another process; wait for it, or stop it first."
                ) from None
            yield

    @property
    def prompts(self) -> Path:
        """The file of token ids."""
        return self.path / "prompts.i32"

    def state(self) -> Path | None:
        """The last whole state; None if there is none."""
        found = [path for path in self.path.glob(f"{_STATE}*") if path.name[len(_STATE) :].isdigit()]
        return max(found, key=lambda path: int(path.name[len(_STATE) :]), default=None)

    def clear(self) -> None:
        """Forget prompts and states of an earlier run."""
        for path in self.path.glob("*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != "lock":
                path.unlink(missing_ok=True)

    def save(self, number: int, write: Callable[[Path], None]) -> None:
        """Replace the state by what ``write`` puts into an empty folder; CheckpointFailed leaves the one before."""
        waiting, place = self.path / _WRITING, self.path / f"{_STATE}{number}"
        with _written_to(self.path):
            shutil.rmtree(waiting, ignore_errors=True)
            waiting.mkdir()
            write(waiting)
            for path in waiting.rglob("*"):
                if path.is_file():
                    _settle(path)
            if place.exists():  # nothing was done since
                shutil.rmtree(waiting)
                return
            waiting.rename(place)
        for other in self.path.glob(f"{_STATE}*"):
            if other != place:
                shutil.rmtree(other, ignore_errors=True)

    def writing(self) -> AbstractContextManager[None]:
        """What fails to be written in the block is said of this folder (CheckpointFailed)."""
        return _written_to(self.path)

    def unusable(self, what: str, error: BaseException) -> CheckpointFailed:
        """What to say of a state that is there and cannot be gone on from."""
        return CheckpointFailed(
            f"The {what} of the training in {self.path} cannot be read ({one_line(error)}); start again without "
            "--resume."
        )

    def tell(self, news: Mapping[str, Any]) -> None:
        """Write how far the training is, for pages; a disk that is full is not what ends a training."""
        waiting = self.path / f"{PROGRESS}.part"
        try:
            waiting.write_text(json.dumps(news))
            waiting.replace(self.path / PROGRESS)
        except OSError:
            waiting.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def _written_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CheckpointFailed(
            f"The state of the training cannot be written to {folder} ({error.strerror or error}); free space there, "
            "then start the same command with --resume."
        ) from None


def _settle(path: Path) -> None:
    """A file that was written is on the disk before its folder gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def publish(write: Callable[[Path], None], folder: Path) -> None:
    """Make a folder that is there whole or not at all; what was there under its name is replaced. Raises OSError."""
    waiting = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.parent.mkdir(parents=True, exist_ok=True)
    waiting.mkdir()
    write(waiting)
    shutil.rmtree(folder, ignore_errors=True)
    waiting.rename(folder)
