"""Ablation, patching, sets, selectivity and contrast over HTTP: shapes, numbers, refusals."""

import asyncio
import threading
from typing import Any

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from transformers import AutoModelForCausalLM

from app.ablate.task import AblateJob, Asked
from app.corpus.asked_groups import longest_of_corpus
from app.corpus.texts import labelled_texts
from app.db.queries.activity import activities
from app.db.queries.latents import latent_record
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.engine.engine import ModelEngine
from app.engine.sources import Reader, key_of
from app.engine.texts import TextInput
from tests.app.engine_support import LABELLED, World, api, assert_alike, world
from tests.app.test_api_engine import expected, post
from tests.models.tiny import SENTENCES

__all__ = ["api", "world"]

TEXT = SENTENCES[3]
ABLATE = "/api/v1/ablate"


def test_ablate_has_the_shape_of_the_contract_and_equals_a_run_by_hand(api: TestClient, world: World) -> None:
    answer = post(api, ABLATE, {"source": "mid", "text": TEXT, "top_k": 15})
    assert {"tokens", "target", "metric", "baseline", "latents"} <= set(answer)
    assert {"index", "position", "activation", "estimate", "exact", "label"} <= set(answer["latents"][0])
    assert answer["metric"] == "log_prob"
    ids, latents = expected(world, "mid", TEXT)
    assert answer["token_ids"] == ids
    model = AutoModelForCausalLM.from_pretrained(world.model_of("mid"))
    with torch.no_grad():
        clean = model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    target = int(clean.argmax())
    assert answer["baseline"] == pytest.approx(float(clean[target]), abs=1e-4)
    from sae_lens import SAE

    rows = SAE.load_from_disk(world.saes["mid"]).W_dec.detach()
    for found in answer["latents"]:
        p, i = found["position"], found["index"]
        assert p > 0

        def hook(_m: Any, _i: Any, out: Any, p: int = p, i: int = i) -> Any:
            h = (out[0] if isinstance(out, tuple) else out).clone()
            h[0, p] -= latents[p, i] * rows[i]
            return (h, *out[1:]) if isinstance(out, tuple) else h

        handle = model.model.layers[1].register_forward_hook(hook)
        with torch.no_grad():
            after = model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
        handle.remove()
        assert found["exact"] == pytest.approx(float(after[target] - clean[target]), abs=1e-4)
        assert found["change"]["log_prob"] == found["exact"]
        assert found["later_layers"] in ("add", "make up", "outweigh", "same")
    assert [abs(f["exact"]) for f in answer["latents"]] == sorted(
        (abs(f["exact"]) for f in answer["latents"]), reverse=True
    )
    assert answer["n_active"] == int((latents[1:] > 0).sum())


def test_a_contrast_changes_the_metric(api: TestClient) -> None:
    answer = post(api, ABLATE, {"source": "mlp", "text": TEXT, "target": " the", "contrast": "a"})
    assert (answer["metric"], answer["target"], answer["contrast"]) == ("logit_difference", " the", "a")
    assert answer["baseline"] == answer["baselines"]["logit_difference"]
    assert all(found["exact"] == found["change"]["logit_difference"] for found in answer["latents"])


REFUSED = [
    (ABLATE, {"target": "zebra"}, 409, "The target 'zebra' is not one token: it splits into 'z', 'e'"),
    (ABLATE, {"target": ""}, 422, "target is empty"),
    (ABLATE, {"text": ""}, 422, "text is empty; type something."),
    (ABLATE, {"text": "zq" * 100}, 422, "The text has 201 tokens; at most 64 are read"),
    (ABLATE, {"source": "nope"}, 404, "There is no source 'nope'."),
    (ABLATE, {"by": "noise"}, 422, "by is one of"),
    (ABLATE, {"by": "mean", "source": "deep"}, 409, "Removing by its mean over the corpus needs a build of deep"),
    (ABLATE, {"by": "resample", "source": "deep"}, 409, "Removing by values from the corpus needs a build of deep"),
    (f"{ABLATE}/set", {"latents": [{"index": 1}], "by": "mean", "source": "deep"}, 409, "Removing by its mean"),
    (ABLATE, {"budget": 51}, 409, "A budget of 51 is too small for a list of 20, which takes 52 runs or more."),
    (ABLATE, {"budget": 0}, 422, "budget is a number of runs from 1 to 20000, not 0."),
    (ABLATE, {"top_k": 0}, 422, "top_k is a number of latents from 1 to 500, not 0."),
    (f"{ABLATE}/patch", {"other": "she"}, 409, "The two prompts have"),
    (f"{ABLATE}/patch", {"other": ""}, 422, "other is empty"),
    (f"{ABLATE}/set", {"latents": []}, 422, "latents has 0 entries; from 1 to 5000 can be given."),
    (f"{ABLATE}/set", {"latents": [{"index": 96}]}, 404, "mid has no latent 96; its latents are 0 to 95."),
]


