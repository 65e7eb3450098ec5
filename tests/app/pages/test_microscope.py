"""The Microscope page with real tiny models: what it shows equals the API, which other tests hold against sae_lens."""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from httpx import Response

from app.main import create_app
from app.settings import Settings
from app.text.formats import number, percent
from tests.app.engine_support import LABEL, LABELLED, World, api, world
from tests.models.tiny import END, SENTENCES
from tests.web import one, soup, text_of

__all__ = ["api", "world"]

TEXT = SENTENCES[0]
PART = "/parts/microscope"
#: A model loads while these tests begin; on a busy machine that takes a while.
PATIENCE = 120.0


@pytest.fixture(scope="module")
def ready(api: TestClient) -> TestClient:
    """The application with both models in memory."""
    for slug in ("mid", "other"):
        body = {"text": TEXT, "sources": [slug]}
        assert api.post("/api/v1/microscope", json=body).status_code == 200
    return api


@pytest.fixture(scope="module")
def cold(world: World) -> Iterator[TestClient]:
    """The application with nothing in memory."""
    with TestClient(create_app(world.settings), base_url="http://localhost") as client:
        yield client


def sent(client: TestClient, fields: dict[str, object], status: int = 200) -> Response:
    # The latents of a tiny SAE are dense.
    response = client.post(PART, data={"hide": "0", **fields})  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    return response


def panel(client: TestClient, **fields: object) -> BeautifulSoup:
    return soup(sent(client, {"source": "mid", **fields}))


def answer(client: TestClient, **body: object) -> dict:
    response = client.post("/api/v1/microscope", json={"text": TEXT, "sources": ["mid"], **body})
    assert response.status_code == 200, response.text
    return response.json()


def ranked(tree: BeautifulSoup) -> list[str]:
    return [str(box["value"]) for box in tree.select(".ranking td.wide input[name=latent]")]


def cells(row: Tag) -> dict[str, str]:
    return {str(cell["data-name"]): text_of(cell) for cell in row.select("td[data-name]")}


def tokens(tree: BeautifulSoup) -> list[str]:
    return [token.get_text() for token in tree.select(".scope-text .tok")]


def sentence(response: Response) -> str:
    return text_of(one(soup(response), "[role=alert]"))


def test_the_page_without_a_text_asks_for_one_and_loads_no_model(cold: TestClient) -> None:
    page = soup(cold.get("/microscope"))
    assert text_of(one(page, "#reading .state .state-title")) == "Nothing to look at yet"
    assert [str(tab["href"]) for tab in page.select(".suggestions a")]
    assert cold.get("/api/v1/models").json()["models"] == []


def test_the_default_source_is_the_deepest_residual_one_that_is_built(cold: TestClient) -> None:
    page = soup(cold.get("/microscope"))
    assert [box["value"] for box in page.select("input[name=source][checked]")] == ["mid"]


