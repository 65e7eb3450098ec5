"""A model's chat template in a process of its own, which can be stopped: it is a program of whoever made the model.

The process (``models.running.template_program``) starts with the first chat, holds no torch and about 20 MB, and is
kept, so that a chat takes a millisecond or so. It is stopped, and started anew for the next chat, when a template
computes for longer than ``SECONDS`` or needs more memory than ``MEMORY``. Where the system does not limit the memory
of a process (macOS), time alone is limited.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import InputMismatch, Unsupported, one_line
from models.running.pace import result_of
from models.running.text_limits import most_characters

#: Of the processor, for one chat; a usual template takes some milliseconds.
SECONDS = 0.4
#: Until an answer is there, in all, since the machine may have other things to do; and at a time.
PATIENCE, SLICE = 10.0, 0.1
#: Of the process, in bytes.
MEMORY = 256 << 20
#: Characters of a template's source; published ones have some thousands.
MOST_SOURCE = 1_000_000
_PROGRAM = Path(__file__).with_name("template_program.py")
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Rendered:
    """A chat as its template writes it.

    ``ends``: where each turn ends in ``text``, ``None`` where that is unknown. ``opening``: what the template says by
    itself before the words of the first turn, (first, end), ``None`` where that is unknown.
    """

    text: str
    ends: tuple[int | None, ...]
    opening: tuple[int, int] | None = None


class TemplateProcess:
    """The chat template of one tokenizer. Safe to share between threads: one chat at a time."""

    def __init__(self, template: str, constants: Mapping[str, str], name: str) -> None:
        """Nothing is started yet.

        Args:
            template: jinja source.
            constants: names of special tokens that it may use.
            name: of the model, for errors.
        """
        self.template, self.constants, self.name = template, dict(constants), name
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._end: weakref.finalize[..., Any] | None = None

    def render(self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool, tokens: int) -> Rendered:
        """``steps`` in one go."""
        return result_of(self.steps(messages, add_generation_prompt, tokens))

    def steps(
        self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool, tokens: int
    ) -> Generator[None, None, Rendered]:
        """The chat in the template's words; yields now and then while it is waited for.

        Args:
            messages: role and content of each turn.
            add_generation_prompt: whether the beginning of an answer follows.
            tokens: that the chat may have at most; a template that writes more than these can be is stopped.

        Raises:
            InputRefused: the template refuses the chat, or takes too much.
            Unsupported: the template itself is too long.
        """
        if len(self.template) > MOST_SOURCE:
            raise Unsupported(
                f"The chat template of {self.name} has {len(self.template):,} characters; at most {MOST_SOURCE:,} are "
                "read. Send a plain text instead."
            )
        most = most_characters(tokens)
        asked = {
            "messages": list(messages),
            "add_generation_prompt": add_generation_prompt,
            "most_characters": most,
        }
        while not self._lock.acquire(timeout=SLICE):
            yield
        try:
            answer = yield from self._ask(asked)
        finally:
            self._lock.release()
        if "refused" in answer:
            why = one_line(ValueError(answer["refused"]))
            raise InputMismatch(f"The chat template of {self.name} refuses this chat: {why}.")
        if answer.get("excess") == "length":
            raise InputMismatch(
                f"The chat template of {self.name} writes more than {most:,} characters for this chat, which cannot be "
                f"within {tokens:,} tokens. Shorten the chat, or send a plain text."
            )
        if "excess" in answer:
            raise InputMismatch(
                f"The chat template of {self.name} took more than {SECONDS} s or {MEMORY >> 20} MiB for this chat and "
                "was stopped. Send a plain text instead, or correct chat_template in the model's folder."
            )
        opening = answer.get("opening")
        return Rendered(answer["text"], tuple(answer["ends"]), None if opening is None else (opening[0], opening[1]))

    def close(self) -> None:
        """End the process; the next chat starts another."""
        with self._lock:
            self._stop()

    # ---------------------------------------------------------------- with the lock held

    def _ask(self, asked: dict[str, Any]) -> Generator[None, None, dict[str, Any]]:
        answer: dict[str, Any] = {"excess": "work"}
        try:
            answer = yield from self._exchange(asked, time.monotonic() + PATIENCE)
        except (OSError, ValueError):
            pass  # it has ended, or gives no answer in time, or none that makes sense
        finally:  # also where the answer is not waited for, and would be taken for that to the next chat
            if "excess" in answer:
                self._stop()
        return answer

    def _exchange(self, asked: dict[str, Any], deadline: float) -> Generator[None, None, dict[str, Any]]:
        connection = self._socket if self._is_running() else None
        if connection is None:
            connection = self._start()
            setup = {
                "template": self.template,
                "constants": self.constants,
                "seconds": SECONDS,
                "span_seconds": SECONDS / 2,
                "memory": MEMORY,
            }
            _send(connection, setup, deadline)
        _send(connection, asked, deadline)
        # JSON writes a character as twelve at most.
        most = 12 * asked["most_characters"] + 16 * len(asked["messages"]) + 10_000
        return (yield from _receive(connection, most, deadline))

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> socket.socket:
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs:
            # Nothing of the site, of its own folder or of the environment but where jinja2 is.
            self._process = subprocess.Popen(  # noqa: S603 (this Python, our program)
                [sys.executable, "-S", "-P", "-B", str(_PROGRAM)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is for the server
            )
        self._socket = ours
        self._end = weakref.finalize(self, _end, self._process, ours)
        return ours

    def _stop(self) -> None:
        if self._end is not None:
            self._end()
        self._process = self._socket = self._end = None


def _environment() -> dict[str, str]:
    """Where jinja2 is, what time zone this is, and where this Python may find its libraries; no secrets."""
    kept = {name: os.environ[name] for name in ("TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _end(process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
    connection.close()
    process.kill()
    process.wait()


def _send(connection: socket.socket, message: dict[str, Any], deadline: float) -> None:
    body = json.dumps(message).encode()
    connection.settimeout(max(0.001, deadline - time.monotonic()))
    connection.sendall(_LENGTH.pack(len(body)) + body)


def _receive(connection: socket.socket, most: int, deadline: float) -> Generator[None, None, dict[str, Any]]:
    head = yield from _exactly(connection, _LENGTH.size, deadline)
    size = _LENGTH.unpack(head)[0]
    if size > most:
        raise ValueError("a longer answer than there can be")
    answer = json.loads((yield from _exactly(connection, size, deadline)))
    if not isinstance(answer, dict):
        raise ValueError("not an answer")
    return answer


def _exactly(connection: socket.socket, n: int, deadline: float) -> Generator[None, None, bytes]:
    parts = bytearray()
    connection.settimeout(SLICE)
    while len(parts) < n:
        try:
            part = connection.recv(min(1 << 20, n - len(parts)))
        except TimeoutError:
            if time.monotonic() > deadline:
                raise
            yield
            continue
        if not part:
            raise ConnectionResetError("the process has ended")
        parts += part
    return bytes(parts)
