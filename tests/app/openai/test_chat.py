"""``/v1/chat/completions`` by the official client, and streams of both endpoints."""

import asyncio
import json
import re
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from tests.app.openai.support import CHAT, MIX, MODEL, PROMPT, Service, as_openai, sampled, service, world
from tests.app.web.support import wait_until

__all__ = ["service", "world"]


def test_an_answer_is_the_steered_text_of_steer(service: Service) -> None:
    body = sampled(service, messages=CHAT)
    steered = service.steered(**body)
    found = service.client().chat.completions.create(**as_openai(body))
    [choice] = found.choices
    assert (choice.message.role, choice.message.content) == ("assistant", steered["steered"]["text"])
    assert found.usage is not None
    assert found.usage.prompt_tokens == len(steered["prompt_tokens"])
    assert found.object == "chat.completion"


def test_an_answer_can_be_sent_back(service: Service) -> None:
    client = service.client()
    first = client.chat.completions.create(model=MODEL, messages=CHAT, max_tokens=4, temperature=0).choices[0].message
    assert first.content
    more = [*CHAT, first.model_dump(), {"role": "user", "content": "a bird"}]
    found = client.chat.completions.create(model=MODEL, messages=more, max_tokens=4, temperature=0)
    by_hand = [*CHAT, {"role": "assistant", "content": first.content}, {"role": "user", "content": "a bird"}]
    steered = service.steered(model=MODEL, messages=by_hand, max_new_tokens=4, temperature=0)
    assert found.choices[0].message.content == steered["steered"]["text"]


def test_a_developer_is_the_system_and_parts_are_lines(service: Service) -> None:
    client = service.client()
    plain = client.chat.completions.create(model=MODEL, messages=CHAT, max_tokens=6, temperature=0)
    parts: list[Any] = [{"role": "developer", "content": "a bird sang"}, {"role": "user", "content": "the cat"}]
    assert _said(client, parts) == plain.choices[0].message.content
    lines: list[Any] = [{"role": "user", "content": "the cat\nsat"}]
    split: list[Any] = [{"role": "user", "content": [{"type": "text", "text": t} for t in ("the cat", "sat")]}]
    assert _said(client, split) == _said(client, lines)


def _said(client: openai.OpenAI, messages: list[Any]) -> str | None:
    found = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=6, temperature=0)
    return found.choices[0].message.content


def test_log_probs_of_an_answer_are_those_of_steer(service: Service) -> None:
    body = sampled(service, messages=CHAT)
    steered = service.steered(**body, alternatives=2)["steered"]
    found = service.client().chat.completions.create(**as_openai(body), logprobs=True, top_logprobs=2).choices[0]
    assert found.logprobs is not None
    content = found.logprobs.content
    assert content is not None
    n = len(steered["tokens"]) - (steered["finish"] == "eos")
    assert [token.logprob for token in content] == pytest.approx(steered["logprobs"][:n], abs=1e-4)
    # What is no character has its byte in angle brackets in a text.
    shown = re.sub(r"⟨[0-9A-F]{2}⟩", "\ufffd", steered["text"])
    assert b"".join(bytes(token.bytes or ()) for token in content).decode(errors="replace") == shown
    for token, wanted in zip(content, steered["alternatives"], strict=False):
        assert [top.logprob for top in token.top_logprobs] == pytest.approx([t["logprob"] for t in wanted], abs=1e-4)
    plain = service.client().chat.completions.create(**as_openai(body)).choices[0]
    assert plain.logprobs is None


def test_options_that_ask_for_nothing_are_taken(service: Service) -> None:
    body: dict[str, Any] = {"model": MODEL, "messages": CHAT, "max_tokens": 6, "temperature": 0}
    plain = service.client().chat.completions.create(**body)
    for more in (
        {"user": "me"}, {"metadata": {"run": "1"}}, {"store": False}, {"n": 1}, {"presence_penalty": 0},
        {"logit_bias": {}},
        {"response_format": {"type": "text"}}, {"tools": []}, {"tool_choice": "none"}, {"parallel_tool_calls": False},
        {"service_tier": "auto"}, {"stream": False}, {"modalities": ["text"]}, {"safety_identifier": "x"},
        {"prompt_cache_key": "x"}, {"stop": None}, {"seed": None}, {"logprobs": False}, {"stop": []},
        {"max_completion_tokens": 6}, {"extra_body": {"periscope": None}}, {"extra_body": {"periscope": {}}},
    ):  # fmt: skip
        found = service.client().chat.completions.create(**body | more)
        assert found.choices[0].message.content == plain.choices[0].message.content, more


# -------------------------------------------------------------------- streams


