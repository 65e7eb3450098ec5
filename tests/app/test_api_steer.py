"""Steering over HTTP with real tiny models: against the models package, and against plain transformers with a hook."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from fastapi.testclient import TestClient
from sae_lens import SAE
from transformers import AutoModelForCausalLM

from app.db.queries.latents import max_activations
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.main import create_app
from app.settings import Settings
from models.loading.opening import load_dictionary, load_language_model
from models.running.generate import generate
from models.running.sampling import Sampling
from models.running.text_rows import Request, TokenEvent
from models.sources import SourceSpec
from models.steering.coherence import compare, drift, measure, without_end
from models.steering.readings import read_texts
from models.steering.terms import Board, LatentSubject, SteerTerm
from tests.app.engine_support import LABEL, LABELLED, World, api, assert_alike, world
from tests.app.test_api_engine import expected, post
from tests.models.tiny import SENTENCES
from tests.web import BASE

__all__ = ["api", "world"]

STEER = "/api/v1/steer"
PROMPT = "the cat sat on"


def maxima(world: World, slug: str = "mid") -> dict[int, float]:
    with make_session_maker(make_engine(world.settings))() as session:
        return dict(max_activations(session, source_by_slug(session, slug), range(96)))


@pytest.fixture(scope="module")
def latents(world: World) -> list[int]:
    """Latents of "mid" from the strongest down."""
    found = maxima(world)
    return sorted(found, key=lambda index: -found[index])


def loaded(world: World, slugs: list[str]) -> tuple[Any, dict[str, Any]]:
    model = load_language_model(str(world.models["llama"]), "cpu", "float32")
    return model, {s: load_dictionary(SourceSpec(str(world.models["llama"]), str(world.saes[s]), None)) for s in slugs}


def directly(world: World, terms: list[SteerTerm], slugs: list[str], options: Sampling, **more: Any) -> Any:
    """The same by the models package: side -> events."""
    model, saes = loaded(world, slugs)
    ids = tuple(expected(world, "mid", PROMPT)[0])
    events = list(generate(model, saes, [Request(ids, Board(tuple(terms), **more), options)]))
    return {side: [e for e in events if e.side == side] for side in ("baseline", "steered")}, ids


def check_side(found: Any, events: list[TokenEvent]) -> None:
    assert found["token_ids"] == [e.token_id for e in events]
    assert found["logprobs"] == pytest.approx([e.logprob for e in events], abs=1e-4)
    assert found["base_logprobs"] == pytest.approx([e.base_logprob for e in events], abs=1e-4)
    assert len(found["tokens"]) == len(found["alternatives"]) == len(events)
    assert found["finish"] == events[-1].finish


def test_the_answer_has_the_shape_of_the_contract_and_equals_the_models_package(
    api: TestClient, world: World, latents: list[int]
) -> None:
    terms = [{"source": "mid", "index": latents[0], "mode": "add", "strength": 0.7},
             {"source": "mid", "index": latents[1], "mode": "clamp", "strength": 0.5},
             {"source": "mlp", "index": 3, "mode": "scale", "strength": 3},
             {"source": "deep", "index": 9, "mode": "ablate"},
             {"source": "deep", "index": 11, "mode": "project", "strength": 0.5}]  # fmt: skip
    body = {"prompt": PROMPT, "terms": terms, "positions": "all", "max_new_tokens": 12, "temperature": 0.8,
            "top_p": 0.9, "frequency_penalty": 0.4, "seed": 7}  # fmt: skip
    answer = post(api, STEER, body)
    assert set(answer) >= {"prompt_tokens", "baseline", "steered", "coherence"}
    for side in ("baseline", "steered"):
        assert set(answer[side]) >= {"text", "tokens", "token_ids", "logprobs", "base_logprobs"}
    peak = maxima(world)
    subjects = [LatentSubject(t["source"], t["index"], peak.get(t["index"])) for t in terms]
    exact = [SteerTerm(s, t["mode"], t.get("strength", 1.0)) for s, t in zip(subjects, terms, strict=True)]
    options = Sampling(max_new_tokens=12, temperature=0.8, top_p=0.9, frequency_penalty=0.4, seed=7)
    wanted, ids = directly(world, exact, ["mid", "mlp", "deep"], options)
    assert answer["prompt_token_ids"] == list(ids)
    assert "".join(answer["prompt_tokens"][1:]) == PROMPT
    assert answer["prompt_steered"] == [False] + [True] * (len(ids) - 1)
    for side in ("baseline", "steered"):
        check_side(answer[side], wanted[side])
    assert answer["steered"]["kl"] == pytest.approx([e.kl for e in wanted["steered"]], abs=1e-4)
    lm, saes = loaded(world, ["mid", "mlp", "deep"])
    texts = [(tuple(ids), without_end([e.token_id for e in w], lm.stop_token_ids)) for w in wanted.values()]
    read = read_texts(lm, saes, texts, exact)
    by_hand = [
        replace(
            r.measure,
            base_nll=measure([], [e.base_logprob for e in w]).base_nll,
            distinct_2=measure([e.token_id for e in w], []).distinct_2,
            drift=drift([e.logprob for e in w], [e.base_logprob for e in w]),
        )
        for r, w in zip(read, wanted.values(), strict=True)
    ]
    coherence = compare(by_hand[1], by_hand[0], wanted["steered"][-1].injected_norm_share)
    assert answer["gauges"]["fluency"] == pytest.approx(coherence.fluency, abs=1e-3)
    assert answer["gauges"]["verdict"] == coherence.verdict
    changes = [None if a is None or b is None else a - b for b, a in zip(read[0].effects, read[1].effects, strict=True)]
    effects = [t["effect"] for t in answer["terms"]]
    assert effects[:2] == pytest.approx(changes[:2], abs=1e-4)
    assert effects[2] is None  # its source has no build, and so no unit
    directed = [sign * e for sign, e in zip([1, 1, 1, -1, -1], effects, strict=True) if e is not None]
    assert answer["gauges"]["effect"] == pytest.approx(sum(directed) / len(directed), abs=1e-6)
    for name in ("base_nll_baseline", "base_nll_steered", "distinct_2_baseline", "distinct_2_steered"):
        assert answer["coherence"][name] == pytest.approx(getattr(coherence, name), abs=1e-4)
    assert answer["coherence"]["injected_norm_share"] == pytest.approx(coherence.injected_norm_share, abs=1e-4)
    assert answer["coherence"]["verdict"] == coherence.verdict
    assert all(term["share"] is not None for term in answer["terms"])
    assert answer["terms"][0]["share"] > 0


def test_a_steered_text_equals_plain_transformers_with_a_hook_and_no_cache(
    api: TestClient, world: World, latents: list[int]
) -> None:
    index, s = latents[0], 0.6
    body = {"source": "mid", "prompt": PROMPT, "terms": [{"index": index, "strength": s}], "max_new_tokens": 10}
    answer = post(api, STEER, body | {"temperature": 0})
    ids, _ = expected(world, "mid", PROMPT)
    model = AutoModelForCausalLM.from_pretrained(world.model_of("mid"))
    row = SAE.load_from_disk(world.saes["mid"]).W_dec.detach()[index]
    delta = s * maxima(world)[index] * row

    def hook(_m: Any, _i: Any, out: Any) -> Any:
        h = (out[0] if isinstance(out, tuple) else out).clone()
        h[:, 1:] += delta
        return (h, *out[1:]) if isinstance(out, tuple) else h

    def write(steered: bool) -> tuple[list[int], list[float], list[float], list[float]]:
        written: list[int] = []
        own, base, kl = [], [], []
        for _ in range(10):
            tokens = torch.tensor([[*ids, *written]])
            with torch.no_grad():
                plain = model(tokens, use_cache=False).logits[0, -1].log_softmax(-1)
                handle = model.model.layers[1].register_forward_hook(hook) if steered else None
                mine = model(tokens, use_cache=False).logits[0, -1].log_softmax(-1)
                if handle is not None:
                    handle.remove()
            written.append(int(mine.argmax()))
            own.append(float(mine[written[-1]]))
            base.append(float(plain[written[-1]]))
            kl.append(float((mine.exp() * (mine - plain)).sum()))
            if written[-1] == model.config.eos_token_id:
                break
        return written, own, base, kl

    for side in ("baseline", "steered"):
        written, own, base, kl = write(side == "steered")
        assert answer[side]["token_ids"] == written
        assert answer[side]["logprobs"] == pytest.approx(own, abs=1e-4)
        assert answer[side]["base_logprobs"] == pytest.approx(base, abs=1e-4)
        if side == "steered":
            assert answer["steered"]["kl"] == pytest.approx(kl, abs=1e-4)
    assert answer["coherence"]["base_nll_steered"] == pytest.approx(-sum(base) / len(base), abs=1e-4)


def test_at_strength_0_and_without_terms_the_text_equals_the_baseline(api: TestClient, latents: list[int]) -> None:
    for terms in ([], [{"index": latents[0], "strength": 0}]):
        body = {"source": "mid", "prompt": PROMPT, "terms": terms, "max_new_tokens": 12, "seed": 3}
        answer = post(api, STEER, body)
        assert answer["steered"]["token_ids"] == answer["baseline"]["token_ids"]
        assert answer["steered"]["kl"] == pytest.approx([0] * len(answer["steered"]["kl"]), abs=1e-6)
        assert answer["coherence"]["injected_norm_share"] in (None, 0)


def test_the_same_seed_gives_the_same_text_and_another_seed_another(api: TestClient, latents: list[int]) -> None:
    body = {"source": "mid", "prompt": SENTENCES[0], "terms": [{"index": latents[0]}], "max_new_tokens": 16}
    first, again, other = (post(api, STEER, body | {"seed": seed}) for seed in (11, 11, 12))
    for side in ("baseline", "steered"):
        assert again[side]["token_ids"] == first[side]["token_ids"]
        assert other[side]["token_ids"] != first[side]["token_ids"]


def test_the_baseline_is_remembered_while_only_sliders_change(api: TestClient, latents: list[int]) -> None:
    body = {"source": "mid", "prompt": SENTENCES[2], "max_new_tokens": 8, "seed": 5}
    first = post(api, STEER, body | {"terms": [{"index": latents[0], "strength": 0.5}]})
    moved = post(api, STEER, body | {"terms": [{"index": latents[1], "strength": 1.5}]})
    assert (first["baseline_was_remembered"], moved["baseline_was_remembered"]) == (False, True)
    assert moved["baseline"] == first["baseline"]
    for change in ({"seed": 6}, {"temperature": 0.5}, {"top_p": 0.5}, {"frequency_penalty": 1}, {"max_new_tokens": 7},
                   {"stop_at_eos": False}, {"alternatives": 2}, {"prompt": "she"}, {"prepend_bos": False}):  # fmt: skip
        answer = post(api, STEER, body | {"terms": [{"index": latents[0]}]} | change)
        assert not answer["baseline_was_remembered"], change


def test_every_sampling_option_is_obeyed(api: TestClient, latents: list[int]) -> None:
    body = {"source": "mid", "prompt": PROMPT, "terms": [{"index": latents[0]}], "max_new_tokens": 20, "seed": 1}
    plain = post(api, STEER, body)
    assert len(post(api, STEER, body | {"max_new_tokens": 3, "stop_at_eos": False})["steered"]["token_ids"]) == 3
    greedy = post(api, STEER, body | {"temperature": 0, "alternatives": 1})
    for token, best in zip(greedy["baseline"]["tokens"], greedy["baseline"]["alternatives"], strict=True):
        assert [a["token"] for a in best] == [token] or token == ""
    narrow = post(api, STEER, body | {"top_p": 1e-6})
    assert narrow["baseline"]["token_ids"] == greedy["baseline"]["token_ids"]
    once = post(api, STEER, body | {"frequency_penalty": 10, "temperature": 0, "stop_at_eos": False})
    assert len(set(once["baseline"]["token_ids"])) > len(set(greedy["baseline"]["token_ids"]))
    assert plain["prompt_token_ids"][0] == 0
    assert post(api, STEER, body | {"prepend_bos": False})["prompt_token_ids"] == plain["prompt_token_ids"][1:]
    bos = post(api, STEER, body | {"steer_bos": True})
    assert bos["prompt_steered"][0] is True
    assert bos["steered"]["logprobs"] != plain["steered"]["logprobs"]


def test_positions_are_obeyed(api: TestClient, latents: list[int]) -> None:
    body = {"source": "mid", "prompt": PROMPT, "terms": [{"index": latents[0]}], "max_new_tokens": 6, "seed": 1}
    found = {p: post(api, STEER, body | {"positions": p}) for p in ("all", "prompt", "generated")}
    assert found["generated"]["steered"]["kl"][0] == pytest.approx(0, abs=1e-6)
    assert found["all"]["steered"]["kl"][0] > 1e-3
    assert found["prompt"]["steered"]["logprobs"][0] == pytest.approx(found["all"]["steered"]["logprobs"][0], abs=1e-5)
    assert not any(found["generated"]["prompt_steered"])


def test_a_chat_is_written_with_the_models_template(api: TestClient, latents: list[int]) -> None:
    messages = [{"role": "user", "content": "the cat"}]
    body = {"source": "mid", "messages": messages, "terms": [{"index": LABELLED}], "max_new_tokens": 4}
    answer = post(api, STEER, body)
    assert answer["prompt_tokens"][1] == "<|user|>"
    assert answer["prompt_tokens"][-1] == "<|assistant|>"
    assert answer["prompt_roles"][-1] == "assistant"
    assert answer["terms"][0]["label"] == LABEL
    bare = post(api, STEER, body | {"add_generation_prompt": False})
    assert bare["prompt_tokens"][-1] != "<|assistant|>"


TERM = {"source": "mid", "index": 20}
REFUSED = [
    ({"terms": [{"source": "mid", "index": 96}]}, 404, "mid has no latent 96; its latents are 0 to 95."),
    ({"terms": [{"source": "mid", "index": -1}]}, 422, "terms[0].index is the number of a latent from 0 to 2147483647"),
    ({"terms": [{"source": "nope", "index": 1}]}, 404, "There is no source 'nope'."),
    ({"terms": [TERM | {"strength": float("nan")}]}, 422, "terms[0].strength is a number from -100 to 100, not nan."),
    ({"terms": [TERM | {"strength": 1e9}]}, 422, "terms[0].strength is a number from -100 to 100, not 1e+09."),
    ({"terms": [TERM] * 200}, 422, "terms has 200 entries; from 0 to 64 stand on a board."),
    ({"temperature": -1}, 422, "temperature is a number from 0 to 10, not -1."),
    ({"temperature": float("inf")}, 422, "temperature is a number from 0 to 10, not inf."),
    ({"top_p": 0}, 422, "top_p is a number above 0 to 1, not 0."),
    ({"top_p": 1.5}, 422, "top_p is a number above 0 to 1, not 1.5."),
    ({"frequency_penalty": 11}, 422, "frequency_penalty is a number from -10 to 10, not 11."),
    ({"seed": -1}, 422, "seed is a number from 0 to"),
    ({"alternatives": 101}, 422, "alternatives is a number from 0 to 100, not 101."),
    ({"max_new_tokens": 0}, 422, "max_new_tokens is a number of tokens from 1 to 256 (PERISCOPE_MAX_NEW_TOKENS), not"),
    ({"max_new_tokens": 257}, 422, "max_new_tokens is a number of tokens from 1 to 256 (PERISCOPE_MAX_NEW_TOKENS)"),
    ({"positions": "some"}, 422, "positions is one of all, prompt, generated, not 'some'."),
    ({"prompt": "zq" * 100}, 422, "The prompt has 201 tokens; at most 64 are read"),
    ({"max_new_tokens": 64}, 409, "6 prompt tokens and 64 new ones do not fit the context of tiny-llama"),
    ({"prompt": ""}, 422, "prompt is empty; type something."),
    ({"prompt": None}, 422, "Give either prompt or messages."),
    ({"messages": [{"role": "user", "content": "a"}]}, 422, "Give either prompt or messages."),
    ({"terms": [TERM | {"mode": "shout"}]}, 422, "terms[0].mode is one of add, clamp, scale, ablate, project"),
    ({"terms": [TERM | {"everywhere": True}]}, 422, "Only vectors can be projected out at every layer"),
    ({"terms": [{"source": "mid"}]}, 422, "terms[0] needs either index (of a latent) or vector (its number)."),
    ({"terms": [{"index": 3}]}, 422, "terms[0] needs the source of latent 3."),
    ({"terms": [{"vector": 99}]}, 404, "There is no vector 99"),
    ({"terms": [TERM, {"source": "other", "index": 1, "mode": "scale"}]}, 409, "One model is steered at a time"),
    ({"model": "tiny-gpt2"}, 409, "Source mid belongs to tiny-llama, not to tiny-gpt2."),
    ({"model": "tiny-bert"}, 409, "There is no model 'tiny-bert' with a source; known models: tiny-gpt2, tiny-llama."),
    ({"terms": []}, 422, "Name a model or a source, or give at least one term."),
    ({"terms": [{"source": "mlp", "index": 3}]}, 409, "mlp has no finished build, so the maximum of latent 3"),
    ({"terms": [TERM | {"strenght": 1}]}, 422, "terms[0].strenght is not known here"),
    ({"stop": "x"}, 422, "stop is not known here"),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("changes", "status", "sentence"), REFUSED)
def test_what_cannot_be_asked_is_refused_in_one_sentence(
    api: TestClient, changes: Any, status: int, sentence: str, stream: bool
) -> None:
    body = {"prompt": PROMPT, "terms": [TERM], "max_new_tokens": 4, "stream": stream} | changes
    response = api.post(STEER, content=json.dumps(body), headers={"Content-Type": "application/json"})
    if response.status_code == 200:
        (event,) = [e for e in events_of(response.text) if e[0] != "waiting"]
        assert event[0] == "error"
        detail = event[1]
        assert detail["status"] == status
    else:
        assert response.status_code == status, response.text
        detail = response.json()
    assert set(detail) == {"type", "title", "status", "detail"}
    assert detail["detail"].startswith(sentence), detail["detail"]
    assert "\n" not in detail["detail"]


def events_of(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        assert [line.split(": ")[0] for line in lines] == ["event", "data"]
        found.append((lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))))
    return found


def test_a_stream_is_an_event_per_token_and_then_the_whole_answer(api: TestClient, latents: list[int]) -> None:
    body = {"source": "mid", "prompt": "where is the", "terms": [{"index": latents[0]}], "max_new_tokens": 9, "seed": 2}
    response = api.post(STEER, json=body | {"stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    events = [event for event in events_of(response.text) if event[0] != "waiting"]
    assert [name for name, _ in events[:-1]] == ["token"] * (len(events) - 1)
    name, done = events[-1]
    assert name == "done"
    whole = post(api, STEER, body)
    assert not done.pop("baseline_was_remembered")
    assert whole.pop("baseline_was_remembered")
    assert_alike(done, whole)
    for side in ("baseline", "steered"):
        mine = [data for _, data in events[:-1] if data["side"] == side]
        assert set(mine[0]) >= {"side", "token", "token_id", "logprob", "base_logprob", "kl"}
        assert [t["token_id"] for t in mine] == done[side]["token_ids"]
        assert [t["logprob"] for t in mine] == done[side]["logprobs"]
        assert [t["base_logprob"] for t in mine] == done[side]["base_logprobs"]
        assert [t["step"] for t in mine] == list(range(len(mine)))
        assert [t["kl"] for t in mine] == (done["steered"]["kl"] if side == "steered" else [None] * len(mine))


def test_several_clients_are_written_in_one_batch_each_as_alone(
    api: TestClient, latents: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.running.generate import TextBatch

    bodies = [
        {"source": "mid", "prompt": SENTENCES[n % 5], "seed": 40 + n, "max_new_tokens": 8 + n, "stop_at_eos": False,
         "terms": [{"index": latents[n], "strength": 0.5}]}
        for n in range(6)
    ]  # fmt: skip
    together: list[Any] = [None] * len(bodies)
    most = 0
    whole = TextBatch.write

    def counted(self: TextBatch) -> Any:
        nonlocal most
        most = max(most, self.live)
        time.sleep(0.02)  # so that the others arrive while the first is written
        return whole(self)

    monkeypatch.setattr(TextBatch, "write", counted)

    def ask(n: int) -> None:
        together[n] = post(api, STEER, bodies[n])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    monkeypatch.undo()
    assert most > 1
    for body, answer in zip(bodies, together, strict=True):
        alone = post(api, STEER, body | {"prepend_bos": True})
        for side in ("baseline", "steered"):
            assert answer[side]["token_ids"] == alone[side]["token_ids"]
            assert answer[side]["logprobs"] == pytest.approx(alone[side]["logprobs"], abs=1e-4)


@pytest.fixture(scope="module")
def own(world: World) -> Iterator[TestClient]:
    """An application of its own, with a small limit on new tokens."""
    settings = Settings(**{**world.settings.model_dump(), "max_new_tokens": 5})
    with TestClient(create_app(settings), base_url=BASE) as client:
        yield client


def test_without_a_number_as_many_tokens_are_written_as_fit(api: TestClient) -> None:
    answer = post(api, STEER, {"prompt": PROMPT, "terms": [TERM], "stop_at_eos": False})
    assert len(answer["prompt_tokens"]) + len(answer["steered"]["tokens"]) == 64


def test_the_limit_on_new_tokens_is_the_default_where_it_is_smaller(own: TestClient) -> None:
    answer = post(own, STEER, {"prompt": PROMPT, "terms": [TERM], "stop_at_eos": False})
    assert len(answer["steered"]["tokens"]) == 5


class Connection:
    """One request made by hand, whose client leaves after so many pieces of the body."""

    def __init__(self, body: Any, leave_after: int | None) -> None:
        self.messages = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
        self.leave_after = leave_after
        self.left = asyncio.Event()
        self.sent: list[Any] = []
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": STEER,
            "raw_path": STEER.encode(), "query_string": b"", "root_path": "", "scheme": "http",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip

    async def receive(self) -> Any:
        if self.messages:
            return self.messages.pop(0)
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        tokens = [m for m in self.sent if b"event: token" in m.get("body", b"")]
        if self.leave_after is not None and len(tokens) >= self.leave_after:
            self.left.set()


@pytest.mark.parametrize("stream", [True, False])
def test_writing_stops_within_a_token_when_the_client_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    from models.running.generate import TextBatch

    steps: list[int] = []
    whole = TextBatch.write

    def slow(self: TextBatch) -> Any:
        steps.append(self.live)
        time.sleep(0.05)
        return whole(self)

    monkeypatch.setattr(TextBatch, "write", slow)

    async def main() -> None:
        app = create_app(world.settings)
        body = {"prompt": PROMPT, "terms": [TERM], "max_new_tokens": 50, "stop_at_eos": False, "stream": stream}
        connection = Connection(body, 6 if stream else None)
        task = asyncio.create_task(app(connection.scope, connection.receive, connection.send))
        if not stream:
            while len(steps) < 3:
                await asyncio.sleep(0.01)
            connection.left.set()
        await task
        at = len(steps)
        await asyncio.sleep(0.4)
        assert len(steps) <= at + 1 < 20
        engine = app.state.models
        assert engine.budget.used == sum(state.bytes for state in engine.states())
        steps.clear()
        later = Connection(body | {"stream": False, "max_new_tokens": 2}, None)
        await app(later.scope, later.receive, later.send)
        assert later.sent[0]["status"] == 200
        await asyncio.to_thread(engine.close)

    asyncio.run(main())


def test_who_leaves_while_the_model_loads_leaves_nothing_behind(world: World) -> None:
    async def main() -> None:
        app = create_app(world.settings)
        engine = app.state.models
        loading, release = engine._load, threading.Event()

        def slow(*arguments: Any) -> Any:
            assert release.wait(30)
            return loading(*arguments)

        engine._load = slow
        connection = Connection({"prompt": PROMPT, "terms": [TERM], "max_new_tokens": 4, "stream": True}, None)
        task = asyncio.create_task(app(connection.scope, connection.receive, connection.send))
        while len(connection.sent) < 2:
            await asyncio.sleep(0.01)
        assert b'event: waiting\ndata: {"position":0,"model":"loading"}' in connection.sent[1]["body"]
        connection.left.set()
        await task
        assert sum(state.waiting for state in engine.states()) == 0
        release.set()
        await asyncio.to_thread(engine.close)

    asyncio.run(main())
