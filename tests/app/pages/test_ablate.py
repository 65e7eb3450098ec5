"""The Ablate page with real tiny models; it shows what the API answers, which other tests hold against forwards."""

import json

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from httpx import Response

from app.text.formats import number, signed
from tests.app.engine_support import World, api, world
from tests.models.tiny import SENTENCES
from tests.web import facts_of, one, soup, text_of

__all__ = ["World", "api", "world"]

TEXT = SENTENCES[0]


@pytest.fixture(scope="module")
def ready(api: TestClient) -> TestClient:
    """The application with the model in memory."""
    assert api.post("/api/v1/microscope", json={"text": TEXT, "sources": ["mid"]}).status_code == 200
    return api


def sent(client: TestClient, fields: dict[str, object], status: int = 200) -> Response:
    response = client.post("/parts/ablate", data={"source": "mid", **fields})  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    return response


def panel(client: TestClient, **fields: object) -> BeautifulSoup:
    return soup(sent(client, fields))


def answer(client: TestClient, path: str = "", **body: object) -> dict:
    response = client.post(f"/api/v1/ablate{path}", json={"text": TEXT, "source": "mid", **body})
    assert response.status_code == 200, response.text
    return response.json()


def rows(tree: BeautifulSoup) -> list[Tag]:
    return tree.select(".effects-table tbody tr")


def cells(row: Tag) -> dict[str, str]:
    return {str(cell["data-name"]): text_of(cell) for cell in row.select("td[data-name]")}


def other_token(client: TestClient) -> str:
    """One token that is not the model's own next one."""
    own = answer(client)["target"]
    return next(token for token in (" the", " cat", " on") if token != own)


def test_the_page_without_a_prompt_asks_for_one(api: TestClient) -> None:
    page = soup(api.get("/ablate"))
    assert text_of(one(page, "#ablation .state-title")) == "Nothing asked yet"
    assert one(page, "select[name=source] option[selected]")["value"] == "mid"
    assert one(page, ".suggestions a")["href"].startswith("/ablate?text=")  # type: ignore[union-attr]


def test_the_table_is_that_of_the_api(ready: TestClient) -> None:
    tree, expected = panel(ready, text=TEXT), answer(ready)
    assert text_of(one(tree, "#baseline-title + p .token")) == expected["target"].strip(" ") or expected["target"]
    assert len(rows(tree)) == len(expected["latents"]) > 3
    for row, latent in zip(rows(tree), expected["latents"], strict=True):
        shown = cells(row)
        assert one(row, "input")["value"] == f"{latent['index']}:{latent['position']}"
        assert shown["Activation"] == number(latent["activation"])
        assert shown["Estimate"] == signed(latent["estimate"])
        assert shown["Exact"] == signed(latent["exact"])
        assert shown["Direct"] == ("–" if latent["direct"] is None else signed(latent["direct"]))


def test_the_chart_has_exact_estimate_and_direct_of_every_row(ready: TestClient) -> None:
    expected = answer(ready)["latents"]
    figure = json.loads(str(one(panel(ready, text=TEXT), "[data-figure]")["data-figure"]))
    found = {trace["name"]: trace["x"][::-1] for trace in figure["data"]}
    assert found["exact"] == pytest.approx([latent["exact"] for latent in expected], abs=1e-6)
    assert found["estimate"] == pytest.approx([latent["estimate"] for latent in expected], abs=1e-6)
    for drawn, latent in zip(found.get("direct", [None] * len(expected)), expected, strict=True):
        assert (drawn is None) == (latent["direct"] is None)


def test_the_baseline_of_every_metric_and_the_correlation_are_shown(ready: TestClient) -> None:
    tree, expected = panel(ready, text=TEXT), answer(ready)
    facts = facts_of(one(tree, "[aria-labelledby=baseline-title]"))
    assert facts["Log-prob"] == f"{number(expected['baselines']['log_prob'])} nats"
    assert facts["Rank"] == number(expected["baselines"]["rank"])
    assert f"{expected['correlation']:.3f}" in text_of(one(tree, "[aria-labelledby=effects-title]"))


