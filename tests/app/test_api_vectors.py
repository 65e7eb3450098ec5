"""Calibration, balance, vectors, mixes and snippets over HTTP, against the models package and plain transformers."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from safetensors.numpy import load
from transformers import AutoModelForCausalLM

from app.engine.engine import ModelEngine
from app.engine.sources import Reader
from app.engine.texts import TextInput
from app.main import create_app
from app.settings import Settings
from app.steer.calibrate import NEUTRAL_MESSAGES
from app.steer.calibrate_task import CalibrateJob
from app.steer.terms import TermRequest, resolve
from models.loading.opening import load_dictionary, load_language_model
from models.sources import SourceSpec
from models.steering.calibration import Plan, balance, calibrate
from models.steering.terms import Board, LatentSubject, SteerTerm
from models.steering.vectors import contrast_vector, load_vector
from tests.app.engine_support import LABEL, LABELLED, World, assert_alike, world
from tests.app.test_api_engine import expected, post
from tests.app.test_api_steer import events_of, maxima
from tests.models.tiny import SENTENCES
from tests.web import BASE

__all__ = ["world"]

HOOK = "blocks.1.hook_resid_post"
LISTS = {"positive": SENTENCES[:3], "negative": [SENTENCES[3], "the dog", "old maps and new"]}


@pytest.fixture(scope="module")
def own(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application on a copy of the database, which these tests write to."""
    folder = tmp_path_factory.mktemp("steering")
    shutil.copytree(world.settings.data_dir, folder / "data")
    given = {**world.settings.model_dump(), "data_dir": folder / "data", "database_url": ""}
    with TestClient(create_app(Settings(_env_file=None, **given)), base_url=BASE) as client:
        yield client


@pytest.fixture(scope="module")
def model(world: World) -> Any:
    return load_language_model(str(world.models["llama"]), "cpu", "float32")


@pytest.fixture(scope="module")
def strong(world: World) -> tuple[int, float]:
    found = maxima(world)
    index = max(found, key=lambda i: found[i])
    return index, found[index]


def saes_of(world: World, *slugs: str) -> dict[str, Any]:
    return {s: load_dictionary(SourceSpec(str(world.model_of(s)), str(world.saes[s]), None)) for s in slugs}


def plan_of(model: Any, prompts: Any) -> Plan:
    return Plan(tuple((0, *model.tokenize(text)) for text in prompts))


# -------------------------------------------------------------------- calibration and balance


def test_a_calibration_equals_the_models_package_is_stored_and_comes_back_from_the_database(
    own: TestClient, world: World, model: Any, strong: tuple[int, float]
) -> None:
    index, peak = strong
    body = {"source": "mid", "index": index, "mode": "clamp", "prompts": ["the cat", "she sells"]}
    first = post(own, "/api/v1/calibrate", body)
    assert set(first) >= {"strengths", "effect", "base_nll", "distinct_2", "safe_low", "safe_high", "recommended"}
    term = SteerTerm(LatentSubject("mid", index, peak), "clamp")
    wanted = calibrate(model, saes_of(world, "mid"), term, plan_of(model, body["prompts"]))
    assert first["strengths"] == list(wanted.strengths)
    assert first["fluent_share"] == pytest.approx(wanted.fluent_share)
    assert (first["strained_low"], first["strained_high"]) == (wanted.strained_low, wanted.strained_high)
    assert first["unsteered_share"] == wanted.unsteered_share
    assert (first["is_chat"], first["prompts"]) == (False, body["prompts"])
    assert [(s["baseline"], s["steered"]) for s in first["samples"]] == [
        ("".join(model.token_strings(s.baseline)), "".join(model.token_strings(s.steered))) for s in wanted.samples
    ]
    assert first["effect"] == pytest.approx(wanted.effect, abs=1e-4)
    assert first["base_nll"] == pytest.approx(wanted.base_nll, abs=1e-4)
    assert first["distinct_2"] == pytest.approx(wanted.distinct_2, abs=1e-4)
    assert (first["safe_low"], first["safe_high"]) == (wanted.safe_low, wanted.safe_high)
    assert first["recommended"] == wanted.recommended
    assert (first["unit"], first["was_stored"]) == (peak, False)
    for again in (body, body | {"prompts": None}):
        assert post(own, "/api/v1/calibrate", again) == first | {"was_stored": True}
    assert post(own, "/api/v1/calibrate", body | {"fresh": True})["was_stored"] is False
    assert post(own, "/api/v1/calibrate", body | {"prompts": ["a dog"]})["prompts"] == ["a dog"]
    streamed = events_of(own.post("/api/v1/calibrate", json=body | {"fresh": True, "stream": True}).text)
    steps = [data["done"] for name, data in streamed if name == "progress"]
    assert steps == sorted(steps)
    assert 1 < len(steps) <= streamed[-2][1]["total"]
    assert (streamed[-1][0], streamed[-1][1]["safe_high"]) == ("done", first["safe_high"])
    stored = events_of(own.post("/api/v1/calibrate", json=body | {"stream": True}).text)
    assert [(name, data["was_stored"]) for name, data in stored] == [("done", True)]
    refused = own.post("/api/v1/calibrate", json=body | {"mode": "ablate", "stream": True})
    assert refused.status_code == 422
    cool = post(own, "/api/v1/calibrate", body | {"temperature": 0.5})
    plan = plan_of(model, body["prompts"])
    plan = replace(plan, sampling=replace(plan.sampling, temperature=0.5))
    assert cool["base_nll"] == pytest.approx(calibrate(model, saes_of(world, "mid"), term, plan).base_nll, abs=1e-4)
    assert (cool["temperature"], cool["was_stored"]) == (0.5, False)
    assert post(own, "/api/v1/calibrate", body) == cool | {"was_stored": True}
    assert post(own, "/api/v1/calibrate", body | {"temperature": 1, "prompts": ["a dog"]})["was_stored"] is False
    listed = own.get("/api/v1/calibrations", params={"source": "mid", "index": index}).json()["calibrations"]
    assert [(c["mode"], c["prompts"]) for c in listed] == [("clamp", ["a dog"])]
    assert own.get("/api/v1/calibrations", params={"source": "mid"}).json()["calibrations"] == listed


