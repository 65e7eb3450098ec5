"""What a run has been answered so far, on disk, so that nothing is paid for twice.

A file in the data folder, named by a hash of everything that the questions depend on; a line per answer, written
through to the disk, and a line per latent whose label is stored. A kill at any moment loses the line being written. The
key of an answer is a hash of its question; questions and keys of endpoints are not kept.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from app.errors import CheckpointFailed, Conflict
from app.explain.answers import Answer
from app.private_files import make_private_folder

FOLDER = "explanations"


def question_key(url: str, model: str, messages: Sequence[Mapping[str, str]], max_tokens: int) -> str:
    """What no other question to no other model has."""
    asked = [url, model, [[message["role"], message["content"]] for message in messages], max_tokens]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


class Journal:
    """The answers of one run. Use ``opened``."""

    def __init__(self, data_dir: Path, identity: Mapping[str, Any]) -> None:
        text = json.dumps(identity, sort_keys=True)
        self.path = data_dir / FOLDER / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl"
        self.answers: dict[str, Answer] = {}
        self.done: set[int] = set()
        self._file: IO[bytes] | None = None

    @contextmanager
    def opened(self) -> Iterator["Journal"]:
        """The journal with what it holds, for this process alone.

        Raises:
            Conflict: another process does the same work now.
            CheckpointFailed: it cannot be read or written.
        """
        try:
            make_private_folder(self.path.parent)
            if self.path.exists() and not self.path.is_file():
                raise OSError(errno.EINVAL, "it is no file")
            with self.path.open("a+b") as file:
                self._lock(file)
                self._read(file)
                self._file = file
                yield self
        except OSError as error:
            raise self._failed(error) from None
        finally:
            self._file = None

    def add(self, key: str, answer: Answer) -> None:
        """Keep an answer."""
        self.answers[key] = answer
        self._write({"key": key, "text": answer.text, "tokens": answer.tokens, "is_cut": answer.is_cut})

    def mark_done(self, index: int) -> None:
        """The label of this latent is stored."""
        self.done.add(index)
        self._write({"done": index})

    def forget(self) -> None:
        """Remove the file: the run is complete."""
        with suppress(OSError):
            self.path.unlink()

    def _lock(self, file: IO[bytes]) -> None:
        try:
            import fcntl
        except ImportError:  # no such locks on Windows
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict("Another process explains the same latents now; wait for it or stop it.") from None

    def _read(self, file: IO[bytes]) -> None:
        file.seek(0)
        is_whole = True
        for line in file:
            is_whole = line.endswith(b"\n")
            # The last line may be half there, and no line is worth failing for: its question is asked again.
            with suppress(ValueError, TypeError, KeyError, RecursionError):
                found = json.loads(line)
                if "done" in found:
                    self.done.add(int(found["done"]))
                else:
                    answer = Answer(str(found["text"]), int(found["tokens"]), bool(found["is_cut"]))
                    self.answers[str(found["key"])] = answer
        if not is_whole:
            file.write(b"\n")

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> CheckpointFailed:
        return CheckpointFailed(
            f"Answers cannot be kept in {self.path} ({error.strerror or error}), so nothing more is asked; free space "
            "there and start the same command again."
        )
