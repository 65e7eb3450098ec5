"""An endpoint that is slow, broken, busy, chatty or none at all: asked again where that helps, left where not."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from app.errors import InvalidRequest
from app.explain.answers import retry_after
from app.explain.budget import Budget, tokens_of
from app.explain.client import ChatClient
from app.explain.endpoint import COMMON_KEY, find_key, make_endpoint
from app.explain.errors import BudgetSpent, EndpointDown, EndpointUnusable
from app.explain.request import Patience
from tests.chat_server import answers, completion, drips, hangs_up, never_ends, serving, sleeps
from tests.processes import free_port

QUESTION = [{"role": "user", "content": "Does it fit?"}]
KEY = "sk-secret-0123456789"
QUICK = Patience(timeout=0.5, retries=2, parallel=4, first_pause=0.02)


@pytest.fixture
def server():
    with serving(lambda _: "fine") as running:
        yield running


def endpoint(url, key=""):
    return make_endpoint(url, "a-model", SecretStr(key), "PERISCOPE_EXPLAIN_KEY" if key else "")


def ask(url, *, budget=None, patience=QUICK, times=1, key=""):
    """The answers to some questions that are asked together, and the client."""

    async def run():
        async with ChatClient(endpoint(url, key), budget or Budget(1_000_000), patience) as client:
            return await asyncio.gather(*(client.ask(QUESTION, 50) for _ in range(times))), client

    return asyncio.run(run())


def test_a_question_is_asked_as_the_protocol_has_it(server) -> None:
    (answer,), _ = ask(server.url, key=KEY)
    assert (answer.text, answer.tokens, answer.is_cut) == ("fine", 100, False)
    ((headers, body),) = server.requests
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "a-model",
        "messages": QUESTION,
        "stream": False,
        "temperature": 0,
        "max_tokens": 50,
    }


def test_without_a_key_none_is_sent(server) -> None:
    ask(server.url)
    assert "Authorization" not in server.requests[0][0]


@pytest.mark.parametrize("ending", ["", "/", "/chat/completions", "/chat/completions/"])
def test_the_address_may_end_as_people_copy_it(server, ending: str) -> None:
    ask(server.url + ending)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (answers(500, {"error": {"message": "out of luck"}}), "cannot answer now (500: out of luck)"),
        (answers(503, b"<html>busy</html>", "text/html"), "cannot answer now (503)"),
        (answers(429, {"error": "slow down"}, Retry_After="0.01"), "asked too often (429: slow down)"),
        (hangs_up, "broke off its answer"),
        (sleeps(1.0), "did not answer within 0.5 seconds"),
        (drips, "did not answer within 0.5 seconds"),
        (never_ends, "more than 1 MiB"),
    ],
    ids=["500", "503 page", "429", "hangs up", "sleeps", "drips", "never ends"],
)
def test_what_passes_is_asked_again_and_what_stays_is_said_in_a_sentence(server, fault, reason: str) -> None:
    server.faults = [fault, fault]
    (answer,), client = ask(server.url)
    assert answer.text == "fine"
    assert (client.failed, len(server.requests)) == (2, 3)
    server.always = fault
    with pytest.raises(EndpointDown) as caught:
        ask(server.url)
    said = str(caught.value)
    assert reason in said
    assert "asked 3 times" in said
    assert "the same command again" in said
    assert len(server.requests) == 6


def test_one_that_is_not_there_is_said_so() -> None:
    with pytest.raises(EndpointDown, match="cannot be reached"):
        ask(f"http://127.0.0.1:{free_port()}/v1")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            answers(200, b"<!doctype html><p>Welcome", "text/html; charset=utf-8"),
            "text/html that is no chat completion",
        ),
        (answers(200, b"{not json", "application/json"), "no chat completion"),
        (answers(200, b"[" * 100_000), "no chat completion"),
        (answers(200, {"choices": []}), "no chat completion"),
        (answers(200, {"choices": [{"message": {"content": 7}}]}), "no chat completion"),
        (answers(200, {"error": {"message": "wrong model"}}), "with an error: wrong model"),
        (answers(301, b"", Location="https://elsewhere.example/"), "another address (it answers 301)"),
        (
            answers(401, {"error": {"message": f"bad key {KEY}"}}),
            "refuses the key from PERISCOPE_EXPLAIN_KEY (401: bad key [key])",
        ),
        (answers(404, {"error": {"message": "no such model"}}), "no model 'a-model' (404: no such model)"),
        (answers(400, {"error": {"message": "the context is too long"}}), "refuses what it was asked (400"),
        (answers(429, {"error": {"message": "pay", "code": "insufficient_quota"}}), "no quota left: pay"),
    ],
    ids=["html", "json", "deep", "no choice", "no text", "error", "moved", "401", "404", "400", "quota"],
)
def test_what_never_passes_is_asked_once(server, fault, reason: str) -> None:
    server.always = fault
    with pytest.raises(EndpointUnusable) as caught:
        ask(server.url, key=KEY)
    assert reason in str(caught.value)
    assert KEY not in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert len(server.requests) == 1


def test_a_good_endpoint_that_slips_is_asked_again(server) -> None:
    server.faults = [lambda _: False, answers(200, b"<html>", "text/html")]
    found, client = ask(server.url, times=2, patience=Patience(timeout=2, retries=1, parallel=1, first_pause=0.02))
    assert [answer.text for answer in found] == ["fine", "fine"]
    assert client.failed == 1


def test_as_long_as_the_endpoint_says_nobody_asks(server) -> None:
    server.faults = [answers(429, {}, Retry_After="0.4")]
    began = time.monotonic()
    ask(server.url, times=3, patience=Patience(timeout=5, retries=2, parallel=1, first_pause=0.01))
    assert time.monotonic() - began >= 0.4
    assert len(server.requests) == 4


def test_a_pause_of_an_hour_ends_the_run_with_a_sentence(server) -> None:
    server.always = answers(429, {}, Retry_After="3600")
    with pytest.raises(EndpointDown, match="asks to wait 3,600 seconds"):
        ask(server.url)
    assert len(server.requests) == 1


def test_pauses_are_numbers_or_dates() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < (retry_after(soon) or 0) <= 90
    assert retry_after("2.5") == 2.5
    assert retry_after("-4") == 0
    assert [retry_after(text) for text in ("", "soon", "nan", "inf")] == [None] * 4


def test_not_more_calls_run_together_than_are_allowed(server) -> None:
    server.always = sleeps(0.05)
    ask(server.url, times=12, patience=Patience(timeout=5, parallel=3))
    assert server.most_at_once == 3


def test_options_that_a_model_takes_differently_are_learnt_once(server) -> None:
    def picky(handler):
        _, body = handler.server.requests[-1]
        for name, said in (
            ("max_tokens", "Unsupported parameter: 'max_tokens' is not supported; use 'max_completion_tokens'."),
            ("temperature", "Unsupported value: 'temperature' does not support 0 with this model."),
        ):
            if name in body:
                handler.send(400, {"error": {"message": said, "param": name}})
                return True
        return False

    server.always = picky
    found, client = ask(server.url, times=2, patience=Patience(timeout=5, retries=0, parallel=1))
    assert [answer.text for answer in found] == ["fine", "fine"]
    assert len(server.requests) == 4
    assert server.requests[-1][1]["max_completion_tokens"] == 50
    assert client.failed == 0


def test_a_text_in_parts_and_none_at_all_are_texts(server) -> None:
    parts = [{"type": "text", "text": "one "}, {"type": "image"}, {"type": "text", "text": "two"}]
    server.faults = [answers(200, completion(parts)), answers(200, completion(None, finish="length"))]
    found, _ = ask(server.url, times=2, patience=Patience(timeout=5, parallel=1))
    assert [(answer.text, answer.is_cut) for answer in found] == [("one two", False), ("", True)]


# ---------------------------------------------------------------- budget


def test_the_budget_counts_what_the_endpoint_says_and_else_an_estimate(server) -> None:
    budget = Budget(10_000)
    ask(server.url, budget=budget, times=3)
    assert (budget.used, budget.calls) == (300, 3)
    server.usage = None
    ask(server.url, budget=budget)
    assert budget.used == 300 + tokens_of(QUESTION) + tokens_of([{"content": "fine"}])
    server.usage = {"total_tokens": "many"}
    ask(server.url, budget=budget)
    assert budget.calls == 5


def test_no_call_is_made_that_could_go_over_the_budget(server) -> None:
    with pytest.raises(BudgetSpent, match="budget is used up after 1 calls and 100 tokens"):
        ask(server.url, budget=Budget(150), times=3, patience=Patience(timeout=5, parallel=1))
    assert len(server.requests) == 1
    with pytest.raises(BudgetSpent):
        ask(server.url, budget=Budget(100_000, calls=2), times=3, patience=Patience(timeout=5, parallel=1))
    assert len(server.requests) == 3


@pytest.mark.parametrize(("tokens", "calls"), [(0, None), (-5, None), (10**13, None), (100, 0)])
def test_a_budget_of_nothing_is_refused(tokens: int, calls: int | None) -> None:
    with pytest.raises(InvalidRequest, match=r"from 1 to 1,000,000,000,000, not"):
        Budget(tokens, calls)


def test_tries_are_calls_too(server) -> None:
    server.always = answers(500, {})
    budget = Budget(100_000, calls=2)
    with pytest.raises(BudgetSpent):
        ask(server.url, budget=budget)
    assert len(server.requests) == 2


# ---------------------------------------------------------------- addresses and keys


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080",
        "ftp://host/v1",
        "http://",
        "http:///v1",
        "http://host:99999/v1",
        "http://ho st/v1",
        "http://h\x00/v1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="address"):
        endpoint(url)


@pytest.mark.parametrize("url", ["http://me:pass@host/v1", "http://host/v1?key=abc", "http://host/v1#x"])
def test_an_address_holds_no_secret(url: str) -> None:
    with pytest.raises(InvalidRequest, match="no user, password or query") as caught:
        endpoint(url)
    assert "pass" not in str(caught.value).replace("password", "")
    assert "abc" not in str(caught.value)


def test_a_key_comes_from_a_file_else_a_setting_else_the_common_variable(tmp_path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}-file\n")
    common = {COMMON_KEY: f"{KEY}-common"}
    setting = SecretStr(f"{KEY}-setting")
    found = [
        find_key(file, setting, "NAME", common),
        find_key(None, setting, "NAME", common),
        find_key(None, SecretStr(""), "NAME", common),
        find_key(None, SecretStr(""), "NAME", {}),
    ]
    assert [key.get_secret_value().removeprefix(KEY) for key, _ in found] == ["-file", "-setting", "-common", ""]
    assert [where for _, where in found] == [f"the file {file}", "NAME", COMMON_KEY, ""]


@pytest.mark.parametrize("content", [b"", b"two words", b"caf\xc3\xa9", b"\xff\xfe", b"line\nline", b"x" * 5000])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(InvalidRequest) as caught:
        find_key(file, SecretStr(""), "NAME", {})
    assert "two words" not in str(caught.value)
    with pytest.raises(InvalidRequest, match="not a file"):
        find_key(tmp_path, SecretStr(""), "NAME", {})


def test_the_common_key_never_goes_over_plain_http_to_another_machine() -> None:
    key = SecretStr(KEY)
    assert not make_endpoint("http://10.0.0.7/v1", "m", key, COMMON_KEY).key.get_secret_value()
    assert make_endpoint("https://api.example/v1", "m", key, COMMON_KEY).key == key
    assert make_endpoint("http://127.0.0.1:8080/v1", "m", key, COMMON_KEY).key == key
    own = make_endpoint("http://10.0.0.7/v1", "m", key, "PERISCOPE_EXPLAIN_KEY")
    assert own.key == key
    assert "plain http, which others can read" in own.sentence("Sends texts")
    assert KEY not in repr(own)
    assert KEY not in own.sentence("Sends texts")