def test_what_is_not_listed_is_bounded_and_nothing_is_called_reliable(ready: TestClient) -> None:
    expected = answer(ready)
    audit, rest = expected["audit"], expected["n_active"] - len(expected["latents"])
    assert audit["n_exact"] == audit["n_pairs"] == expected["n_active"]
    said = text_of(one(panel(ready, text=TEXT), "#audit"))
    assert f"None of the {rest} that are not listed changes the log-prob of the target by more than" in said
    assert f"{number(audit['bound'])} nats: all of them were removed" in said
    assert "relied on" not in said


def test_with_a_small_budget_a_sample_stands_for_the_rest(ready: TestClient) -> None:
    expected = answer(ready, budget=60)
    audit = expected["audit"]
    assert audit["n_exact"] == 60 < audit["n_pairs"]
    assert audit["confidence"] == 0.95
    said = text_of(one(panel(ready, text=TEXT, budget=60), "#audit"))
    assert f"{number(audit['bound'])} nats: at 95 % confidence" in said
    assert f"60 of {audit['n_pairs']} active latents were removed exactly" in said
    assert f"{audit['n_sample']} drawn at random" in said
    assert f"at most {audit['n_above']} of the {audit['n_pairs'] - 60} that were not removed exceed" in said
    assert "Over the random sample, estimate and exact" in said


def test_while_the_model_loads_the_form_keeps_length_and_budget(api: TestClient) -> None:
    tree = soup(sent(api, {"text": TEXT, "source": "other", "top_k": "50", "budget": "90"}))
    if tree.select(".effects-table"):
        pytest.skip("the model was in memory already")
    assert one(tree, "input[name=top_k]")["value"] == "50"
    assert one(tree, "input[name=budget]")["value"] == "90"


def test_more_lengthens_the_list_and_all_leaves_nothing_to_bound(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT, budget=60)
    more, everything = tree.select("#audit button")
    assert (more["name"], more["value"]) == ("top_k", "50")
    assert everything["name"] == "budget"
    response = sent(ready, {"text": TEXT, "budget": "60", "top_k": "50"})
    assert len(rows(soup(response))) == 50
    assert "top_k=50" in response.headers["HX-Replace-Url"]
    page = soup(ready.get(response.headers["HX-Replace-Url"]))
    assert len(rows(page)) == 50
    assert one(page, "input[name=top_k]")["value"] == "50"
    whole = panel(ready, text=TEXT, budget=str(everything["value"]))
    assert "all of them were removed" in text_of(one(whole, "#audit"))
    assert [button["name"] for button in whole.select("#audit button")] == ["top_k"]


@pytest.mark.parametrize("by", ["mean", "resample"])
def test_what_removed_means_can_be_chosen_and_stays_in_the_address(ready: TestClient, by: str) -> None:
    expected = answer(ready, by=by)
    assert expected["by"] == by
    assert expected["latents"][0]["exact"] != answer(ready)["latents"][0]["exact"]
    response = sent(ready, {"text": TEXT, "by": by})
    assert [cells(row)["Exact"] for row in rows(soup(response))] == [signed(e["exact"]) for e in expected["latents"]]
    page = soup(ready.get(response.headers["HX-Replace-Url"]))
    assert one(page, "#by option[selected]")["value"] == by


def test_latents_that_fire_often_are_marked_and_other_ways_are_named(ready: TestClient) -> None:
    expected = answer(ready)
    dense = {latent["index"] for latent in expected["latents"] if latent["density"] > 0.1}
    assert dense  # random SAEs are dense
    tree = panel(ready, text=TEXT)
    assert "zero is a value that the model seldom sees there" in text_of(tree)
    for row, latent in zip(rows(tree), expected["latents"], strict=True):
        assert ("of the corpus" in text_of(row)) == (latent["index"] in dense)
    assert "seldom sees" not in text_of(panel(ready, text=TEXT, by="mean"))


def test_a_contrast_token_makes_it_a_logit_difference(ready: TestClient) -> None:
    token = other_token(ready)
    tree, expected = panel(ready, text=TEXT, contrast=token), answer(ready, contrast=token)
    facts = facts_of(one(tree, "[aria-labelledby=baseline-title]"))
    assert facts["Logit difference"] == f"{number(expected['baseline'])} logits"
    assert "logit difference" in text_of(one(tree, "[aria-labelledby=effects-title] header"))