def test_a_mix_is_balanced_as_by_the_models_package_with_its_close_pairs(
    own: TestClient, world: World, model: Any, strong: tuple[int, float]
) -> None:
    index, _ = strong
    other = next(i for i, value in maxima(world).items() if value > 0 and i != index)
    terms = [{"source": "mid", "index": i, "strength": s} for i, s in ((index, 9.0), (other, -6.0), (index, 3.0))]
    answer = post(own, "/api/v1/balance", {"terms": terms, "prompts": ["the cat"]})
    subjects = [LatentSubject("mid", t["index"], maxima(world)[t["index"]]) for t in terms]
    board = Board(tuple(SteerTerm(s, "add", t["strength"]) for s, t in zip(subjects, terms, strict=True)))
    wanted = balance(model, saes_of(world, "mid"), board, plan_of(model, ["the cat"]))
    assert (answer["factor"], answer["fluent_share"]) == (wanted.factor, wanted.fluent_share)
    assert answer["terms"][0]["strength"] == pytest.approx(9.0 * wanted.factor)
    assert [(t["source"], t["index"], t["mode"]) for t in answer["terms"]] == [
        ("mid", t["index"], "add") for t in terms
    ]
    pairs = {(pair["first"], pair["second"]): pair["cosine"] for pair in answer["close_pairs"]}
    assert pairs[0, 2] == pytest.approx(1)
    assert "nearly the same direction (cosine 1.00)" in answer["notes"][0]