def test_a_model_that_loads_is_said_to_and_asked_again(cold: TestClient) -> None:
    fields = {"source": "mid", "text": TEXT}
    first = soup(sent(cold, fields))
    loading = one(first, "[hx-trigger^=load]")
    assert "tiny-llama" in text_of(one(loading, ".state.loading"))
    deadline = time.monotonic() + PATIENCE
    while (found := soup(sent(cold, fields))).select(".state.loading"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert ranked(found)


def test_the_ranking_is_that_of_the_api(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT)
    expected = answer(ready)["sources"][0]["ranking"][:20]
    assert ranked(tree) == [f"mid:{row['index']}" for row in expected]
    for row, found in zip(expected, tree.select(".ranking tbody tr"), strict=True):
        shown = cells(found)
        assert shown["Maximum"] == number(row["max_activation"])
        assert shown["Of its max"] == percent(row["share_of_max"], 2).replace("\xa0", " ")
        assert shown["Sum"] == number(row["sum"])
        assert shown["Tokens"] == str(row["n_tokens"])


@pytest.mark.parametrize("rank", ["sum", "share"])
def test_the_ranking_can_go_by_sum_or_share_over_chosen_tokens(ready: TestClient, rank: str) -> None:
    tree = panel(ready, text=TEXT, rank=rank, at=["3", "5"])
    expected = answer(ready, rank_by=rank, positions=[3, 5])["sources"][0]["ranking"][:20]
    assert ranked(tree) == [f"mid:{row['index']}" for row in expected]
    assert [box["value"] for box in tree.select("input[name=at][checked]")] == ["3", "5"]
    assert [text_of(item) for item in tree.select(".token-name .muted")] == ["3", "5"]


def test_each_token_lists_its_strongest_latents_with_their_share(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT)
    expected = answer(ready)["sources"][0]["per_token"]
    for hits, row in zip(tree.select(".token-hits > li"), expected, strict=True):
        assert [box["value"] for box in hits.select("input")] == [f"mid:{hit['index']}" for hit in row[:8]]
        for chip, hit in zip(hits.select(".chip"), row, strict=False):
            assert number(hit["activation"]) in text_of(chip)
            assert percent(hit["share_of_max"], 2).replace("\xa0", " ") in text_of(chip)


def test_tokens_are_coloured_by_the_chosen_latent_exactly(ready: TestClient) -> None:
    index = answer(ready)["sources"][0]["ranking"][0]["index"]
    tree = panel(ready, text=TEXT, latent=f"mid:{index}")
    path = f"/api/v1/sources/mid/latents/{index}/activations"
    expected = ready.post(path, json={"texts": [TEXT]}).json()["texts"][0]
    shown = [token.get("data-a") for token in tree.select(".scope-text .tok")]
    wanted = zip(expected["activations"], expected["counted"], strict=True)
    assert shown == [number(value) if value > 0 and counts else None for value, counts in wanted]
    hottest = [place for place, token in enumerate(tree.select(".scope-text .tok")) if "act-20" in token["class"]]
    assert expected["position"] in hottest


def test_the_card_marks_the_value_on_the_histogram_and_shows_examples(ready: TestClient) -> None:
    row = next(row for row in answer(ready)["sources"][0]["ranking"])
    card = one(panel(ready, text=TEXT, latent=f"mid:{row['index']}"), ".latent-card")
    assert number(row["max_activation"]) in text_of(card)
    figure = one(card, "[data-figure]")
    assert f"Marked: {number(row['max_activation'])}" in str(figure["aria-label"])
    assert card.select(".card-examples li")
    links = [link["href"] for link in card.select("a.button")]
    assert links == [f"/sources/mid/latents/{row['index']}", f"/steer?term=mid:{row['index']}"]


def test_a_label_stands_for_its_latent(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT, latent=f"mid:{LABELLED}")
    assert text_of(one(tree, "#card-title")) == f"{LABEL} guess"


def test_several_sources_have_a_ranking_each(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT, source=["mid", "mlp"])
    assert [text_of(item) for item in tree.select(".ranking h2")] == ["mid", "mlp"]


def test_sources_of_two_models_show_the_text_as_each_reads_it(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT, source=["mid", "other"])
    assert [text_of(item) for item in tree.select("h3")][:2] == ["tiny-llama", "tiny-gpt2"]
    assert not tree.select("input[name=at]")


def test_a_source_without_a_build_gives_activations_and_says_what_a_build_adds(ready: TestClient) -> None:
    tree = panel(ready, text=TEXT, source="mlp")
    shown = cells(tree.select(".ranking tbody tr")[0])
    assert shown["Of its max"] == shown["Density"] == "not recorded"
    assert "periscope build mlp" in text_of(one(tree, ".ranking"))
    card = one(panel(ready, text=TEXT, source="mlp", latent=ranked(tree)[0]), ".latent-card")
    assert "periscope build mlp" in text_of(card)


def test_dense_latents_can_be_hidden(ready: TestClient) -> None:
    limit = -1.5
    tree = panel(ready, text=TEXT, hide=str(limit))
    expected = answer(ready, max_density=10**limit)["sources"][0]["ranking"][:20]
    assert ranked(tree) == [f"mid:{row['index']}" for row in expected]
    assert len(expected) < len(ranked(panel(ready, text=TEXT))) or ranked(tree) != ranked(panel(ready, text=TEXT))


def test_latents_on_more_than_a_tenth_of_the_corpus_are_hidden_unless_asked_for(ready: TestClient) -> None:
    tree = soup(ready.post(PART, data={"source": "mid", "text": TEXT}))
    expected = answer(ready, max_density=0.1)["sources"][0]["ranking"][:20]
    assert ranked(tree) == [f"mid:{row['index']}" for row in expected]
    assert "latents on at most 10 % of the corpus" in text_of(one(tree, ".ranking"))
    # Of a source without a build no density is known.
    tree = soup(ready.post(PART, data={"source": "mlp", "text": TEXT}))
    assert len(ranked(tree)) > 0
    page = soup(ready.get("/microscope"))
    assert one(page, "#hide")["value"] == "-1"


def test_a_chat_shows_roles_and_special_tokens(ready: TestClient) -> None:
    page = panel(ready, mode="chat", role=["user", "assistant"], content=["the cat", "sat"])
    assert [text_of(tag) for tag in page.select(".role")] == ["user", "assistant"]
    assert "<|user|>" in tokens(page)
    body = {"messages": [{"role": "user", "content": "the cat"}, {"role": "assistant", "content": "sat"}]}
    expected = ready.post("/api/v1/microscope", json={**body, "sources": ["mid"]}).json()
    assert "".join(tokens(page)) == "".join(expected["tokens"])


def test_two_texts_stand_side_by_side_with_what_differs(ready: TestClient) -> None:
    tree = panel(ready, mode="two", text=TEXT, other=SENTENCES[1])
    assert [text_of(item) for item in tree.select(".two h3")] == ["First text", "Second text"]
    body = {"source": "mid", "with": [TEXT], "without": [SENTENCES[1]], "rank_by": "max", "top_k": 20}
    expected = ready.post("/api/v1/contrast", json=body).json()["latents"]
    assert ranked(tree) == [f"mid:{row['index']}" for row in expected]
    first = cells(tree.select(".ranking tbody tr")[0])
    assert first["First text"] == number(expected[0]["with_max"])
    assert first["Second text"] == number(expected[0]["without_max"])


def test_contrast_search_lists_latents_of_either_side_apart_and_says_what_it_rests_on(ready: TestClient) -> None:
    sides = {"with": "\n".join(SENTENCES[:2]), "without": "\r\n".join(SENTENCES[2:4])}
    tree = panel(ready, mode="contrast", **sides)
    body = {"source": "mid", "with": SENTENCES[:2], "without": SENTENCES[2:4], "top_k": 500}
    latents = ready.post("/api/v1/contrast", json=body).json()["latents"]
    expected = {
        "mid: more with it": [f"mid:{row['index']}" for row in latents if row["auroc"] > 0.5][:20],
        "mid: more without it": [f"mid:{row['index']}" for row in latents if row["auroc"] < 0.5][:20],
    }
    assert all(expected.values())
    lists = tree.select(".ranking")
    assert {text_of(one(item, "h2")): ranked(item) for item in lists} == expected
    said = [text_of(item).count("This rests on 2 texts with and 2 without") for item in lists]
    assert sum(said) == 1


def test_the_address_restores_the_view(ready: TestClient) -> None:
    fields = {
        "source": ["mid", "mlp"], "text": "the cat\nsat", "rank": "sum", "at": ["2", "4"], "latent": "mid:20",
    }  # fmt: skip
    response = sent(ready, fields)
    link = response.headers["HX-Replace-Url"]
    page = soup(ready.get(link))
    assert str(one(page, "#reading")).count("<section") == str(soup(response)).count("<section")
    assert tokens(page) == tokens(soup(response))
    assert ranked(page) == ranked(soup(response))
    assert one(page, "textarea").get_text() == "the cat\nsat"


def test_without_scripts_the_form_goes_on_to_the_address(ready: TestClient) -> None:
    moved = ready.post("/microscope", data={"source": "mid", "text": "the\r\ncat"}, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (303, "/microscope?text=the%0Acat&source=mid")


def test_a_text_too_long_for_an_address_is_answered_where_it_was_sent(ready: TestClient) -> None:
    text = "x" * 100_000
    refused = ready.post("/microscope", data={"source": "mid", "text": text}, follow_redirects=False)
    assert refused.status_code == 422
    assert "no more than 64 tokens are read" in sentence(refused)
    assert one(soup(refused), "textarea").get_text() == text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"source": "nope", "text": "a"}, 404, "There is no source 'nope'"),
        ({"source": "mid", "text": "a", "latent": "mid:999999"}, 404, "its latents are 0 to"),
        ({"source": "mid", "text": "a", "latent": "other:3"}, 422, "not among the chosen sources"),
        ({"source": "mid", "text": "a", "latent": "mid:x"}, 422, "whole number"),
        ({"source": "mid", "text": "a", "rank": "nope"}, 422, "choose one of"),
        ({"source": "mid", "text": "a", "mode": "nope"}, 422, "choose one of"),
        ({"source": "mid", "text": "a", "hide": "nan"}, 422, "log10 of a density"),
        ({"source": "mlp", "text": "a", "hide": "-2"}, 422, "no finished build"),
        ({"source": "other", "mode": "chat", "role": "user", "content": "a"}, 422, "no chat template"),
        ({"source": "mid", "mode": "chat", "role": "king", "content": "a"}, 422, "user, assistant"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_in_the_panel(
    ready: TestClient, fields: dict[str, object], status: int, said: str
) -> None:
    response = sent(ready, fields, status)
    assert said in sentence(response)
    assert "<html" not in response.text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a\x00\x07b", "שלום עולם", "👩‍🚀🎉", END, "<|user|>", " ", "\n\n"]
)
def test_hostile_texts_are_shown_as_text(ready: TestClient, text: str) -> None:
    tree = panel(ready, text=text)
    assert not tree.select("#reading script, bdi script")
    assert tokens(tree)
    if text == "<script>alert(1)</script>":
        assert text in "".join(tokens(tree))
    assert "\x00" not in str(tree)


