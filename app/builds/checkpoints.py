"""The state of an unfinished build on disk, so that a killed run can go on.

A checkpoint belongs to the exact request: its folder is named by a hash of everything that the records depend on. It
is written to one side and moved into place, so a kill at any moment leaves either the old one or the new one.
"""

import hashlib
import json
import math
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from app.errors import CheckpointFailed
from app.private_files import make_private_folder
from models.errors import one_line
from models.loading.files import open_file

#: The parts of a checkpoint: the pass over the corpus, and the output scores that come after it.
STATE, SCORES = "state", "scores"


class Checkpoint:
    """One request's place under ``data_dir/builds``; each part is a file of its own."""

    def __init__(self, data_dir: Path, identity: Mapping[str, Any]) -> None:
        text = json.dumps(identity, sort_keys=True)
        self.folder = data_dir / "builds" / hashlib.sha256(text.encode()).hexdigest()[:16]

    def exists(self, part: str = STATE) -> bool:
        """Whether there is something to go on from."""
        return self._file(part).is_file()

    def save(self, arrays: Mapping[str, NDArray[Any]], part: str = STATE) -> None:
        """Replace a part on disk; CheckpointFailed leaves the one before in place."""
        waiting = self.folder / "writing.npz"
        try:
            make_private_folder(self.folder)
            np.savez(waiting, allow_pickle=False, **dict(arrays))
            waiting.replace(self._file(part))
        except OSError as error:
            waiting.unlink(missing_ok=True)
            then = (
                "then start the same command with --resume, which goes on from the state before"
                if self.exists()
                else "then start the same command again; nothing of it was kept yet"
            )
            raise CheckpointFailed(
                f"The state of the build cannot be written to {self.folder} ({error.strerror or error}); free space "
                f"there, {then}."
            ) from None

    def load(self, part: str = STATE) -> dict[str, NDArray[Any]]:
        """A part on disk; a key with a slash comes back as it went in."""
        try:
            with open_file(self._file(part)) as file, zipfile.ZipFile(file) as archive:
                return dict(_arrays(archive))
        except Exception as error:  # a damaged archive fails in a dozen ways
            raise self.unusable(error) from None

    def unusable(self, error: BaseException) -> CheckpointFailed:
        """What to say of a state that is there and cannot be gone on from."""
        return CheckpointFailed(
            f"The checkpoint in {self.folder} cannot be read ({one_line(error)}); start again without --resume."
        )

    def forget(self, part: str) -> None:
        """Remove one part."""
        self._file(part).unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, part: str) -> Path:
        return self.folder / f"{part}.npz"


def _arrays(archive: zipfile.ZipFile) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of an archive as numpy writes it: none is larger than its part of the file, whatever it claims."""
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if member.compress_type != zipfile.ZIP_STORED or name == member.filename:
            raise ValueError(f"{one_line(ValueError(name), 80)} is not a part of a checkpoint")
        with archive.open(member) as file:
            _require_size(name, file, member.file_size)
        with archive.open(member) as file:
            yield name, np.lib.format.read_array(file, allow_pickle=False)


def _require_size(name: str, file: IO[bytes], size: int) -> None:
    """Raise ValueError unless the array that a header describes is as long as the bytes behind it."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(f"{one_line(ValueError(name), 80)} is not what it says it is")
