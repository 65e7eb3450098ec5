"""A checkpoint is whole or not there; a full disk is one sentence and keeps the one before."""

import numpy as np
import pytest

from app.builds import checkpoints
from app.builds.checkpoints import Checkpoint
from app.errors import CheckpointFailed

ARRAYS = {"a/counts": np.arange(5), "n": np.array(3)}


def test_what_is_saved_comes_back(tmp_path):
    checkpoint = Checkpoint(tmp_path, {"seed": 1})
    assert not checkpoint.exists()
    checkpoint.save(ARRAYS)
    found = checkpoint.load()
    assert found.keys() == ARRAYS.keys()
    assert (found["a/counts"] == np.arange(5)).all()


def test_another_request_has_another_place(tmp_path):
    Checkpoint(tmp_path, {"seed": 1}).save(ARRAYS)
    assert not Checkpoint(tmp_path, {"seed": 2}).exists()


def test_a_full_disk_is_one_sentence_and_keeps_the_state_before(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path, {"seed": 1})
    checkpoint.save(ARRAYS)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.np, "savez", full)
    with pytest.raises(CheckpointFailed, match=r"No space left on device.*--resume"):
        checkpoint.save({"n": np.array(9)})
    monkeypatch.undo()
    assert checkpoint.load()["n"] == 3


def test_a_damaged_checkpoint_is_one_sentence(tmp_path):
    checkpoint = Checkpoint(tmp_path, {"seed": 1})
    checkpoint.save(ARRAYS)
    (checkpoint.folder / "state.npz").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(CheckpointFailed, match="without --resume"):
        checkpoint.load()
