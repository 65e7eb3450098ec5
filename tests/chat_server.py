"""An OpenAI-compatible endpoint on this machine for tests: answers by a rule, and is as bad as a test wants it."""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: From the messages of a request to what the model says.
Say = Callable[[Sequence[dict[str, str]]], str]
#: Does something else than answer; True: it has, False: the answer is still to come.
Fault = Callable[["Handler"], bool]


class ChatServer(ThreadingHTTPServer):
    """``requests``: (headers, body) of each call; ``faults``: what happens to the next calls, one after another, and
    ``always`` to all of them."""

    daemon_threads = True

    def __init__(self, say: Say) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.say = say
        self.requests: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.usage: Any = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}
        self.lock = threading.Lock()
        self.most_at_once = self.at_once = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: object) -> None:
        pass  # a client that left


class Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((dict(self.headers), body))
            fault = self.server.faults.pop(0) if self.server.faults else self.server.always
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        try:
            if self.path != "/v1/chat/completions":
                self.send(404, {"error": {"message": f"nothing at {self.path}"}})
            elif fault is None or not fault(self):
                self.send(200, completion(self.server.say(body["messages"]), self.server.usage))
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    def send(self, status: int, content: Any, kind: str = "application/json", **headers: str) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def completion(text: Any, usage: Any = None, finish: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}


@contextlib.contextmanager
def serving(say: Say) -> Iterator[ChatServer]:
    server = ChatServer(say)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def answers(status: int, content: Any, kind: str = "application/json", **headers: str) -> Fault:
    """Answers with this."""

    def fault(handler: Handler) -> bool:
        handler.send(status, content, kind, **headers)
        return True

    return fault


def sleeps(seconds: float) -> Fault:
    """Answers late."""

    def fault(_handler: Handler) -> bool:
        time.sleep(seconds)
        return False

    return fault


def hangs_up(handler: Handler) -> bool:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.connection.close()
    return True


def drips(handler: Handler) -> bool:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    return True


def never_ends(handler: Handler) -> bool:
    """As many bytes as are read."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(b"x" * 65536)
    return True


# ---------------------------------------------------------------- an oracle


def question_of(messages: Sequence[dict[str, str]]) -> tuple[str, str, list[str]]:
    """What is asked, ``explain``, ``detect`` or ``fuzz``; the description; the numbered texts."""
    system, user = messages[0]["content"], messages[1]["content"]
    texts = re.findall(r"^\d+\. (.*)$", user, re.MULTILINE)
    found = re.search(r"^Description: (.*)$", user, re.MULTILINE)
    if found is None:
        return "explain", "", texts
    return ("fuzz" if "<<like this>>" in system else "detect"), found.group(1), texts


def oracle(
    describe: Callable[[list[str]], str], fits: Callable[[str, str], bool], is_marked: Callable[[str, str], bool]
) -> Say:
    """Answers by the truth: what texts have in common, whether a description fits a text, or what is marked in it."""

    def say(messages: Sequence[dict[str, str]]) -> str:
        kind, description, texts = question_of(messages)
        if kind == "explain":
            return f"EXPLANATION: {describe(texts)}"
        judge = fits if kind == "detect" else is_marked
        return json.dumps([int(judge(description, text)) for text in texts])

    return say
