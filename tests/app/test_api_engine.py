"""The microscope and the activations of one latent over HTTP, with real tiny models, against sae_lens on them."""

import asyncio
import json
import time
from typing import Any

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from httpx import ASGITransport, AsyncClient
from sae_lens import SAE
from transformers import AutoModelForCausalLM, AutoTokenizer

from app.db.queries.latents import densities as stored_densities
from app.db.queries.latents import max_activations
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.main import create_app
from app.settings import Settings
from tests.app.engine_support import LABEL, LABELLED, SOURCES, World, api, world
from tests.models.tiny import END, SENTENCES
from tests.web import BASE

__all__ = ["api", "world"]

TEXT = SENTENCES[3]
MICROSCOPE = "/api/v1/microscope"


def post(client: TestClient, path: str, body: Any, status: int = 200) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == status, response.text
    return response.json()


def expected(world: World, slug: str, text: str) -> tuple[list[int], torch.Tensor]:
    """Token ids and latents (pos, d_sae) by transformers and sae_lens alone."""
    folder = world.model_of(slug)
    ids = AutoTokenizer.from_pretrained(folder)(text, add_special_tokens=False)["input_ids"]
    sae = SAE.load_from_disk(world.saes[slug])
    if sae.cfg.metadata.prepend_bos:
        ids = [0, *ids]
    model = AutoModelForCausalLM.from_pretrained(folder)
    layer = int(SOURCES[slug][2].split(".")[1])
    with torch.no_grad():
        if "mlp_out" in SOURCES[slug][2]:
            box = {}
            mlp = model.model.layers[layer].mlp
            mlp.register_forward_hook(lambda m, i, o: box.update(x=o))
            model(torch.tensor([ids]))
            state = box["x"]
        else:
            blocks = model.transformer.h if hasattr(model, "transformer") else model.model.layers
            box = {}
            blocks[layer].register_forward_hook(lambda m, i, o: box.update(x=o[0] if isinstance(o, tuple) else o))
            model(torch.tensor([ids]))
            state = box["x"]
        return ids, sae.encode(state[0])


def dense(source: Any, d_sae: int) -> torch.Tensor:
    values = torch.zeros(len(source["per_token"]), d_sae)
    for position, latents in enumerate(source["per_token"]):
        for latent in latents:
            values[position, latent["index"]] = latent["activation"]
    return values


@pytest.mark.parametrize("slug", SOURCES)
def test_every_activation_equals_that_of_sae_lens_on_transformers(api: TestClient, world: World, slug: str) -> None:
    ids, latents = expected(world, slug, TEXT)
    answer = post(api, MICROSCOPE, {"text": TEXT, "sources": [slug], "top_k": 100})
    assert answer["token_ids"] == ids
    source = answer["sources"][0]
    assert torch.allclose(dense(source, latents.shape[1]), latents, atol=1e-4, rtol=1e-4)
    assert source["n_active"] == (latents > 0).sum(1).tolist()
    assert "".join(answer["tokens"]).endswith(TEXT)


def test_the_answer_has_the_shape_of_the_contract(api: TestClient) -> None:
    answer = post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid", "mlp"]})
    assert {"tokens", "token_ids", "sources"} <= set(answer)
    assert [source["source"] for source in answer["sources"]] == ["mid", "mlp"]
    for source in answer["sources"]:
        assert len(source["per_token"]) == len(answer["tokens"]) == len(answer["token_ids"])
        assert {"index", "activation", "label"} <= set(source["per_token"][1][0])
        ranked = {"index", "max_activation", "position", "sum", "share_of_max", "label"}
        assert ranked <= set(source["ranking"][0])
        assert max(len(latents) for latents in source["per_token"]) <= 10


