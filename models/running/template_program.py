"""A program of its own, never imported: renders chat templates, which are strangers' code, where it can be stopped.

``models.running.template_process`` starts it with a socket as standard input. The first message has the template, its
constants and the limits; each further one a chat, answered by one message. A message is JSON after its length in four
bytes.

A template may use so much memory (``RLIMIT_AS``, a MemoryError) and so much of the processor's time per chat (a timer
whose signal ends the process, whatever it is doing). It can write no file, and the environment holds no secrets.

The environment is that of transformers' ``apply_chat_template``; a test holds both against each other.
"""

import json
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

_LENGTH = struct.Struct(">I")
_SOCKET = 0
#: Characters of a template's own error that are told.
_TOLD = 500


class Generation(Extension):
    """``{% generation %}``: marks what an assistant says, for training; here its body is all there is to it."""

    tags = {"generation"}  # noqa: RUF012 (as jinja declares it)

    def parse(self, parser: Parser) -> nodes.Node:
        """The block as a call that returns its body."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    @staticmethod
    def _body(caller: Macro) -> str:
        return caller()


class TemplateDict:
    """``dict`` without its attributes."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """A new dict."""
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """As ``dict.fromkeys``."""
        return dict.fromkeys(*args, **kwargs)


class TemplateNamespace(Namespace):
    """``namespace`` that takes no names beginning with an underscore."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        # A template may have an attribute ``self``.
        own, *rest = args
        attributes = dict(*rest, **kwargs)
        for name in attributes:
            _check_name(name)
        Namespace.__init__(own, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace cannot have an attribute {name[:40]!r}, which begins with an underscore")


def raise_exception(message: Any) -> None:
    """How a template refuses a chat."""
    raise TemplateError(message)


def tojson(
    x: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
) -> str:
    """JSON as it is, where jinja's own filter would escape HTML."""
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(format: str) -> str:
    """The present local time, as the template wants it."""
    return datetime.now().strftime(format)


def make_environment() -> ImmutableSandboxedEnvironment:
    """What a template can use."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals |= {
        "raise_exception": raise_exception,
        "strftime_now": strftime_now,
        "dict": TemplateDict(),
        "namespace": TemplateNamespace,
    }
    return environment


class TooLong(Exception):  # noqa: N818 (named after what happened)
    """The template wrote more than can be read."""


class Renderer:
    """One template with its constants."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.source: str = setup["template"]
        self.constants: dict[str, str] = setup["constants"]
        self.seconds: float = setup["seconds"]
        self.span_seconds: float = setup["span_seconds"]
        self.template: Template | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The rendered chat and where each turn ends in it, or why there is none."""
        signal.setitimer(signal.ITIMER_PROF, self.seconds)
        try:
            return self._rendered(asked)
        except TooLong:
            return {"excess": "length"}
        except (MemoryError, RecursionError, OverflowError):
            return {"excess": "work"}
        except Exception as error:  # a template is a program and may raise anything
            return {"refused": (str(error) or type(error).__name__)[:_TOLD]}
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _rendered(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.template is None:
            self.template = make_environment().from_string(self.source)
        messages, most = asked["messages"], asked["most_characters"]
        began = time.process_time()
        text = self._render(messages, asked["add_generation_prompt"], most)
        ends: list[int | None] = []
        before = 0
        for n in range(1, len(messages) + 1):
            # Where the turns end is worth half of the time; the rest of a long chat is looked for in the text.
            in_time = time.process_time() - began < self.span_seconds
            ends.append(self._end(messages[:n], text, before, most) if in_time else None)
            before = ends[-1] or before
        in_time = time.process_time() - began < self.span_seconds
        opening = self._opening(messages[0], text, ends[0], most) if in_time and ends and ends[0] else None
        return {"text": text, "ends": ends, "opening": opening}

    def _render(self, messages: Sequence[Any], add_generation_prompt: bool, most: int) -> str:
        parts, length = [], 0
        for part in self.template.generate(  # type: ignore[union-attr]
            messages=messages,
            tools=None,
            documents=None,
            add_generation_prompt=add_generation_prompt,
            **self.constants,
        ):
            length += len(part)
            if length > most:
                raise TooLong
            parts.append(part)
        return "".join(parts)

    def _end(self, messages: Sequence[Any], text: str, before: int, most: int) -> int | None:
        """Where the beginning of a chat ends in the whole; ``None`` if the template makes something else of it."""
        part = self._part(messages, most)
        if part and text.startswith(part):
            return len(part)
        # Some templates write a turn otherwise once others follow: what comes behind its words is looked for.
        content = messages[-1]["content"].strip()
        place = part.rfind(content) if content else -1
        if place < 0:
            return None
        rest = part[place + len(content) :]
        for form in (content + rest, content + rest.rstrip(), content):
            found = text.find(form, before)
            if found >= 0:
                end = found + len(content)
                return end + shared(text[end:], rest)
        return None

    def _opening(self, first: Any, text: str, end: int, most: int) -> tuple[int, int] | None:
        """Where the template's own words before those of the first turn begin and end.

        The same turn is rendered once more further down, where a template does not introduce itself again: what the two
        share from their end is the turn, and if something is missing from its beginning, that is before the words.
        """
        if first["role"] == "system":
            return None
        other = {"role": "assistant" if first["role"] == "user" else "user", "content": first["content"]}
        two, three = self._part([first, other], most), self._part([first, other, first], most)
        own, turn = text[:end], three[len(two) :]
        if not two or not turn or not three.startswith(two):
            return None
        same = shared(own[::-1], turn[::-1])
        if same < len(first["content"].strip()):
            return None
        marker = turn[: len(turn) - same]
        place = own.find(marker)
        begin = place + len(marker)
        return (begin, end - same) if place >= 0 and begin <= end - same else None

    def _part(self, messages: Sequence[Any], most: int) -> str:
        """A chat, or nothing if the template refuses it."""
        try:
            return self._render(messages, False, most)
        except (MemoryError, RecursionError, OverflowError):
            raise
        except Exception:  # some templates want a whole chat
            return ""


def shared(a: str, b: str) -> int:
    """Characters with which both begin."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if a[:middle] == b[:middle] else (low, middle - 1)
    return low


def receive() -> dict[str, Any] | None:
    """The next message; ``None`` when the other side has gone."""
    head = _exactly(_LENGTH.size)
    body = _exactly(_LENGTH.unpack(head)[0]) if head is not None else None
    return None if body is None else json.loads(body)


def _exactly(n: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < n:
        part = os.read(_SOCKET, min(1 << 20, n - len(parts)))
        if not part:
            return None
        parts += part
    return bytes(parts)


def send(answer: dict[str, Any]) -> None:
    """Answer."""
    body = json.dumps(answer).encode()
    data = memoryview(_LENGTH.pack(len(body)) + body)
    while data:
        data = data[os.write(_SOCKET, data) :]


def limit(memory: int) -> None:
    """Memory for this process, no files, no core; limits that a system does not know are left out."""
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue


def main() -> None:
    """Serve until the other side goes."""
    setup = receive()
    if setup is None:
        return
    limit(setup["memory"])
    renderer = Renderer(setup)
    while (asked := receive()) is not None:
        answer = renderer.answer(asked)
        try:
            send(answer)
        except MemoryError:
            send({"excess": "work"})
        if "excess" in answer:
            return  # begin anew with a clean memory


if __name__ == "__main__":
    main()
    sys.exit(0)
