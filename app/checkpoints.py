"""The state of an unfinished build on disk, so that a killed run can go on.

A checkpoint belongs to the exact request: its folder is named by a hash of everything that the records depend on. It
is written to one side and moved into place, so a kill at any moment leaves either the old one or the new one.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STATE = "state.npz"


class Checkpoint:
    """One request's place under ``data_dir/builds``."""

    def __init__(self, data_dir: Path, identity: Mapping[str, Any]) -> None:
        text = json.dumps(identity, sort_keys=True)
        self.folder = data_dir / "builds" / hashlib.sha256(text.encode()).hexdigest()[:16]

    def exists(self) -> bool:
        """Whether there is something to go on from."""
        return (self.folder / _STATE).is_file()

    def save(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Replace the state on disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        waiting = self.folder / "writing.npz"
        np.savez(waiting, allow_pickle=False, **dict(arrays))
        waiting.replace(self.folder / _STATE)

    def load(self) -> dict[str, NDArray[Any]]:
        """The state on disk; a key with a slash comes back as it went in."""
        with np.load(self.folder / _STATE, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}

    def remove(self) -> None:
        """Forget the state."""
        shutil.rmtree(self.folder, ignore_errors=True)
