"""The state of an unfinished build on disk, so that a killed run can go on.

A checkpoint belongs to the exact request: its folder is named by a hash of everything that the records depend on. It
is written to one side and moved into place, so a kill at any moment leaves either the old one or the new one.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import CheckpointFailed
from app.private_files import make_private_folder

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
            raise CheckpointFailed(
                f"The state of the build cannot be written to {self.folder} ({error.strerror or error}); free space "
                "there, then start the same command with --resume."
            ) from None

    def load(self, part: str = STATE) -> dict[str, NDArray[Any]]:
        """A part on disk; a key with a slash comes back as it went in."""
        try:
            # Opened here, since numpy leaves its own open when the archive turns out to be broken.
            with self._file(part).open("rb") as file, np.load(file, allow_pickle=False) as found:
                return {name: found[name] for name in found.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise CheckpointFailed(
                f"The checkpoint in {self.folder} cannot be read ({error}); start again without --resume."
            ) from None

    def forget(self, part: str) -> None:
        """Remove one part."""
        self._file(part).unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, part: str) -> Path:
        return self.folder / f"{part}.npz"