REFUSED = [
    ("calibrate", {"source": "mid", "index": 96}, 404, "mid has no latent 96"),
    ("calibrate", {"source": "mid", "index": 2, "mode": "ablate"}, 422, "mode is one of add, clamp, scale, project"),
    ("calibrate", {"source": "mid", "index": 2, "mode": "x"}, 422, "mode is one of add, clamp"),
    ("calibrate", {"source": "mlp", "index": 2}, 409, "mlp has no finished build, so the maximum of latent 2"),
    ("calibrate", {"source": "mid"}, 422, "Give either source and index, or vector."),
    ("calibrate", {"source": "mid", "index": 2, "prompts": []}, 422, "prompts has 0 entries; from 1 to 16"),
    ("calibrate", {"source": "mid", "index": LABELLED, "prompts": ["a", ""]}, 422, "prompts[1] is empty"),
    ("calibrate", {"source": "mid", "index": LABELLED, "prompts": ["zq" * 25]}, 409, "51 prompt tokens and 16 new"),
    ("calibrate", {"source": "mid", "index": LABELLED, "temperature": -1}, 422, "temperature is a number from 0 to 10"),
    ("balance", {"terms": [{"source": "mid", "index": LABELLED}], "temperature": 11}, 422, "temperature is a number"),
    ("calibrate", {"vector": 999}, 404, "There is no vector 999"),
    ("balance", {"terms": []}, 422, "terms has 0 entries; from 1 to 64 can be balanced."),
    ("balance", {"terms": [{"source": "mid", "index": 2, "strength": 1e9}]}, 422, "terms[0].strength is a number from"),
    ("vectors", {"model": "tiny-llama", "positive": [], "negative": ["a"]}, 422, "positive has 0 entries; from 1 to"),
    ("vectors", {"model": "tiny-llama", "positive": ["a"], "negative": ["a"]}, 409, "The two lists have the same"),
    ("vectors", {"model": "tiny-llama", "positive": ["a"], "negative": ["b", ""]}, 422, "negative[1] is empty"),
    ("vectors", {"model": "nope", "positive": ["a"], "negative": ["b"]}, 409, "There is no model 'nope'"),
    ("vectors", {"positive": ["a"], "negative": ["b"]}, 422, "Name a model or a source"),
    ("vectors", {"model": "tiny-llama", "positive": ["a"], "negative": ["b"], "positions": "all"}, 422, "positions is"),
    ("vectors", {"model": "tiny-llama", "positive": ["a"], "negative": ["b"], "hook_name": "x"}, 409, ""),
    ("vectors", {"model": "tiny-llama", "positive": ["a"], "negative": ["b"], "name": " "}, 422, "name is empty"),
    ("mixes", {"name": "", "source": "mid"}, 422, "name is empty; type something."),
    ("mixes", {"name": "x", "terms": [{"source": "mid", "index": 96}]}, 404, "mid has no latent 96"),
    ("mixes", {"name": "x", "source": "mid", "temperature": -1}, 422, "temperature is a number from 0 to 10"),
    ("mixes", {"name": "x", "source": "mid", "prompt": "a\0b"}, 422, "prompt contains the character NUL"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "sentence"), REFUSED)
def test_what_cannot_be_asked_is_refused_in_one_sentence(
    own: TestClient, path: str, body: Any, status: int, sentence: str
) -> None:
    answer = post(own, f"/api/v1/{path}", body, status)
    assert answer["detail"].startswith(sentence), answer["detail"]
    assert "\n" not in answer["detail"]


def test_a_calibration_stops_within_a_token_when_its_client_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.running.generate import TextBatch

    steps: list[str] = []
    whole = TextBatch.write

    def slow(self: TextBatch) -> Any:
        steps.append(threading.current_thread().name)
        time.sleep(0.02)
        return whole(self)

    monkeypatch.setattr(TextBatch, "write", slow)

    async def main() -> None:
        app = create_app(world.settings)
        reader = Reader(app.state.sessions, world.settings)
        found = resolve(reader, [TermRequest("add", 1.0, "mid", LABELLED)])
        prompts = (TextInput("the cat"),)
        job = CalibrateJob(found.location, found.keys, found.terms[0], prompts, True, reader.limits(found.model))
        engine: ModelEngine = app.state.models
        task = asyncio.create_task(engine.run(job))
        while len(steps) < 4:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        at = len(steps)
        await asyncio.sleep(0.4)
        assert len(steps) <= at + 1 < 24
        assert engine.budget.used == sum(state.bytes for state in engine.states())
        await asyncio.to_thread(engine.close)

    asyncio.run(main())


# -------------------------------------------------------------------- vectors


