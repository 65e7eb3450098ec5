"""What Periscope writes is its owner's alone: prompts, labels and models may be confidential.

The process that starts sets its umask (``write_privately``), so that whatever it or a library makes is private from the
first moment; ``keep_private`` mends what an earlier version, or ``mkdir``, left open. PostgreSQL keeps its own files.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

#: Rights of the group and of all others.
OTHERS = stat.S_IRWXG | stat.S_IRWXO
#: What SQLite keeps beside its file.
BESIDE = ("", "-wal", "-shm", "-journal")


def write_privately() -> None:
    """From now on this process and those that it starts make files and folders that only their owner can open."""
    os.umask(OTHERS)


def make_private_folder(folder: Path) -> None:
    """Make a folder, with those above it, for its owner alone; one that is there stays as it is. Raises OSError."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)


def keep_private(data_dir: Path, database: Path | None) -> None:
    """Take the rights of others away from the data folder, the database and what builds leave, where they are ours.

    A folder that is not Periscope's alone (a home, the folder that the process works in) is left: ``opened`` names it.
    """
    for path in (*_folders(data_dir), *_database_files(database), *_build_files(data_dir)):
        # Gone meanwhile, or on a file system that knows no rights.
        with contextlib.suppress(OSError):
            if _is_open(path) and not _is_shared(path):
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)


def opened(data_dir: Path, database: Path | None) -> list[Path]:
    """Of the same, what others can still open."""
    paths = (*_folders(data_dir), *_database_files(database), *_build_files(data_dir))
    return [path for path in paths if may_others(path)]


def make_private_file(path: Path) -> None:
    """Make an empty file for its owner alone, unless there is one; a folder that takes none is for others to report."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR))
    except OSError:
        return


def _folders(data_dir: Path) -> Iterator[Path]:
    if data_dir.is_dir():
        yield data_dir


def _database_files(database: Path | None) -> Iterator[Path]:
    if database is not None:
        for ending in BESIDE:
            path = database.with_name(database.name + ending)
            if path.is_file():
                yield path


def _build_files(data_dir: Path) -> Iterator[Path]:
    """Checkpoints, answers about latents, what says that a build is being prepared, and SAEs that were trained here."""
    yield from data_dir.glob("preparing.json*")
    for name in ("builds", "explanations", "trainings", "saes"):
        folder = data_dir / name
        if folder.is_dir():
            yield folder
            yield from folder.rglob("*")


def may_others(path: Path) -> bool:
    """Whether anybody but the owner has rights to it."""
    try:
        return os.name == "posix" and not path.is_symlink() and bool(path.stat().st_mode & OTHERS)
    except OSError:  # gone meanwhile: a checkpoint is replaced while its build runs
        return False


def _is_open(path: Path) -> bool:
    return may_others(path) and path.stat().st_uid == os.geteuid()


def _is_shared(path: Path) -> bool:
    """Whether it is a folder that others have a use for."""
    if not path.is_dir():
        return False
    place, here = path.resolve(), Path.cwd()
    return bool(path.stat().st_mode & stat.S_ISVTX) or place in (Path.home(), here, *here.parents)
