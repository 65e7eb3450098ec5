"""Patching and selectivity on the Ablate page: what the API answers, which other tests hold against forwards."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from httpx import Response

from app.text.formats import number, signed
from tests.app.engine_support import LABEL, LABELLED, World, api, world
from tests.hostile import HOSTILE_TEXTS
from tests.models.tiny import SENTENCES
from tests.web import facts_of, one, soup, text_of

__all__ = ["World", "api", "world"]

TEXT, OTHER = "the cat sat on the", "the dog sat on the"
GROUPS = {"a": ["the cat sat", "the dog sat on the mat"], "b": [SENTENCES[1], SENTENCES[2]]}
GROUP_FIELDS = {"name": list(GROUPS), "rule": ["", ""], "texts": ["\n".join(texts) for texts in GROUPS.values()]}


@pytest.fixture(scope="module")
def ready(api: TestClient) -> TestClient:
    """The application with the model in memory."""
    assert api.post("/api/v1/microscope", json={"text": TEXT, "sources": ["mid"]}).status_code == 200
    return api


def sent(client: TestClient, mode: str, fields: dict[str, object], status: int = 200) -> Response:
    response = client.post("/parts/ablate", data={"mode": mode, "source": "mid", **fields})  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    return response


def patch_panel(client: TestClient, **fields: object) -> BeautifulSoup:
    return soup(sent(client, "patch", {"text": TEXT, "other": OTHER, **fields}))


def answer(client: TestClient, path: str, **body: object) -> dict:
    response = client.post(f"/api/v1/{path}", json={"source": "mid", **body})
    assert response.status_code == 200, response.text
    return response.json()


def cells(row: Tag) -> dict[str, str]:
    return {str(cell["data-name"]): text_of(cell) for cell in row.select("td[data-name]")}


def with_share(value: float, share: float | None) -> str:
    if share is None:
        return signed(value)
    return f"{signed(value)} {round(100 * share)} %".replace("-", "\N{MINUS SIGN}")


def test_the_modes_are_links_that_keep_prompt_and_source(ready: TestClient) -> None:
    page = soup(ready.get("/ablate", params={"text": TEXT, "source": "mid", "pick": ["20:1", "20:2", "3:1"]}))
    tabs = {text_of(tab): parse_qs(urlsplit(str(tab["href"])).query) for tab in page.select(".page-head .tabs a")}
    assert list(tabs) == ["Remove", "Patch from a second prompt", "Selectivity"]
    assert tabs["Patch from a second prompt"] == {"mode": ["patch"], "text": [TEXT], "source": ["mid"]}
    assert tabs["Selectivity"] == {"mode": ["selectivity"], "latents": ["20, 3"], "source": ["mid"]}


@pytest.mark.parametrize("mode", ["patch", "selectivity"])
def test_a_mode_without_anything_asked_says_what_to_do(api: TestClient, mode: str) -> None:
    page = soup(api.get("/ablate", params={"mode": mode}))
    assert text_of(one(page, "#ablation .state-title")) == "Nothing asked yet"
    assert text_of(one(page, ".tabs [aria-current]")) in ("Patch from a second prompt", "Selectivity")


def test_the_patch_table_is_that_of_the_api(ready: TestClient) -> None:
    tree, expected = patch_panel(ready), answer(ready, "ablate/patch", text=TEXT, other=OTHER)
    facts = facts_of(one(tree, "[aria-labelledby=baseline-title]"))
    assert facts["Your prompt"] == f"{signed(expected['baseline'])} nats"
    assert facts["Second prompt"] == f"{signed(expected['other_baseline'])} nats"
    assert facts["Gap between them"] == f"{signed(expected['gap'])} nats"
    assert facts["Values that differ"] == str(expected["n_differing"])
    rows = tree.select(".effects-table tbody:not(.references) tr")
    assert len(rows) == len(expected["latents"]) > 3
    for row, latent in zip(rows, expected["latents"], strict=True):
        shown = cells(row)
        assert shown["Value here"] == number(latent["activation"])
        assert shown["Value there"] == number(latent["other_activation"])
        assert shown["Does it break?"] == with_share(latent["breaks"], latent["breaks_share"])
        assert shown["Does it suffice?"] == with_share(latent["suffices"], latent["suffices_share"])
    references = {text_of(one(row, "th")): cells(row) for row in tree.select(".references tr")}
    assert list(references) == ["All latents together", "The error term alone", "Everything"]
    whole = expected["references"][2]
    assert references["Everything"]["Does it break?"] == with_share(whole["breaks"], whole["breaks_share"])
    figure = json.loads(str(one(tree, "[data-figure]")["data-figure"]))
    found = {trace["name"]: trace["x"][::-1] for trace in figure["data"]}
    assert found["does it break?"] == pytest.approx([latent["breaks"] for latent in expected["latents"]], abs=1e-6)


def test_without_a_clear_gap_the_two_questions_are_answered_in_numbers(ready: TestClient) -> None:
    expected = answer(ready, "ablate/patch", text=TEXT, other=OTHER)
    assert expected["gap_is"] != "clear"
    said = text_of(one(patch_panel(ready), ".questions"))
    assert "%" not in said
    together = expected["references"][0]
    assert f"All latents together: {signed(together['breaks'])} nats." in said
    assert f"All latents together: {signed(together['suffices'])} nats." in said


def test_a_contrast_token_makes_the_patch_a_logit_difference(ready: TestClient) -> None:
    tree = patch_panel(ready, target=" the", contrast=" on")
    expected = answer(ready, "ablate/patch", text=TEXT, other=OTHER, target=" the", contrast=" on")
    facts = facts_of(one(tree, "[aria-labelledby=baseline-title]"))
    assert facts["Gap between them"] == f"{signed(expected['gap'])} logits"
    assert "logit difference" in text_of(one(tree, "#effects-title + p"))


def test_the_same_prompt_twice_has_nothing_to_take_over(ready: TestClient) -> None:
    assert text_of(one(patch_panel(ready, other=TEXT), ".state-title")) == "No latent differs"


def test_selectivity_is_that_of_the_api(ready: TestClient) -> None:
    tree = soup(sent(ready, "selectivity", {"latents": "20, 3", **GROUP_FIELDS}))
    expected = answer(ready, "selectivity", latents=[20, 3], groups=GROUPS, controls=8, seed=0)
    rows = tree.select(".effects-table tbody tr")
    for row, group in zip(rows, expected["groups"], strict=True):
        shown = cells(row)
        assert text_of(one(row, "th bdi")) == group["name"]
        assert shown["Texts"] == str(group["n_texts"])
        assert shown["Tokens"] == str(group["n_tokens"])
        assert shown["Loss with"] == number(group["loss"])
        assert shown["Change without"] == signed(group["change"])
        assert shown["Random, mean"] == signed(group["control_mean"])
        assert shown["Random as large"] == f"{group['controls_as_large']} of 8"
    assert LABEL in text_of(tree)
    assert one(tree, f"a[href='/sources/mid/latents/{LABELLED}']")
    figure = json.loads(str(one(tree, "[data-figure]")["data-figure"]))
    assert figure["data"][0]["x"][::-1] == pytest.approx([g["change"] for g in expected["groups"]], abs=1e-6)
    assert len(figure["data"][1]["x"]) == 16
    assert text_of(one(tree, ".verdict"))


def test_without_controls_that_is_said(ready: TestClient) -> None:
    tree = soup(sent(ready, "selectivity", {"latents": "20", "controls": "0", **GROUP_FIELDS}))
    assert "Without controls nothing says" in text_of(tree)
    assert cells(tree.select(".effects-table tbody tr")[0])["Random, mean"] == "not recorded"


def test_a_group_can_be_prompts_of_the_corpus_with_a_match(ready: TestClient) -> None:
    fields = {"latents": "20", "name": ["cats", ""], "rule": ["cat*", ""], "texts": ["", "the dog sat\na bird sang"]}
    tree = soup(sent(ready, "selectivity", fields))
    names = [text_of(name) for name in tree.select(".effects-table th bdi")]
    assert names == ["cats", "Group 2"]
    n_texts = int(cells(tree.select(".effects-table tbody tr")[0])["Texts"])
    assert 1 <= n_texts <= 16
    assert f"cats: {n_texts} prompts of the corpus with a match of cat*" in text_of(tree)


def test_a_group_can_be_texts_of_the_corpus_with_a_label(ready: TestClient) -> None:
    fields = {"latents": "20", "name": ["", "typed"], "rule": ["kind: verse", ""], "where": ["label", "prompt"]}
    response = sent(ready, "selectivity", fields | {"texts": ["", "a bird sang"]})
    tree = soup(response)
    assert [text_of(name) for name in tree.select(".effects-table th bdi")] == ["kind: verse", "typed"]
    assert "texts of the corpus labelled kind: verse" in text_of(tree)
    page = soup(ready.get(response.headers["HX-Replace-Url"]))
    assert one(page, "#where-1 option[selected]")["value"] == "label"
    assert "Labels of this corpus: kind." in text_of(page)


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        ("patch", {"text": TEXT, "other": OTHER, "contrast": " on", "target": " the"}),
        ("selectivity", {"latents": "20 3", "controls": "2", **GROUP_FIELDS}),
    ],
)
def test_the_address_restores_the_view(ready: TestClient, mode: str, fields: dict[str, object]) -> None:
    response = sent(ready, mode, fields)
    page = soup(ready.get(response.headers["HX-Replace-Url"]))
    rows = page.select(".effects-table tbody tr")
    assert [cells(row) for row in rows] == [cells(row) for row in soup(response).select(".effects-table tbody tr")]
    if mode == "selectivity":
        assert [one(page, f"#texts-{n}").get_text() for n in (1, 2)] == GROUP_FIELDS["texts"]
        assert one(page, "#texts-3").get_text() == ""
    else:
        assert one(page, "#other").get_text() == OTHER
    moved = ready.post("/ablate", data={"mode": mode, "source": "mid", **fields}, follow_redirects=False)
    assert moved.status_code == 303
    assert moved.headers["location"].startswith(f"/ablate?mode={mode}")


@pytest.mark.parametrize(
    ("mode", "fields", "status", "said"),
    [
        ("patch", {"text": "the cat", "other": "the cat sat on"}, 422, "between prompts of the same length"),
        ("patch", {"text": TEXT, "other": OTHER, "target": "two words here"}, 422, "is not one token"),
        ("selectivity", {"latents": "x", **GROUP_FIELDS}, 422, "whole number"),
        ("selectivity", {"latents": "99999", **GROUP_FIELDS}, 404, "its latents are 0 to"),
        ("selectivity", {"latents": "20", **GROUP_FIELDS, "name": ["a", "a"]}, 422, "Two groups are called 'a'"),
        ("selectivity", {"latents": "20", **GROUP_FIELDS, "controls": "999"}, 422, "from 0 to 64"),
        ("selectivity", {"latents": "20", "rule": ["zzzzz"]}, 422, "has a match of 'zzzzz'"),
        ("selectivity", {"latents": "20", "rule": ["a||b"]}, 422, "has an empty part"),
        ("selectivity", {"latents": "20", "source": "deep", "rule": ["cat"]}, 409, "has no finished build"),
        ("selectivity", {"latents": "20", "texts": ["a\n" * 100]}, 422, "from 1 to 64 can be given"),
        (
            "selectivity",
            {"latents": "20", "rule": ["topic: sea"], "where": ["label"]},
            422,
            "is no label of this corpus",
        ),
        ("selectivity", {"latents": "20", "rule": ["a"], "where": ["x"]}, 422, "There is no place 'x'"),
        ("nope", {}, 422, "There is no mode 'nope'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_in_the_panel(
    ready: TestClient, mode: str, fields: dict[str, object], status: int, said: str
) -> None:
    response = sent(ready, mode, fields, status)
    if status != 503 and "loading" in response.text:
        pytest.fail("the model of the source is not in memory")
    assert said in text_of(one(soup(response), "[role=alert]"))
    assert "<html" not in response.text


@pytest.mark.parametrize("words", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_hostile_names_and_rules_are_text(ready: TestClient, words: str) -> None:
    fields = {"mode": "selectivity", "source": "mid", "latents": "20", "name": words[:300], "texts": "the cat sat"}
    page = soup(ready.get("/ablate", params=fields))
    assert not [script for script in page.select("script") if not script.get("src")]
    assert not page.select("#ablation img, [onmouseover], [onerror]")


def test_there_is_room_for_one_more_group(ready: TestClient) -> None:
    assert len(soup(ready.get("/ablate?mode=selectivity")).select(".text-groups fieldset")) == 2
    page = soup(ready.get("/ablate", params={"mode": "selectivity", "source": "mid", **GROUP_FIELDS}))
    assert len(page.select(".text-groups fieldset")) == 3