@pytest.mark.parametrize(("path", "changes", "status", "sentence"), REFUSED)
def test_what_cannot_be_asked_is_refused_in_one_sentence(
    api: TestClient, path: str, changes: Any, status: int, sentence: str
) -> None:
    answer = post(api, path, {"source": "mid", "text": TEXT} | changes, status)
    assert answer["detail"].startswith(sentence)


def test_patching_is_worded_as_breaking_and_sufficing(api: TestClient) -> None:
    other = TEXT.replace("sea", "old")
    answer = post(api, f"{ABLATE}/patch", {"source": "mid", "text": TEXT, "other": other})
    assert len(answer["tokens"]) == len(answer["other_tokens"])
    everything = answer["references"][2]
    assert everything["breaks"] == pytest.approx(-answer["gap"], abs=1e-4)
    assert everything["suffices"] == pytest.approx(answer["gap"], abs=1e-4)
    assert answer["gap"] == pytest.approx(answer["baseline"] - answer["other_baseline"])
    assert answer["n_exact"] == answer["n_differing"]
    assert answer["spread"] > 0
    for found in answer["latents"]:
        assert found["activation"] != found["other_activation"]


def test_shares_are_given_of_a_clear_gap_alone(api: TestClient) -> None:
    seen = set()
    for text in SENTENCES:
        for other in SENTENCES:
            texts = [" ".join(words.split()[:4]) for words in (text, other)]
            body = {"source": "mid", "text": texts[0], "other": texts[1]}
            response = api.post(f"{ABLATE}/patch", json=body)
            if response.status_code == 409:  # of different lengths
                continue
            answer = response.json()
            gap, is_large = answer["gap"], abs(answer["gap"]) >= max(0.1, 2 * answer["spread"])
            assert answer["gap_is"] == (("clear" if gap > 0 else "reversed") if is_large else "small")
            seen.add(answer["gap_is"])
            for found in (*answer["latents"], *answer["references"]):
                if answer["gap_is"] == "clear":
                    assert found["breaks_share"] == pytest.approx(-found["breaks"] / gap)
                    assert found["suffices_share"] == pytest.approx(found["suffices"] / gap)
                else:
                    assert found["breaks_share"] is found["suffices_share"] is None
    assert "small" in seen


def test_several_pairs_are_patched_at_once(api: TestClient) -> None:
    pairs = [{"text": text, "other": text.replace("s", "c", 1)} for text in ("she sells sea", "she sells sea shells")]
    same = [pair for pair in pairs if api.post(f"{ABLATE}/patch", json={"source": "mid", **pair}).status_code == 200]
    pairs = (same or [{"text": TEXT, "other": TEXT.replace("sea", "old")}]) * 2
    body = {"source": "mid", "pairs": pairs[:3], "target": " the", "contrast": "a", "top_k": 4}
    answer = post(api, f"{ABLATE}/pairs", body)
    assert answer["metric"] == "logit_difference"
    assert answer["targets"] == [" the"] * len(pairs[:3])
    assert len(answer["latents"]) == 4
    one = post(api, f"{ABLATE}/patch", {"source": "mid", "target": " the", "contrast": "a", **pairs[0]})
    assert answer["gaps"][0] == pytest.approx(one["gap"], abs=1e-4)
    assert answer["gap"]["low"] <= answer["gap"]["mean"] <= answer["gap"]["high"]
    for found in answer["latents"]:
        assert found["n_pairs"] >= 1
        assert (found["breaks_share"] is None) == (answer["gap_is"] != "clear")
    refused = post(api, f"{ABLATE}/pairs", body | {"pairs": pairs[:1]}, 422)
    assert refused["detail"].startswith("pairs has 1 entries; from 2 to 16 can be given.")


def test_the_audit_counts_what_was_removed_and_its_bound_is_above_everything_else(api: TestClient) -> None:
    whole = post(api, ABLATE, {"source": "mid", "text": TEXT, "top_k": 500})
    sizes = {(found["index"], found["position"]): abs(found["exact"]) for found in whole["latents"]}
    assert whole["audit"]["n_exact"] == whole["audit"]["n_pairs"] == whole["n_active"] == len(sizes)
    assert (whole["audit"]["bound"], whole["audit"]["confidence"]) == (0.0, 1.0)
    short = post(api, ABLATE, {"source": "mid", "text": TEXT, "top_k": 5})
    assert short["audit"]["bound"] == pytest.approx(sorted(sizes.values())[-6], abs=1e-4)
    part = post(api, ABLATE, {"source": "mid", "text": TEXT, "top_k": 5, "budget": 50})
    audit = part["audit"]
    assert (audit["n_exact"], audit["confidence"]) == (50, 0.95)
    assert audit["n_sample"] >= 32
    listed = {(found["index"], found["position"]) for found in part["latents"]}
    assert max(size for pair, size in sizes.items() if pair not in listed) <= audit["bound"] + 1e-4