def test_one_latent_on_own_texts_equals_the_api(ready: TestClient) -> None:
    index = answer(ready)["sources"][0]["ranking"][0]["index"]
    typed = "\n".join(SENTENCES[:2])
    response = ready.post(f"/parts/sources/mid/latents/{index}/try", data={"texts": typed})
    expected = ready.post(f"/api/v1/sources/mid/latents/{index}/activations", json={"texts": SENTENCES[:2]}).json()
    tree = soup(response)
    found = [text_of(item) for item in tree.select(".tried li > p b")]
    assert found == [number(text["max_activation"]) for text in expected["texts"] if text["max_activation"] > 0]
    assert "Marked:" in str(one(tree, "[data-figure]")["aria-label"])
    page = soup(ready.get(f"/sources/mid/latents/{index}/try", params={"texts": typed}))
    assert [text_of(item) for item in page.select(".tried li > p b")] == found


def test_own_texts_that_cannot_be_read_get_a_sentence(ready: TestClient) -> None:
    path = "/parts/sources/mid/latents/3/try"
    assert soup(ready.post(path, data={"texts": " \n"})).select("p.muted")
    refused = ready.post(path, data={"texts": "a " * 500})
    assert refused.status_code == 422
    assert "at most 64 are read" in sentence(refused)
    assert ready.post("/parts/sources/mid/latents/99999/try", data={"texts": "a"}).status_code == 404


def test_a_model_that_cannot_be_loaded_is_said_to(world: World, filled_folder: object) -> None:
    settings = Settings(_env_file=None, data_dir=filled_folder)  # type: ignore[arg-type]
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        deadline = time.monotonic() + PATIENCE
        query = urlencode({"text": "a", "source": "tiny-mid"})
        while (response := client.get(f"/microscope?{query}")).status_code == 200:
            assert soup(response).select(".state.loading")
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert response.status_code == 503
    assert re.search(r"\w", sentence(response))
    assert "Traceback" not in response.text


def test_no_source_at_all_says_how_to_get_one(empty_client: TestClient) -> None:
    page = soup(empty_client.get("/microscope?text=a"))
    assert "periscope demo" in text_of(one(page, ".state"))