@pytest.mark.parametrize("positions", ["last", "mean"])
def test_a_vector_equals_plain_transformers_and_is_saved_listed_used_exported_and_deleted(
    own: TestClient, world: World, model: Any, positions: str, tmp_path: Path
) -> None:
    body = {"model": "tiny-llama", "name": f"v {positions}", "hook_name": HOOK, "positions": positions, **LISTS}
    answer = post(own, "/api/v1/vectors", body)
    plain = AutoModelForCausalLM.from_pretrained(world.models["llama"])

    def x(text: str) -> torch.Tensor:
        with torch.no_grad():
            h = plain(torch.tensor([expected(world, "mid", text)[0]]), output_hidden_states=True).hidden_states[2][
                0, 1:
            ]
        return h[-1] if positions == "last" else h.mean(0)

    v = sum(map(x, LISTS["positive"])) / 3 - sum(map(x, LISTS["negative"])) / 3
    assert answer["norm"] == pytest.approx(float(v.norm()), rel=1e-4)
    assert answer["projections"]["positive"] == pytest.approx(
        [float(x(text) @ v / v.norm()) for text in LISTS["positive"]], abs=1e-3
    )
    ids = {name: [(0, *model.tokenize(text)) for text in texts] for name, texts in LISTS.items()}
    wanted = contrast_vector(model, ids["positive"], ids["negative"], HOOK, positions)
    assert answer["residual_share"] == pytest.approx(wanted.residual_share, rel=1e-4)
    assert answer["auroc"] == wanted.auroc
    assert answer["warnings"] == list(wanted.warnings)
    rows = saes_of(world, "mid")["mid"].W_dec.float()
    cosines = (rows @ v) / (rows.norm(dim=1) * v.norm())
    best = [found for found in answer["nearest"] if found["source"] == "mid"]
    assert [found["index"] for found in best] == cosines.topk(10).indices.tolist()
    assert [found["cosine"] for found in best] == pytest.approx(cosines.topk(10).values.tolist(), abs=1e-4)
    assert len(answer["promoted"]) == len(answer["suppressed"]) == 10
    number = answer["id"]
    assert post(own, "/api/v1/vectors", body, 409)["detail"].startswith("The model has a vector")
    listed = {row["id"]: row for row in own.get("/api/v1/vectors").json()["vectors"]}
    assert listed[number]["name"] == f"v {positions}"
    assert listed[number]["norm"] == answer["norm"]
    exported = own.get(f"/api/v1/vectors/{number}.safetensors")
    assert load(exported.content)["vector"] == pytest.approx(v.numpy(), abs=1e-4)
    (tmp_path / "v.safetensors").write_bytes(exported.content)
    read = load_vector(tmp_path / "v.safetensors")
    assert (read.hook_name, read.positions) == (HOOK, positions)
    check_steering_along(own, world, number, v)
    own_calibration = post(own, "/api/v1/calibrate", {"vector": number, "prompts": ["the cat"]})
    assert own_calibration["unit"] == pytest.approx(answer["norm"])
    assert own.get("/api/v1/calibrations", params={"vector": number}).json()["calibrations"][0]["mode"] == "add"
    everywhere = {"vector": number, "mode": "project", "everywhere": True}
    steer = {"prompt": "the cat", "max_new_tokens": 3, "terms": [everywhere]}
    assert post(own, "/api/v1/steer", steer)["terms"][0]["everywhere"] is True
    assert own.delete(f"/api/v1/vectors/{number}").status_code == 204
    assert own.delete(f"/api/v1/vectors/{number}").status_code == 404
    assert own.get(f"/api/v1/vectors/{number}.safetensors").status_code == 404
    assert number not in {row["id"] for row in own.get("/api/v1/vectors").json()["vectors"]}


def check_steering_along(own: TestClient, world: World, number: int, v: torch.Tensor) -> None:
    """One greedy step with the vector added, by hand."""
    answer = post(
        own,
        "/api/v1/steer",
        {"prompt": "the cat", "terms": [{"vector": number, "strength": 0.5}], "max_new_tokens": 1, "temperature": 0},
    )
    plain = AutoModelForCausalLM.from_pretrained(world.models["llama"])

    def hook(_m: Any, _i: Any, out: Any) -> Any:
        h = (out[0] if isinstance(out, tuple) else out).clone()
        h[:, 1:] += 0.5 * v
        return (h, *out[1:]) if isinstance(out, tuple) else h

    plain.model.layers[1].register_forward_hook(hook)
    with torch.no_grad():
        logits = plain(torch.tensor([answer["prompt_token_ids"]]), use_cache=False).logits[0, -1].log_softmax(-1)
    assert answer["steered"]["token_ids"] == [int(logits.argmax())]
    assert answer["steered"]["logprobs"][0] == pytest.approx(float(logits.max()), abs=1e-4)


def test_without_a_name_a_vector_is_shown_and_not_saved(own: TestClient) -> None:
    before = own.get("/api/v1/vectors").json()
    answer = post(own, "/api/v1/vectors", {"source": "deep", **LISTS})
    assert (answer["id"], answer["name"], answer["created"]) == (None, None, None)
    assert answer["hook_name"] == "blocks.2.hook_resid_post"
    assert {found["source"] for found in answer["nearest"]} == {"deep"}
    assert own.get("/api/v1/vectors").json() == before