def test_means_and_samples_are_those_of_the_build(api: TestClient, world: World) -> None:
    with make_session_maker(make_engine(world.settings))() as session:
        source = source_by_slug(session, "mid")
        found = activities(session, source, [LABELLED, 3], with_samples=True)
        record = latent_record(session, source, LABELLED)
    assert found[LABELLED].density == pytest.approx(record.density)
    assert found[LABELLED].mean == pytest.approx(record.density * record.mean_activation)
    assert found[LABELLED].sample.tolist() == record.sample.activations.tolist()
    for by in ("mean", "resample"):
        one = post(api, ABLATE, {"source": "mid", "text": TEXT, "by": by, "top_k": 1})["latents"][0]
        chosen = [{"index": one["index"], "position": one["position"]}]
        together = post(api, f"{ABLATE}/set", {"source": "mid", "text": TEXT, "latents": chosen, "by": by})
        assert together["by"] == by
        assert together["change"]["log_prob"] == pytest.approx(one["exact"], abs=1e-4)


def test_removing_one_latent_as_a_set_equals_its_exact_effect_and_keeping_all_changes_nothing(api: TestClient) -> None:
    first = post(api, ABLATE, {"source": "deep", "text": TEXT, "top_k": 300})
    strongest = first["latents"][0]
    chosen = [{"index": strongest["index"], "position": strongest["position"]}]
    removed = post(api, f"{ABLATE}/set", {"source": "deep", "text": TEXT, "latents": chosen})
    assert removed["change"]["log_prob"] == pytest.approx(strongest["exact"], abs=1e-4)
    assert removed["n_removed"] == 1
    everyone = [{"index": index} for index in range(96)]
    kept = post(api, f"{ABLATE}/set", {"source": "deep", "text": TEXT, "latents": everyone, "keep": True})
    assert kept["n_removed"] == 0
    assert kept["change"]["log_prob"] == 0
    nobody = post(api, f"{ABLATE}/set", {"source": "deep", "text": TEXT, "latents": [], "keep": True})
    assert nobody["n_removed"] == nobody["n_active"] == first["n_active"]


def test_selectivity_compares_groups_with_controls(api: TestClient) -> None:
    body = {"source": "mid", "latents": [20, 5], "groups": {"sea": [SENTENCES[3]], "cat": [SENTENCES[0], "the cat"]}}
    answer = post(api, "/api/v1/selectivity", body | {"controls": 4})
    assert [(g["name"], g["n_texts"], len(g["controls"])) for g in answer["groups"]] == [("sea", 1, 4), ("cat", 2, 4)]
    for group in answer["groups"]:
        assert group["control_mean"] == pytest.approx(np.mean(group["controls"]))
        assert group["controls_as_large"] == sum(abs(c) >= abs(group["change"]) for c in group["controls"])
    again = post(api, "/api/v1/selectivity", body | {"controls": 4})
    assert again == answer
    bare = post(api, "/api/v1/selectivity", body | {"controls": 0})
    assert bare["groups"][0]["control_mean"] is None
    assert "Without controls" in bare["notes"][1]
    for changes, sentence in (
        ({"groups": {}}, "groups has 0 entries; from 1 to 8 can be compared."),
        ({"groups": {"a": []}}, "groups.a has 0 entries; from 1 to 64 can be given."),
        ({"groups": {"a": ["", "b"]}}, "groups.a[0] is empty; type something."),
        ({"latents": []}, "latents has 0 entries; from 1 to 64 can be given."),
        ({"controls": 65}, "controls is a number of random sets from 0 to 64, not 65."),
    ):
        assert post(api, "/api/v1/selectivity", body | changes, 422)["detail"] == sentence