def test_the_ranking_is_over_tokens_that_count_by_maximum_sum_or_share(api: TestClient, world: World) -> None:
    _, latents = expected(world, "mid", TEXT)
    latents = latents.clone()
    latents[0] = 0  # BOS
    with make_session_maker(make_engine(world.settings))() as session:
        source = source_by_slug(session, "mid")
        maxima = max_activations(session, source, range(96))
    share = np.array([float(latents[:, i].max()) / maxima[i] if maxima[i] else np.inf for i in range(96)])
    by = {"max": latents.amax(0).numpy(), "sum": latents.sum(0).numpy(), "share": share}
    for name, values in by.items():
        ranking = post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid"], "rank_by": name, "ranked": 9})["sources"][0][
            "ranking"
        ]
        fired = latents.amax(0).numpy() > 0
        wanted = np.sort(np.where(fired, values, -np.inf))[::-1][:9]
        field = {"max": "max_activation", "sum": "sum", "share": "share_of_max"}[name]
        assert [row[field] or np.inf for row in ranking] == pytest.approx(wanted, rel=1e-3)
        for row in ranking:
            column = latents[:, row["index"]]
            assert row["max_activation"] == pytest.approx(float(column.max()), rel=1e-3)
            assert row["position"] == int(column.argmax())
            assert row["n_tokens"] == int((column > 0).sum())
            if maxima[row["index"]]:
                assert row["share_of_max"] == pytest.approx(float(column.max()) / maxima[row["index"]], rel=1e-3)


def test_the_ranking_can_be_over_chosen_tokens(api: TestClient, world: World) -> None:
    _, latents = expected(world, "deep", TEXT)
    body = {"text": TEXT, "sources": ["deep"], "positions": [2, 5, 999], "rank_by": "sum", "ranked": 1000}
    ranking = post(api, MICROSCOPE, body)["sources"][0]["ranking"]
    sums = latents[[2, 5]].sum(0)
    assert {row["index"] for row in ranking} == set(sums.nonzero().flatten().tolist())
    assert [row["sum"] for row in ranking] == pytest.approx(
        sums[sums > 0].sort(descending=True).values.tolist(), rel=1e-3
    )


def test_dense_latents_are_hidden_by_their_density_in_the_build(api: TestClient, world: World) -> None:
    with make_session_maker(make_engine(world.settings))() as session:
        densities = stored_densities(session, source_by_slug(session, "mid"))
    limit = float(np.median(list(densities.values())))
    whole = post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid"], "top_k": 100})["sources"][0]
    thin = post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid"], "top_k": 100, "max_density": limit})["sources"][0]
    for before, after in zip(whole["per_token"], thin["per_token"], strict=True):
        assert [row for row in before if densities[row["index"]] <= limit] == after
    assert all(densities[row["index"]] <= limit for row in thin["ranking"])
    assert thin["n_active"] == whole["n_active"]


def test_labels_are_shown_and_what_a_build_would_add_is_null_without_one(api: TestClient) -> None:
    answer = post(
        api, MICROSCOPE, {"text": " ".join(SENTENCES[:2]), "sources": ["mid", "mlp"], "top_k": 100, "ranked": 500}
    )
    built, other = answer["sources"]
    assert {row["label"] for row in built["ranking"] if row["index"] == LABELLED} == {LABEL}
    assert {row["label"] for row in built["ranking"] if row["index"] != LABELLED} == {None}
    assert (built["has_build"], other["has_build"]) == (True, False)
    assert {row["share_of_max"] for row in other["ranking"]} == {None}
    assert "no finished build" in other["notes"][0]
    assert "periscope build mlp" in other["notes"][0]


def test_sources_that_want_no_bos_are_read_without_one_beside_those_that_do(api: TestClient, world: World) -> None:
    alone = post(api, MICROSCOPE, {"text": TEXT, "sources": ["nobos"], "top_k": 100})
    both = post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid", "nobos"], "top_k": 100})
    assert both["token_ids"] == [0, *alone["token_ids"]]
    shifted = both["sources"][1]["per_token"]
    assert shifted[0] == []
    for a, b in zip(alone["sources"][0]["per_token"], shifted[1:], strict=True):
        assert {row["index"]: row["activation"] for row in a} == pytest.approx(
            {row["index"]: row["activation"] for row in b}, rel=1e-4
        )
    assert both["texts"][0]["counted"][0] is False


