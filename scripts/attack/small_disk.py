"""A disk of a few megabytes in memory that can be filled and emptied: a tmpfs, which needs the rights of root."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 20


class CannotMountError(Exception):
    """No small disk can be had here; the text says why."""


@dataclass(frozen=True)
class SmallDisk:
    """A mounted disk."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        # Unbuffered, and ever smaller pieces: the last free page is taken as well.
        with self._ballast.open("ab", buffering=0) as file:
            for size in (BLOCK, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size):
                        pass

    def empty(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    def free(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.folder).free


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """A disk of that size, gone at the end; CannotMountError where none can be mounted."""
    if not sys.platform.startswith("linux"):
        raise CannotMountError("a disk of a few megabytes can be mounted on Linux only")
    folder = Path(tempfile.mkdtemp(prefix="periscope-disk-"))
    try:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        except OSError as error:
            raise CannotMountError(f"mount cannot be run ({os.strerror(error.errno or errno.ENOENT)})") from None
        if done.returncode:
            raise CannotMountError(
                f"a small disk cannot be mounted ({done.stderr.strip()}); as root, or: unshare --user --map-root-user "
                "--mount python -m scripts.attack disk"
            )
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, timeout=20)
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()