def test_selectivity_takes_texts_of_the_corpus_by_their_label(api: TestClient, world: World) -> None:
    body: dict[str, Any] = {"source": "mid", "latents": [20, 5], "controls": 2}
    groups = {"verses": {"label": "kind: verse"}, "typed": [SENTENCES[3]], "rest": {"label": "kind: prose | letter"}}
    answer = post(api, "/api/v1/selectivity", body | {"groups": groups})
    verses, typed, rest = answer["groups"]
    assert typed["n_texts"] == 1
    assert 8 < verses["n_texts"] <= rest["n_texts"] <= 32
    reader = Reader(make_session_maker(make_engine(world.settings)), world.settings)
    with reader.sessions() as session:
        source = source_by_slug(session, "mid")
        texts = labelled_texts(session, source, "kind: verse", longest_of_corpus(reader, source), 32)
    by_hand = post(api, "/api/v1/selectivity", body | {"groups": {"verses": texts}})["groups"][0]
    assert (by_hand["n_texts"], by_hand["n_tokens"]) == (verses["n_texts"], verses["n_tokens"])
    assert by_hand["change"] == pytest.approx(verses["change"], abs=1e-4)
    assert answer["notes"][0].startswith(f"verses: {verses['n_texts']} texts of the corpus that carry kind: verse")
    assert_alike(post(api, "/api/v1/selectivity", body | {"groups": groups}), answer)
    for group, status, sentence in (
        (
            {"label": "genre: verse"},
            409,
            "'genre: verse' is no label of this corpus; write name: value, where the name",
        ),
        ({"label": "kind: novel"}, 409, "None of the texts in"),
        ({"rule": "kind: verse"}, 422, ""),
    ):
        found = post(api, "/api/v1/selectivity", body | {"groups": {"a": group}}, status)
        assert found["detail"].startswith(sentence)
    unbuilt = post(api, "/api/v1/selectivity", body | {"source": "mlp", "groups": {"a": {"label": "kind: verse"}}}, 409)
    assert "mlp" in unbuilt["detail"]


def test_contrast_ranks_latents_by_auroc_maximum_or_mean(api: TestClient, world: World) -> None:
    groups = {"with": [SENTENCES[3], SENTENCES[2]], "without": [SENTENCES[0], "the cat", SENTENCES[4]]}
    maxima = {
        name: torch.stack([expected(world, "mid", t)[1][1:].amax(0) for t in texts]) for name, texts in groups.items()
    }
    body = {"source": "mid", **groups, "top_k": 500}
    answer = post(api, "/api/v1/contrast", body)
    assert (answer["n_with"], answer["n_without"]) == (2, 3)
    assert "2 texts with and 3 without" in answer["notes"][0]
    assert answer["expected_perfect"] == pytest.approx(answer["n_latents"] / 10)
    for found in answer["latents"]:
        high, low = (maxima[name][:, found["index"]] for name in ("with", "without"))
        pairs = [float(a > b) + 0.5 * float(a == b) for a in high for b in low]
        assert found["auroc"] == pytest.approx(np.mean(pairs))
        assert found["max_difference"] == pytest.approx(float(high.mean() - low.mean()), abs=1e-4)
        assert found["with_max"] == pytest.approx(float(high.max()), abs=1e-4)
    for rank_by, value in (
        ("auroc", lambda f: abs(f["auroc"] - 0.5)), ("max", lambda f: abs(f["max_difference"])),
        ("mean", lambda f: abs(f["mean_difference"])),
    ):  # fmt: skip
        ranked = [value(f) for f in post(api, "/api/v1/contrast", body | {"rank_by": rank_by})["latents"]]
        assert ranked == sorted(ranked, reverse=True)


def test_two_texts_are_compared_and_bad_groups_refused(api: TestClient) -> None:
    body = {"source": "mlp", "with": [TEXT], "without": [SENTENCES[0]]}
    answer = post(api, "/api/v1/contrast", body | {"rank_by": "max"})
    assert any("only be compared" in note for note in answer["notes"])
    for changes, sentence in (
        ({"with": []}, "with has 0 entries; from 1 to 64 can be given."),
        ({"without": ["a", ""]}, "without[1] is empty; type something."),
        ({"rank_by": "luck"}, "rank_by is one of auroc, max, mean, not 'luck'."),
    ):
        assert post(api, "/api/v1/contrast", body | changes, 422)["detail"] == sentence
    refused = post(api, "/api/v1/contrast", body | {"max_density": 0.5}, 409)["detail"]
    assert refused == "mlp has no finished build, so densities are not recorded."


def test_an_ablation_stops_between_its_passes_when_its_client_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.causal import attribution

    monkeypatch.setattr(attribution, "ROW_TOKENS", 1)
    started = threading.Event()
    rows: list[int] = []
    whole = attribution.Prompt.run_adding

    def counted(self: Any, *arguments: Any) -> Any:
        rows.append(1)
        started.set()
        return whole(self, *arguments)

    monkeypatch.setattr(attribution.Prompt, "run_adding", counted)

    async def main() -> int:
        sessions = make_session_maker(make_engine(world.settings))
        reader = Reader(sessions, world.settings)
        source = reader.find_one("deep")
        asked = Asked(TextInput(TEXT))
        job = AblateJob(source.facts.model.location, key_of(source), asked, 500, reader.limits(source))
        engine = ModelEngine(world.settings)
        task = asyncio.create_task(engine.run(job))
        await asyncio.to_thread(started.wait, 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.3)
        n = len(rows)
        await asyncio.sleep(0.3)
        assert len(rows) == n
        used = engine.budget.used
        assert used == sum(state.bytes for state in engine.states())
        await asyncio.to_thread(engine.close)
        return n

    assert asyncio.run(main()) < 100