def test_sources_of_several_models_each_read_the_tokens_of_their_own(api: TestClient, world: World) -> None:
    answer = post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid", "other"], "top_k": 100})
    assert [text["model"] for text in answer["texts"]] == ["tiny-llama", "tiny-gpt2"]
    for source in answer["sources"]:
        ids, latents = expected(world, source["source"], TEXT)
        assert answer["texts"][source["text"]]["token_ids"] == ids
        assert torch.allclose(dense(source, latents.shape[1]), latents, atol=1e-4, rtol=1e-4)


def test_a_chat_shows_its_roles_and_special_tokens(api: TestClient) -> None:
    messages = [{"role": "user", "content": f"say {END}"}, {"role": "assistant", "content": "no"}]
    text = post(api, MICROSCOPE, {"messages": messages, "sources": ["mid"]})["texts"][0]
    assert text["tokens"][:2] == [END, "<|user|>"]
    assert text["roles"][0] is None
    assert set(text["roles"][1:]) == {"user", "assistant"}
    assert [t for t, s in zip(text["tokens"], text["special"], strict=True) if s] == [
        END,
        "<|user|>",
        END,
        "<|assistant|>",
        END,
    ]


BAD = {
    "neither": ({"sources": ["mid"]}, 422, "Give either text or messages."),
    "both": (
        {"text": "a", "messages": [{"role": "user", "content": "b"}], "sources": ["mid"]},
        422,
        "Give either text or messages.",
    ),
    "empty text": ({"text": "", "sources": ["mid"]}, 422, "text is empty; type something."),
    "long": (
        {"text": "zq" * 500, "sources": ["mid"]},
        422,
        "The text has 1,001 tokens; at most 64 are read (the context of tiny-llama). Shorten it.",
    ),
    "no source": ({"text": "a", "sources": []}, 422, "sources has 0 entries; from 1 to 16 are read at once."),
    "unknown source": (
        {"text": "a", "sources": ["nope"]},
        404,
        "There is no source 'nope'. Known sources: deep, mid, mlp, nobos, other.",
    ),
    "top_k": (
        {"text": "a", "sources": ["mid"], "top_k": 0},
        422,
        "top_k is a number of latents per token from 1 to 100, not 0.",
    ),
    "density": (
        {"text": "a", "sources": ["mid"], "max_density": 2},
        422,
        "max_density is a share of tokens from 0 to 1, not 2.",
    ),
    "density without a build": (
        {"text": "a", "sources": ["mlp"], "max_density": 0.1},
        409,
        "mlp has no finished build",
    ),
    "rank": (
        {"text": "a", "sources": ["mid"], "rank_by": "luck"},
        422,
        "rank_by is one of max, sum, share, not 'luck'.",
    ),
    "role": (
        {"messages": [{"role": "robot", "content": "a"}], "sources": ["mid"]},
        422,
        "messages[0].role is one",
    ),
    "no template": (
        {"messages": [{"role": "user", "content": "a"}], "sources": ["other"]},
        409,
        "tiny-gpt2 has no chat template",
    ),
    "unknown option": ({"text": "a", "sources": ["mid"], "topk": 3}, 422, "topk"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_in_one_sentence(api: TestClient, name: str) -> None:
    body, status, sentence = BAD[name]
    answer = post(api, MICROSCOPE, body, status)
    assert set(answer) == {"type", "title", "status", "detail"}
    assert answer["detail"].startswith(sentence)


def test_half_a_surrogate_pair_is_refused(api: TestClient) -> None:
    body = json.dumps({"text": "a\ud83d", "sources": ["mid"]})
    response = api.post(MICROSCOPE, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert "valid Unicode" in response.json()["detail"]
    body = json.dumps({"text": "a", "sources": ["\ud83d"]})
    response = api.post(MICROSCOPE, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422


def test_8_000_characters_are_counted_and_refused(api: TestClient) -> None:
    answer = post(api, MICROSCOPE, {"text": "zq" * 4_000, "sources": ["mid"]}, 422)
    assert answer["detail"].startswith("The text has 8,001 tokens; at most 64 are read")


@pytest.mark.parametrize("text", ["\x00\x1b[0m", "שלום", "👩‍👧 🦄", f"typed {END}", "<script>alert(1)</script>", " "])
def test_odd_texts_are_read_as_they_are(api: TestClient, text: str) -> None:
    answer = post(api, MICROSCOPE, {"text": text, "sources": ["mid"]})
    assert "".join(answer["tokens"][1:]) == text
    assert answer["token_ids"].count(0) == 1


# -------------------------------------------------------------------- one latent


def test_one_latent_on_several_texts(api: TestClient, world: World) -> None:
    texts = [TEXT, SENTENCES[0], "a"]
    for slug in ("mid", "mlp", "other"):
        _, latents = expected(world, slug, TEXT)
        index = int(latents[1:].sum(0).argmax())
        answer = post(api, f"/api/v1/sources/{slug}/latents/{index}/activations", {"texts": texts})
        assert len(answer["texts"]) == 3
        for text, found in zip(texts, answer["texts"], strict=True):
            ids, latents = expected(world, slug, text)
            assert found["token_ids"] == ids
            assert found["activations"] == pytest.approx(latents[:, index].tolist(), abs=1e-4)
            assert found["max_activation"] == pytest.approx(float(latents[1:, index].max()), abs=1e-4)
        assert (answer["corpus_max"] is None) == (slug != "mid")
        assert (answer["texts"][0]["share_of_max"] is None) == (slug != "mid")


def test_a_text_above_the_best_of_the_corpus_is_marked(api: TestClient, world: World) -> None:
    with make_session_maker(make_engine(world.settings))() as session:
        maxima = max_activations(session, source_by_slug(session, "mid"), range(96))
    for index in (LABELLED, 20):
        for found in post(api, f"/api/v1/sources/mid/latents/{index}/activations", {"texts": SENTENCES})["texts"]:
            assert found["above_corpus"] == (found["max_activation"] > maxima[index])
            assert found["share_of_max"] == (found["max_activation"] / maxima[index] if maxima[index] else None)


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("mid/latents/3", {"texts": []}, 422, "texts has 0 entries; from 1 to 64 are read at once."),
        ("mid/latents/3", {"texts": ["a"] * 65}, 422, "texts has 65 entries; from 1 to 64 are read at once."),
        ("mid/latents/3", {"texts": ["a", ""]}, 422, "texts[1] is empty; type something."),
        ("mid/latents/3", {"texts": ["a", "zq" * 200]}, 422, "Text 2 has 401 tokens; at most 64 are read"),
        ("mid/latents/96", {"texts": ["a"]}, 404, "mid has no latent 96; its latents are 0 to 95."),
        ("nope/latents/3", {"texts": ["a"]}, 404, "There is no source 'nope'."),
        ("mid/latents/3", {}, 422, "texts is missing."),
    ],
)
def test_bad_texts_for_a_latent_are_refused(api: TestClient, path: str, body: Any, status: int, sentence: str) -> None:
    assert post(api, f"/api/v1/sources/{path}/activations", body, status)["detail"].startswith(sentence)


# -------------------------------------------------------------------- many at once


def mixed(n: int) -> tuple[str, dict[str, Any]]:
    """The n-th of a mix of requests."""
    text = f"{SENTENCES[n % 5][: 10 + n]} {n}"
    if n % 4 == 0:
        return MICROSCOPE, {"text": text, "sources": ["mid", "deep", "nobos"], "top_k": 5}
    if n % 4 == 1:
        return f"/api/v1/sources/mlp/latents/{n}/activations", {"texts": [text, SENTENCES[0]]}
    if n % 4 == 2:
        return MICROSCOPE, {"text": text, "sources": ["other", "mlp"]}
    return MICROSCOPE, {"text": "" if n % 8 == 3 else text, "sources": ["deep"], "rank_by": "sum"}


def close(a: Any, b: Any) -> bool:
    """Whether two answers are equal, numbers up to rounding."""
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-5 * max(1.0, abs(a), abs(b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def test_40_mixed_requests_at_once_give_what_each_gives_alone(world: World) -> None:
    async def main() -> tuple[list[Any], list[Any]]:
        app = create_app(world.settings)
        async with AsyncClient(transport=ASGITransport(app), base_url=BASE, timeout=60) as client:
            requests = [mixed(n) for n in range(40)]
            together = await asyncio.gather(*(client.post(path, json=body) for path, body in requests))
            alone = [await client.post(path, json=body) for path, body in requests]
        await asyncio.to_thread(app.state.models.close)
        return together, alone

    together, alone = asyncio.run(main())
    assert {response.status_code for response in alone} == {200, 422}
    for a, b in zip(together, alone, strict=True):
        assert a.status_code == b.status_code
        assert close(a.json(), b.json())


def test_a_full_queue_answers_503_with_a_time_to_come_back(world: World) -> None:
    settings = Settings(_env_file=None, **world.settings.model_dump() | {"max_queue": 1})

    async def main() -> list[Any]:
        app = create_app(settings)
        async with AsyncClient(transport=ASGITransport(app), base_url=BASE, timeout=60) as client:
            found = await asyncio.gather(
                *(client.post(MICROSCOPE, json={"text": TEXT, "sources": ["mid"]}) for _ in range(6))
            )
        await asyncio.to_thread(app.state.models.close)
        return found

    responses = asyncio.run(main())
    refused = [response for response in responses if response.status_code == 503]
    assert refused
    assert len(refused) < 6
    assert all(int(response.headers["Retry-After"]) > 0 for response in refused)
    assert "PERISCOPE_MAX_QUEUE" in refused[0].json()["detail"]


def test_work_of_a_client_that_left_is_dropped(world: World) -> None:
    """A connection that closes while its request waits for the model to load."""

    async def main() -> tuple[int, int]:
        app = create_app(world.settings)
        body = b'{"text": "a b c", "sources": ["mid"]}'
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            if messages:
                return messages.pop(0)
            await asyncio.sleep(0.2)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": MICROSCOPE,
            "raw_path": MICROSCOPE.encode(), "query_string": b"", "root_path": "", "scheme": "http",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip
        engine = app.state.models
        loading = engine._load
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(*arguments: Any) -> Any:
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
            return loading(*arguments)

        engine._load = slow
        await app(scope, receive, send)
        waiting = sum(state.waiting for state in engine.states())
        release.set()
        await asyncio.to_thread(engine.close)
        return next(m["status"] for m in sent if m["type"] == "http.response.start"), waiting

    assert asyncio.run(main()) == (499, 0)


def test_models_are_listed_with_their_state_and_can_be_unloaded(api: TestClient) -> None:
    post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid"]})
    answer = api.get("/api/v1/models").json()
    model = next(m for m in answer["models"] if m["model"] == "tiny-llama")
    assert (model["state"], model["error"], model["waiting"]) == ("ready", None, 0)
    assert "mid" in model["sources"]
    assert 0 < model["bytes"] <= answer["used_bytes"] <= answer["budget_bytes"]
    deadline = time.monotonic() + 5
    while (status := api.delete("/api/v1/models/tiny-llama").status_code) == 409:
        assert time.monotonic() < deadline
    assert status == 204
    assert api.delete("/api/v1/models/nothing").status_code == 404
    assert post(api, MICROSCOPE, {"text": TEXT, "sources": ["mid"]})["tokens"]