def test_vectors_of_another_model_are_refused(own: TestClient) -> None:
    vector = post(own, "/api/v1/vectors", {"model": "tiny-gpt2", "name": "elsewhere", **LISTS})
    terms = [{"vector": vector["id"]}, {"source": "mid", "index": LABELLED}]
    answer = post(own, "/api/v1/steer", {"prompt": "a", "terms": terms}, 409)
    assert answer["detail"].startswith("One model is steered at a time, and source mid belongs to tiny-llama")
    clamp = [{"vector": vector["id"], "mode": "clamp"}]
    assert "whose mode is add or project" in post(own, "/api/v1/steer", {"prompt": "a", "terms": clamp}, 422)["detail"]


# -------------------------------------------------------------------- mixes and snippets


def test_a_mix_restores_everything(own: TestClient) -> None:
    steer = {"source": "mid", "prompt": "the cat sat", "terms": [{"index": LABELLED, "strength": 0.4}],
             "positions": "generated", "max_new_tokens": 5, "temperature": 0.7, "top_p": 0.8,
             "frequency_penalty": 0.1, "seed": 9, "stop_at_eos": False}  # fmt: skip
    response = own.post("/api/v1/mixes", json=steer | {"name": " calm   sea "})
    assert response.status_code == 201, response.text
    made = response.json()
    assert (made["name"], made["model"]) == ("calm sea", "tiny-llama")
    found = own.get(f"/api/v1/mixes/{made['id']}").json()
    assert found == made
    assert made in own.get("/api/v1/mixes").json()["mixes"]
    played = post(own, "/api/v1/steer", found["options"] | {"terms": found["terms"]})
    direct = post(own, "/api/v1/steer", steer)
    assert_alike(played["steered"], direct["steered"])
    assert_alike(played["terms"], direct["terms"])
    assert played["terms"][0]["label"] == LABEL
    bare = own.post(
        "/api/v1/mixes", json={"name": "no prompt", "terms": [{"source": "mid", "index": 1, "mode": "scale"}]}
    )
    assert bare.json()["options"]["prompt"] is None
    assert own.delete(f"/api/v1/mixes/{made['id']}").status_code == 204
    assert own.get(f"/api/v1/mixes/{made['id']}").status_code == 404
    assert own.delete(f"/api/v1/mixes/{made['id']}").status_code == 404


def test_a_snippet_is_the_program_of_the_models_package_and_takes_no_sampling(
    own: TestClient, world: World, model: Any, strong: tuple[int, float]
) -> None:
    from models.steering.snippet import python_snippet

    index, peak = strong
    body = {"source": "mid", "prompt": "the cat", "terms": [{"index": index, "strength": 0.5}], "max_new_tokens": 6}
    code = post(own, "/api/v1/steer/snippet", body)["code"]
    term = SteerTerm(LatentSubject("mid", index, peak), "add", 0.5)
    ids = expected(world, "mid", "the cat")[0]
    assert code == python_snippet(model, saes_of(world, "mid"), ids, Board((term,)), max_new_tokens=6)
    compile(code, "snippet.py", "exec")
    refused = post(own, "/api/v1/steer/snippet", body | {"temperature": 0.5}, 422)
    assert refused["detail"].startswith("temperature is not known here")


def test_neutral_prompts_are_the_default(own: TestClient) -> None:
    body = {"source": "mid", "index": LABELLED, "mode": "scale"}
    if maxima_of(own)[LABELLED] == 0:
        pytest.fail("the labelled latent must be active in the build")
    found = post(own, "/api/v1/calibrate", body)  # tiny-llama has a chat template
    assert (found["prompts"], found["is_chat"]) == (list(NEUTRAL_MESSAGES), True)
    assert {sample["prompt"] for sample in found["samples"]} <= set(NEUTRAL_MESSAGES)
    assert post(own, "/api/v1/calibrate", body | {"prompts": ["the cat"]})["is_chat"] is False


def maxima_of(own: TestClient) -> Any:
    latents = own.get("/api/v1/sources/mid/latents", params={"limit": 96}).json()["latents"]
    return np.array([latent["max_activation"] for latent in latents])
