"""Models of the endpoint, and what it refuses: in OpenAI's shape, under the statuses that its clients know."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.web.admission import MOST
from app.web.body_limit import MAX_BODY
from tests.app.openai.support import CHAT, MIX, MODEL, PROMPT, SAVED, Service, service, world
from tests.web import BASE

__all__ = ["service", "world"]

CHAT_PATH, TEXT_PATH = "/v1/chat/completions", "/v1/completions"
TOKEN = "a-token-of-tests"


# -------------------------------------------------------------------- models


def test_every_model_and_every_mix_is_listed_and_can_be_asked_for(service: Service) -> None:
    client = service.client()
    found = {model.id: model for model in client.models.list()}
    assert {MODEL, "tiny-gpt2", f"{MODEL}:{MIX}"} <= found.keys()
    for name, model in found.items():
        assert (model.object, model.owned_by) == ("model", "periscope")
        assert model.created > 1_600_000_000
        assert client.models.retrieve(name).id == name
        assert client.completions.create(model=name, prompt=PROMPT, max_tokens=1).choices


def test_of_several_mixes_with_one_name_the_newest_is_played(service: Service) -> None:
    name = "twice"
    for strength in (0.1, 2.0):
        body = SAVED | {"name": name, "model": MODEL, "terms": [{"source": "mid", "index": 5, "strength": strength}]}
        assert service.post("/api/v1/mixes", json=body).status_code == 201
    steered = service.steered(**{k: v for k, v in body.items() if k != "name"}, prompt=PROMPT, seed=1, max_new_tokens=9)
    found = service.client().completions.create(model=f"{MODEL}:{name}", prompt=PROMPT, seed=1, max_tokens=9)
    assert found.choices[0].text == steered["steered"]["text"]
    assert [model.id for model in service.client().models.list()].count(f"{MODEL}:{name}") == 1


@pytest.mark.parametrize("name", ["nope", f"{MODEL}:nope", f"{MODEL}:", f"nope:{MIX}", "a/b?c#d", "\0", "é" * 300])
def test_an_unknown_model_is_not_found(service: Service, name: str) -> None:
    client = service.client()
    for ask in (
        lambda: client.models.retrieve(name),
        lambda: client.completions.create(model=name, prompt=PROMPT),
        lambda: client.chat.completions.create(model=name, messages=CHAT, stream=True),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
        assert "does not exist; there are 'tiny-gpt2', 'tiny-llama'" in str(caught.value)


# -------------------------------------------------------------------- options


TERM = {"source": "mid", "index": 20}
#: Changes -> the field, the code, the beginning of the sentence.
BOTH: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    ({"presence_penalty": 0.5}, "presence_penalty", "unsupported_parameter", "presence_penalty cannot be obeyed: this"),
    ({"logit_bias": {"5": 10}}, "logit_bias", "unsupported_parameter", "logit_bias cannot be obeyed: every token"),
    ({"top_k": 5}, "top_k", "unknown_parameter", "top_k is not known here"),
    ({"repetition_penalty": 1.1}, "repetition_penalty", "unknown_parameter", "repetition_penalty is not known here"),
    ({"n": 0}, "n", None, "n is a number of texts from 1 to 16, not 0."),
    ({"n": 17}, "n", None, "n is a number of texts from 1 to 16, not 17."),
    ({"temperature": "hot"}, "temperature", None, "temperature must be a number, not 'hot'."),
    ({"temperature": 11}, "temperature", None, "temperature is a number from 0 to 10, not 11."),
    ({"top_p": 0}, "top_p", None, "top_p is a number above 0 to 1, not 0."),
    ({"seed": -1}, "seed", None, "seed is a number from 0 to"),
    ({"max_tokens": 257}, "max_tokens", None, "max_tokens is a number of tokens from"),
    ({"max_tokens": -1}, "max_tokens", None, "max_tokens is a number of tokens from"),
    ({"max_tokens": 64}, None, "context_length_exceeded", ""),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop", None, "stop has 5 entries; at most 4 can be given."),
    ({"stop": [""]}, "stop", None, "stop is empty; type something."),
    ({"stop": 5}, "stop", None, "stop must be a text, not 5."),
    ({"stream": "yes"}, "stream", None, "stream must be true or false, not 'yes'."),
    ({"stream_options": {"include_usage": True}}, None, None, "stream_options are for a stream"),
    ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter", "stream_options.x is not"),
    ({"stream": True, "stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation",
     "unsupported_parameter", "stream_options.include_obfuscation cannot be obeyed"),
    ({"model": None}, "model", None, "model must be a text, not null."),
    ({"periscope": {"terms": [{"index": 3}]}}, None, None, "terms[0] needs the source of latent 3."),
    ({"periscope": {"terms": [TERM | {"strength": 1000}]}}, "periscope.terms[0].strength", None, "periscope.terms[0]."),
    ({"periscope": {"terms": [TERM | {"mode": "shout"}]}}, "periscope.terms[0].mode", None, "periscope.terms[0]."),
    ({"periscope": {"terms": [TERM] * 65}}, "periscope.terms", None, "periscope.terms has 65 entries"),
    ({"periscope": {"strength": 3}}, "periscope.strength", "unknown_parameter", "periscope.strength is not known here"),
    ({"periscope": {"terms": [{"source": "other", "index": 1, "mode": "scale"}]}}, None, None, "Source other belongs"),
    ({"periscope": {"terms": [{"source": "mlp", "index": 1}]}}, None, None, "mlp has no finished build"),
    ({"model": f"{MODEL}:{MIX}", "periscope": {"terms": []}}, "periscope", None, f"{MODEL}:{MIX} is a mix"),
]  # fmt: skip
OF_CHATS: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    *(({name: value}, name, "unsupported_parameter", f"{name} cannot be obeyed: ") for name, value in {
        "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto", "functions": [{"name": "f"}],
        "function_call": "auto", "response_format": {"type": "json_object"}, "audio": {"voice": "x", "format": "wav"},
        "modalities": ["text", "audio"], "store": True, "reasoning_effort": "high", "parallel_tool_calls": True,
        "prediction": {"type": "content", "content": "x"}, "web_search_options": {}, "service_tier": "flex",
        "verbosity": "low",
    }.items()),
    ({"top_logprobs": 3}, None, None, "top_logprobs are told with log-probs"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", None, "top_logprobs is a number of tokens from 0 to 20"),
    ({"logprobs": 1}, "logprobs", None, "logprobs must be true or false, not 1."),
    ({"max_tokens": 5, "max_completion_tokens": 6}, None, None, "max_tokens and max_completion_tokens are one limit"),
    ({"max_tokens": 0}, "max_tokens", None, "max_tokens is a number of tokens from 1 to 256"),
    ({"max_completion_tokens": 300, "max_tokens": None}, "max_completion_tokens", None, "max_completion_tokens is a"),
    ({"messages": []}, "messages", None, "messages has 0 entries"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role", None, "messages[0].role is one of system"),
    ({"messages": [{"role": "user", "content": ""}]}, "messages[0].content", None, "messages[0].content is empty"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
     "messages[0].content", None, "messages[0].content has a part that is no text"),
    ({"messages": [{"role": "user", "content": "x", "name": "me"}]}, "messages[0].name", "unsupported_parameter", ""),
    ({"messages": [{"role": "user", "content": "zq" * 60}]}, None, "context_length_exceeded", "The chat has"),
    ({"model": "tiny-gpt2"}, None, None, "tiny-gpt2 has no chat template"),
    ({"echo": True}, "echo", "unknown_parameter", "echo is not known here"),
]  # fmt: skip
OF_TEXTS: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    ({"prompt": ""}, "prompt", None, "prompt is empty; type something."),
    ({"prompt": []}, "prompt", None, "prompt has 0 entries"),
    ({"prompt": ["x"] * 129}, "prompt", None, "prompt has 129 entries; from 1 to 128 prompts can be given."),
    ({"prompt": None}, "prompt", None, "prompt is a text, a list of texts, or token ids, not null."),
    ({"prompt": [1, "a"]}, "prompt", None, "prompt, of which entry 0 is no text"),
    ({"prompt": ["a", ""]}, "prompt", None, "prompt, of which entry 1 is empty; type something."),
    ({"prompt": [[]]}, "prompt", None, "prompt, of which entry 0 is no text and no list of token ids"),
    ({"prompt": [[-1]]}, "prompt", None, "prompt, of which entry 0 is no text and no list of token ids"),
    ({"prompt": [5, 320]}, None, None, "The prompt has the token 320; those of tiny-llama are 0 to 319."),
    ({"prompt": [[5], [400]]}, None, None, "Prompt 1 has the token 400"),
    ({"prompt": [5] * 65}, None, "context_length_exceeded", "The prompt has 65 tokens; at most 64 are read."),
    ({"prompt": "x" * 9000}, None, "context_length_exceeded", "The prompt has 9,000 characters"),
    ({"logprobs": True}, "logprobs", None, "logprobs must be a whole number, not true."),
    ({"logprobs": 21}, "logprobs", None, "logprobs is a number of tokens from 0 to 20, not 21."),
    ({"best_of": 3}, None, None, "best_of cannot be obeyed"),
    ({"suffix": "the end"}, "suffix", "unsupported_parameter", "suffix cannot be obeyed"),
    ({"messages": CHAT}, "messages", "unknown_parameter", "messages is not known here"),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "changes", "param", "code", "sentence"),
    [
        *((CHAT_PATH, *case) for case in BOTH + OF_CHATS),
        *((TEXT_PATH, *case) for case in BOTH + OF_TEXTS),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_its_field(
    service: Service, path: str, changes: Any, param: str | None, code: str | None, sentence: str, stream: bool
) -> None:
    own = {"messages": CHAT} if path == CHAT_PATH else {"prompt": PROMPT}
    given = {"stream": True} if stream and "stream_options" not in changes else {}
    answer = service.post(path, json={"model": MODEL, "max_tokens": 4, **own, **given, **changes})
    error = refused(answer, 400)
    assert error["message"].startswith(sentence)
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")


def refused(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert "\n" not in body["error"]["message"]
    assert body["error"]["message"].endswith((".", "?"))
    return body["error"]


@pytest.mark.parametrize(("term", "sentence"), [
    ({"source": "nope", "index": 1}, "There is no source 'nope'."),
    ({"source": "mid", "index": 96}, "mid has no latent 96"),
    ({"vector": 99}, "There is no vector 99"),
])  # fmt: skip
def test_a_term_of_something_that_does_not_exist_is_not_found(service: Service, term: Any, sentence: str) -> None:
    body = {"model": MODEL, "prompt": PROMPT, "periscope": {"terms": [term]}}
    assert refused(service.post(TEXT_PATH, json=body), 404)["message"].startswith(sentence)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model": "\\ud800"}', b"\xff", b'"x"', b"[" * 100_000])
@pytest.mark.parametrize("path", [CHAT_PATH, TEXT_PATH])
def test_a_body_that_cannot_be_read_is_refused(service: Service, path: str, body: bytes) -> None:
    refused(service.post(path, content=body, headers={"Content-Type": "application/json"}), 400)


def test_other_refusals_have_the_shape_too(service: Service) -> None:
    assert refused(service.post("/v1/embeddings", json={}), 404)["code"] is None
    wrong = service.post("/v1/models")
    refused(wrong, 405)
    assert wrong.headers["allow"] == "GET, HEAD"
    refused(service.post(TEXT_PATH, content=b" " * (MAX_BODY + 1)), 413)
    refused(service.post(f"{TEXT_PATH}?beta=1", json={"model": MODEL, "prompt": "x"}), 400)
    refused(service.post(TEXT_PATH, json={}, headers={"Host": "example.org"}), 400)
    refused(service.post(TEXT_PATH, json={}, headers={"Sec-Fetch-Site": "cross-site"}), 403)


def test_a_mix_that_can_not_be_played_any_more_says_why(service: Service) -> None:
    import sqlalchemy as sa

    from app.db.session import make_engine
    from app.db.tables.steering import Mix

    body = SAVED | {"name": "old", "model": MODEL}
    number = service.post("/api/v1/mixes", json=body).json()["id"]
    engine = make_engine(service.settings)
    with engine.begin() as connection:
        connection.execute(sa.update(Mix).where(Mix.id == number).values(options={"temperature": 99}))
    engine.dispose()
    answer = service.post(TEXT_PATH, json={"model": f"{MODEL}:old", "prompt": PROMPT})
    assert refused(answer, 400)["message"].startswith("The mix 'old' cannot be played any more: temperature is")


# -------------------------------------------------------------------- who may ask, and how many


@pytest.fixture
def guarded(service: Service) -> Iterator[TestClient]:
    """An application that asks for a token."""
    settings = Settings(**{**service.settings.model_dump(), "auth_token": TOKEN})
    with TestClient(create_app(settings), base_url=BASE) as client:
        yield client


def test_the_token_is_the_key_of_the_client(guarded: TestClient) -> None:
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/v1/models", headers=right).status_code == 200
    body = {"model": MODEL, "prompt": PROMPT, "max_tokens": 1}
    assert guarded.post(TEXT_PATH, json=body, headers=right).status_code == 200
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Accept": "text/html"}):
        answer = guarded.get("/v1/models", headers=headers)
        assert refused(answer, 401)["code"] == "invalid_api_key"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for _ in range(10):
        answer = guarded.get("/v1/models", headers={"Authorization": "Bearer wrong"})
    assert refused(answer, 429)["type"] == "rate_limit_error"
    assert int(answer.headers["retry-after"]) > 0


def test_a_server_that_has_too_much_to_do_says_when_to_come_back(service: Service, guarded: TestClient) -> None:
    layer = _admission(guarded.app.middleware_stack)  # type: ignore[attr-defined]
    layer.inside = MOST
    answer = guarded.post(TEXT_PATH, json={}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert refused(answer, 503)["type"] == "server_error"
    assert int(answer.headers["retry-after"]) > 0


def _admission(layer: Any) -> Any:
    while type(layer).__name__ != "Admission":
        layer = layer.app
    return layer


def test_a_full_queue_is_refused_before_a_stream_begins(service: Service) -> None:
    from app.errors import Overloaded

    def full(job: Any) -> None:
        raise Overloaded("32 requests wait for this model already.")

    models = service.app.state.models
    submit, models.submit = models.submit, full
    try:
        for stream in (True, False):
            answer = service.post(TEXT_PATH, json={"model": MODEL, "prompt": PROMPT, "stream": stream})
            refused(answer, 503)
            assert int(answer.headers["retry-after"]) > 0
    finally:
        models.submit = submit


def test_what_goes_wrong_in_a_stream_ends_it_with_the_error(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.running.generate import TextBatch

    whole = TextBatch.write
    n = 0

    def failing(self: TextBatch) -> Any:
        nonlocal n
        n += 1
        if n > 3:
            raise MemoryError
        return whole(self)

    monkeypatch.setattr(TextBatch, "write", failing)
    body = {"model": MODEL, "prompt": PROMPT, "max_tokens": 30, "stream": True, "temperature": 0}
    blocks = service.post(TEXT_PATH, json=body).text.strip().split("\n\n")
    assert blocks[-1] == "data: [DONE]"
    assert json.loads(blocks[-2].removeprefix("data: "))["error"]["type"] == "server_error"
    n = 0
    with pytest.raises(openai.APIError, match="The memory did not suffice"):
        list(service.client().completions.create(**body))