@pytest.mark.parametrize("metric", ["probability", "rank"])
def test_another_metric_is_offered_with_a_warning(ready: TestClient, metric: str) -> None:
    tree, expected = panel(ready, text=TEXT, metric=metric), answer(ready)["latents"][0]["change"][metric]
    shown = cells(rows(tree)[0])[f"Change of {metric}"]
    assert shown == (f"{signed(100 * expected)} %" if metric == "probability" else signed(expected))
    assert "can hide latents whose effects add up" in text_of(tree)


@pytest.mark.parametrize("action", ["remove", "keep"])
def test_ticked_latents_are_removed_together_or_kept_alone(ready: TestClient, action: str) -> None:
    picked = answer(ready)["latents"][:2]
    keys = [f"{latent['index']}:{latent['position']}" for latent in picked]
    tree = panel(ready, text=TEXT, pick=keys, action=action)
    chosen = [{"index": latent["index"], "position": latent["position"]} for latent in picked]
    expected = answer(ready, "/set", latents=chosen, keep=action == "keep")
    said = text_of(one(tree, "#set"))
    assert signed(expected["change"]["log_prob"]) in said
    assert f"{expected['n_removed']} of {expected['n_active']}" in said
    assert [box["value"] for box in tree.select("input[name=pick][checked]")] == keys


def test_where_later_layers_make_up_a_sentence_says_so(ready: TestClient) -> None:
    for text in SENTENCES:
        expected = answer(ready, text=text)["latents"]
        makes_up = any(latent["later_layers"] == "make up" for latent in expected)
        tree = panel(ready, text=text)
        assert bool(tree.select(".notice.warn")) == makes_up
        assert ("later layers make up for it" in text_of(tree)) == makes_up


def test_the_address_restores_the_view(ready: TestClient) -> None:
    token = other_token(ready)
    response = sent(ready, {"text": TEXT, "contrast": token, "metric": "rank"})
    page = soup(ready.get(response.headers["HX-Replace-Url"]))
    assert [cells(row) for row in rows(page)] == [cells(row) for row in rows(soup(response))]
    assert one(page, "input[name=contrast]")["value"] == token
    moved = ready.post("/ablate", data={"text": TEXT, "source": "mid"}, follow_redirects=False)
    assert moved.status_code == 303
    assert moved.headers["location"].startswith("/ablate?text=")


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"text": TEXT, "target": "the cat sat"}, 422, "is not one token: it splits into"),
        ({"text": TEXT, "source": "nope"}, 404, "There is no source 'nope'"),
        ({"text": "a " * 500}, 422, "at most 64 are read"),
        ({"text": TEXT, "metric": "nope"}, 422, "choose one of"),
        ({"text": TEXT, "action": "nope"}, 422, "choose one of"),
        ({"text": TEXT, "by": "nope"}, 422, "There is no way of removing 'nope'"),
        ({"text": TEXT, "by": "mean", "source": "mlp"}, 409, "needs a build of mlp"),
        ({"text": TEXT, "top_k": "x"}, 422, "whole number"),
        ({"text": TEXT, "top_k": "501"}, 422, "from 1 to 500"),
        ({"text": TEXT, "budget": "99999"}, 422, "from 1 to 20000"),
        ({"text": TEXT, "pick": "x"}, 422, "whole number"),
        ({"text": TEXT, "pick": "999999:1"}, 404, "its latents are 0 to"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_in_the_panel(
    ready: TestClient, fields: dict[str, object], status: int, said: str
) -> None:
    response = sent(ready, fields, status)
    assert said in text_of(one(soup(response), "[role=alert]"))
    assert "<html" not in response.text


def test_what_was_refused_stays_in_the_form(ready: TestClient) -> None:
    response = ready.get("/ablate", params={"text": TEXT, "source": "mid", "target": "<b>two tokens"})
    assert response.status_code == 422
    page = soup(response)
    assert one(page, "input[name=target]")["value"] == "<b>two tokens"
    assert not page.select("#ablation b")