@pytest.mark.parametrize("stop", [None, "s", ["th", "he c"]])
@pytest.mark.parametrize("n", [1, 3])
def test_a_stream_of_a_chat_gains_the_answer(service: Service, n: int, stop: Any) -> None:
    body = as_openai(sampled(service, messages=CHAT, max_new_tokens=30)) | {"n": n, "stop": stop}
    whole = service.client().chat.completions.create(**body, logprobs=True, top_logprobs=1)
    options = {"include_usage": True}
    chunks = list(service.client().chat.completions.create(
        **body, stream=True, stream_options=options, logprobs=True, top_logprobs=1
    ))  # fmt: skip
    assert len({chunk.id for chunk in chunks}) == 1
    *told, last = chunks
    assert last.choices == []
    assert last.usage == whole.usage
    assert all(chunk.usage is None and len(chunk.choices) == 1 for chunk in told)
    for choice in whole.choices:
        mine = [chunk.choices[0] for chunk in told if chunk.choices[0].index == choice.index]
        assert mine[0].delta.role == "assistant"
        assert "".join(piece.delta.content or "" for piece in mine) == choice.message.content
        assert [piece.finish_reason for piece in mine] == [None] * (len(mine) - 1) + [choice.finish_reason]
        tokens = [token for piece in mine if piece.logprobs for token in piece.logprobs.content or ()]
        assert choice.logprobs is not None
        assert [token.token for token in tokens] == [token.token for token in choice.logprobs.content or ()]
    if n == 1 and stop is None:
        assert len(told) > 5  # it comes as it is written


def test_a_stream_of_texts_gains_them_with_their_prompts_and_log_probs(service: Service) -> None:
    body = as_openai(sampled(service, prompt=PROMPT)) | {"prompt": [PROMPT, "a bird"], "echo": True, "logprobs": 2}
    whole = service.client().completions.create(**body)
    chunks = list(service.client().completions.create(**body, stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    for choice in whole.choices:
        mine = [chunk.choices[0] for chunk in chunks if chunk.choices[0].index == choice.index]
        assert "".join(piece.text for piece in mine) == choice.text
        for name in ("tokens", "token_logprobs", "text_offset"):
            lists = [getattr(piece.logprobs, name) for piece in mine if piece.logprobs]
            wanted = getattr(choice.logprobs, name)
            joined = [item for items in lists for item in items]
            assert joined == (pytest.approx(wanted, abs=1e-4) if name == "token_logprobs" else wanted)


def test_a_stream_ends_with_done_and_has_no_names(service: Service) -> None:
    body = {"model": MODEL, "prompt": PROMPT, "max_tokens": 3, "stream": True, "temperature": 0}
    answer = service.post("/v1/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    blocks = answer.text.split("\n\n")
    assert blocks.pop() == ""
    assert blocks.pop() == "data: [DONE]"
    assert all(block.startswith("data: {") and "\n" not in block for block in blocks)
    assert json.loads(blocks[0].removeprefix("data: "))["object"] == "text_completion"


def test_the_asynchronous_client_is_served_as_well(service: Service) -> None:
    body = as_openai(sampled(service, messages=CHAT))

    async def ask() -> tuple[list[str | None], str]:
        async with service.asynchronous() as client:
            many = await asyncio.gather(*(client.chat.completions.create(**body | {"seed": n}) for n in range(5)))
            stream = await client.chat.completions.create(**body | {"seed": 2}, stream=True)
            told = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return [answer.choices[0].message.content for answer in many], "".join(told)

    together, told = asyncio.run(ask())
    client = service.client()
    alone = [client.chat.completions.create(**body | {"seed": n}).choices[0].message.content for n in range(5)]
    assert together == alone
    assert told == alone[2]


# -------------------------------------------------------------------- leaving


@pytest.mark.parametrize("stream", [True, False])
def test_who_leaves_in_the_middle_ends_the_work(
    service: Service, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    from models.running.generate import TextBatch

    begun, may_go_on = threading.Event(), threading.Event()
    written: list[int] = []
    whole = TextBatch.write

    def slow(self: TextBatch) -> Any:
        found = whole(self)
        written.append(len(found))
        if len(written) == 3:
            begun.set()
            may_go_on.wait(60)
        return found

    monkeypatch.setattr(TextBatch, "write", slow)
    body = {"model": f"{MODEL}:{MIX}", "messages": CHAT, "max_tokens": 45, "n": 4, "stream": stream, "stop": ["never"]}

    request = threading.Thread(target=_leaving, args=(service.url, body, begun))
    request.start()
    assert begun.wait(60)
    request.join(60)
    may_go_on.set()
    models = service.app.state.models
    wait_until(lambda: all(not state.running and not state.waiting for state in models.states()))
    assert len(written) < 40
    assert service.client().completions.create(model=MODEL, prompt=PROMPT, max_tokens=2).choices  # the server goes on


def _leaving(url: str, body: dict[str, Any], begun: threading.Event) -> None:
    """Ask, and close the connection once the work has begun."""
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as opened:
        opened.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + data)
        begun.wait(60)
