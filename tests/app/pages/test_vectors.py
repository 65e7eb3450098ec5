"""The Vectors page with real tiny models: it shows what the API answers, which other tests hold against forwards."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from httpx import Response
from safetensors.numpy import load

from app.main import create_app
from app.text.formats import number, percent, signed
from app.web.navigation import has_page
from tests.app.engine_support import World, world
from tests.hostile import HOSTILE_TEXTS
from tests.models.tiny import SENTENCES
from tests.web import BASE, facts_of, one, soup, text_of

__all__ = ["world"]

HOOK = "blocks.1.hook_resid_post"
LISTS = {"positive": "the cat sat\nthe dog sat\nthe bird sang", "negative": "a tree fell\na stone lay\na river ran"}
AT = {"at": f"{HOOK}@tiny-llama"}


@pytest.fixture(scope="module")
def own(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application on a copy of the world's database, with the model in memory."""
    folder = tmp_path_factory.mktemp("vectors") / "data"
    shutil.copytree(world.settings.data_dir, folder)
    settings = world.settings.model_copy(
        update={"data_dir": folder, "database_url": f"sqlite:///{folder}/periscope.db"}
    )
    with TestClient(create_app(settings), base_url=BASE) as client:
        assert client.post("/api/v1/microscope", json={"text": SENTENCES[0], "sources": ["mid"]}).status_code == 200
        yield client


def sent(client: TestClient, fields: dict[str, str], status: int = 200) -> Response:
    response = client.post("/parts/vectors/preview", data=fields)
    assert response.status_code == status, response.text
    return response


def panel(client: TestClient, **fields: str) -> BeautifulSoup:
    return soup(sent(client, AT | LISTS | fields))


def answer(client: TestClient, **more: object) -> dict:
    lists = {name: text.split("\n") for name, text in LISTS.items()}
    response = client.post("/api/v1/vectors", json={"model": "tiny-llama", "hook_name": HOOK, **lists, **more})
    assert response.status_code == 200, response.text
    return response.json()


def save(client: TestClient, name: str, **fields: str) -> int:
    response = client.post("/vectors/save", data=AT | LISTS | {"name": name} | fields, follow_redirects=False)
    assert response.status_code == 303, response.text
    return int(response.headers["location"].removeprefix("/vectors?vector=").removesuffix("&saved=1"))


def saved_names(client: TestClient) -> list[str]:
    return [text_of(link) for link in soup(client.get("/vectors")).select("#saved td:first-child a")]


def test_the_empty_page_asks_for_prompts_and_offers_examples(own: TestClient) -> None:
    page = soup(own.get("/vectors"))
    assert text_of(one(page, "#preview .state-title")) == "No vector yet"
    assert one(page, "#at option[selected]")["value"] == f"{HOOK}@tiny-llama"
    assert {group["label"] for group in page.select("#at optgroup")} == {"tiny-llama", "tiny-gpt2"}
    assert "read by mid" in text_of(one(page, "#at option[selected]"))
    example = str(page.select(".suggestions a")[0]["href"])
    filled = soup(own.get(example))
    assert len(one(filled, "#positive").get_text().strip().split("\n")) == 10
    assert len(one(filled, "#negative").get_text().strip().split("\n")) == 10
    assert not filled.select(".suggestions")


@pytest.mark.parametrize("positions", ["last", "mean"])
def test_the_preview_is_that_of_the_api(own: TestClient, positions: str) -> None:
    tree, expected = panel(own, positions=positions), answer(own, positions=positions)
    facts = facts_of(tree)
    assert facts["Norm"] == number(expected["norm"])
    assert facts["Share of the norm"] == " ".join(percent(expected["residual_share"]).split())
    assert facts["Separation"] == f"{number(expected['auroc'])} AUROC"
    assert facts["Prompts"] == "3 + 3"
    wanted = [*zip(LISTS["positive"].split("\n"), expected["projections"]["positive"], strict=True)]
    wanted += zip(LISTS["negative"].split("\n"), expected["projections"]["negative"], strict=True)
    wanted.sort(key=lambda pair: -pair[1])
    rows = [[text_of(cell) for cell in row.select("td")] for row in tree.select(".projections tbody tr")]
    assert [(row[0], row[2]) for row in rows] == [(prompt, signed(value)) for prompt, value in wanted]
    assert {row[0]: row[1] for row in rows}["the dog sat"] == "towards"
    bars = [text_of(item) for item in tree.select(".bars:not(.counter) .num")]
    assert bars == [signed(item["value"]) for item in expected["promoted"]]
    bars = [text_of(item) for item in tree.select(".bars.counter .num")]
    assert bars == [signed(item["value"]) for item in expected["suppressed"]]
    near = [f"{n['index']} of {n['source']}" for n in expected["nearest"]]
    assert [text_of(item) for item in tree.select(".neighbours p")] == near[:12]
    assert (
        one(tree.select(".neighbours li")[0], "a")["href"] == f"/sources/mid/latents/{expected['nearest'][0]['index']}"
    )


def test_the_plot_has_a_dot_for_every_prompt(own: TestClient) -> None:
    figure = json.loads(str(one(panel(own), "[data-figure]")["data-figure"]))
    projections = answer(own)["projections"]
    found = {trace["name"]: trace["x"] for trace in figure["data"]}
    assert found["towards"] == pytest.approx(projections["positive"], abs=1e-4)
    assert found["away from"] == pytest.approx(projections["negative"], abs=1e-4)
    assert figure["data"][0]["text"] == LISTS["positive"].split("\n")


def test_few_prompts_get_a_warning_and_one_prompt_no_separation(own: TestClient) -> None:
    assert "below 10 in each list" in text_of(one(panel(own), ".notice.warn:first-of-type"))
    alone = panel(own, positive="the cat", negative="a tree")
    assert facts_of(alone)["Separation"] == "not recorded"
    assert "two or more prompts in each list" in text_of(alone)
    many = {"positive": "\n".join(f"the cat sat {n}" for n in "abcdefghijk"), "negative": "\n".join("klmnopqrstu")}
    assert "below 10 in each list" not in text_of(panel(own, **many))


def test_a_hook_without_a_source_has_no_latents_and_says_so(own: TestClient) -> None:
    tree = panel(own, at="blocks.2.hook_attn_out@tiny-llama")
    assert "No source reads blocks.2.hook_attn_out" in text_of(one(tree, "[aria-labelledby=nearest-title]"))
    assert len(tree.select(".bars li")) == 20


def test_a_source_without_a_build_is_named_without_a_link(own: TestClient) -> None:
    tree = panel(own, at="blocks.2.hook_resid_post@tiny-llama")
    assert len(tree.select(".neighbours li")) == 10
    assert not tree.select(".neighbours a")


def test_a_list_that_is_empty_is_asked_for(own: TestClient) -> None:
    assert "The second list has no prompt yet" in text_of(panel(own, negative=" \n"))
    assert "The first list has no prompt yet" in text_of(panel(own, positive=""))


def test_a_vector_is_saved_listed_opened_exported_and_deleted(own: TestClient) -> None:
    chosen = save(own, " calm   sea ", positions="mean")
    page = soup(own.get(f"/vectors?vector={chosen}&saved=1"))
    assert "Saved as calm sea." in text_of(one(page, ".notice.good"))
    assert one(page, "#positive").get_text() == LISTS["positive"]
    assert one(page, "#positions option[selected]")["value"] == "mean"
    row = one(page, f"#vector-{chosen}.chosen")
    expected = answer(own, positions="mean")
    assert text_of(one(row, "td:first-child")) == "calm sea"
    shown = {str(cell["data-name"]): text_of(cell) for cell in row.select("td[data-name]")}
    assert shown["Norm"] == number(expected["norm"])
    assert shown["Of the norm there"] == " ".join(percent(expected["residual_share"]).split())
    assert shown["Prompts"] == "3 + 3"
    assert f"{HOOK}, the mean over its tokens" in text_of(row)
    exported = own.get(str(one(row, "a[download]")["href"]))
    assert load(exported.content)["vector"].shape == (32,)
    gone = own.post(str(one(row, "form")["action"]), follow_redirects=False)
    assert (gone.status_code, gone.headers["location"]) == (303, "/vectors#saved")
    assert "calm sea" not in saved_names(own)
    assert own.get(f"/vectors?vector={chosen}").status_code == 404
    assert own.post(f"/vectors/{chosen}/delete").status_code == 404


def test_a_saved_vector_leads_to_its_slider_where_there_is_a_page_for_it(own: TestClient) -> None:
    chosen = save(own, "slider")
    links = one(soup(own.get("/vectors")), f"#vector-{chosen}").select("a[href^='/steer']")
    assert bool(links) == has_page(own.app, "steer")  # type: ignore[arg-type]
    for link in links:
        page = own.get(str(link["href"]))
        assert page.status_code == 200
        assert f"vector/{chosen}" in page.text


def test_htmx_gets_the_list_and_a_message_after_a_deletion(own: TestClient) -> None:
    chosen = save(own, "ephémère")
    response = own.post(f"/vectors/{chosen}/delete", headers={"HX-Request": "true"})
    assert json.loads(response.headers["HX-Trigger"]) == {"periscope:toast": "Deleted the vector ephémère."}
    assert one(soup(response), "#saved")
    assert "<html" not in response.text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": ""}, 422, "The name of a vector has 1 to 200 characters"),
        ({"name": "taken"}, 409, "The model has a vector 'taken' already"),
        ({"name": "x", "negative": ""}, 422, "negative has 0 prompts"),
        ({"name": "x" * 300}, 422, "1 to 200 characters"),
    ],
)
def test_what_cannot_be_saved_stays_in_the_form(
    own: TestClient, fields: dict[str, str], status: int, said: str
) -> None:
    if "taken" not in saved_names(own):
        save(own, "taken")
    response = own.post("/vectors/save", data=AT | LISTS | fields)
    assert response.status_code == status
    page = soup(response)
    assert said in text_of(one(page, "#name-error"))
    assert one(page, "#positive").get_text() == LISTS["positive"]
    assert one(page, "#name")["value"] == fields["name"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"at": "blocks.1.nope@tiny-llama"}, 422, "has no hook 'blocks.1.nope'"),
        ({"at": f"{HOOK}@nope"}, 422, "There is no model 'nope'"),
        ({"positive": "a " * 500}, 422, "at most 64 are read"),
        ({"positive": "a\n" * 300}, 422, "from 1 to 256"),
        ({"positive": "same", "negative": "same"}, 422, "the same mean activation"),
        ({"positions": "first"}, 422, "positions is one of"),
    ],
)
def test_what_cannot_be_made_is_one_sentence_in_the_panel(
    own: TestClient, fields: dict[str, str], status: int, said: str
) -> None:
    response = sent(own, AT | LISTS | fields, status)
    assert said in text_of(one(soup(response), "[role=alert]"))
    assert "<html" not in response.text


def test_the_address_restores_the_view(own: TestClient) -> None:
    response = sent(own, AT | LISTS | {"positions": "mean"})
    page = soup(own.get(response.headers["HX-Replace-Url"]))
    assert facts_of(one(page, "#preview")) == facts_of(soup(response))
    assert one(page, "#negative").get_text() == LISTS["negative"]
    moved = own.post("/vectors", data=AT | LISTS, follow_redirects=False)
    assert moved.status_code == 303
    assert moved.headers["location"].startswith("/vectors?at=blocks.1.hook_resid_post%40tiny-llama")
    long = "\n".join("the cat sat on the mat " * 10 for _ in range(80))
    shown = own.post("/vectors", data=AT | {"positive": "a", "negative": long}, follow_redirects=False)
    assert one(soup(shown), "#negative").get_text().strip() == long.strip()


def test_a_source_in_the_address_gives_its_hook(own: TestClient) -> None:
    page = soup(own.get("/vectors?source=deep"))
    assert one(page, "#at option[selected]")["value"] == "blocks.2.hook_resid_post@tiny-llama"
    other = soup(own.get("/vectors?" + urlencode({"at": "ln_final.hook_in@tiny-gpt2"})))
    assert one(other, "#at option[selected]")["value"] == "ln_final.hook_in@tiny-gpt2"


@pytest.mark.parametrize("words", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_hostile_prompts_and_names_are_text(own: TestClient, words: str) -> None:
    line = " ".join(words.split())[:60] or "x"
    response = own.get("/vectors?" + urlencode(AT | {"positive": line, "negative": "a tree", "name": words[:150]}))
    page = soup(response)
    assert not [script for script in page.select("script") if not script.get("src")]
    assert not page.select("main img, main svg, main style, main iframe, [onmouseover], [onerror]")


def test_a_model_that_is_not_in_memory_is_waited_for(world: World) -> None:
    with TestClient(create_app(world.settings), base_url=BASE) as client:
        tree = soup(client.post("/parts/vectors/preview", data=AT | LISTS))
        assert text_of(one(tree, ".state.loading .state-title")) == "The model is loading"
        assert one(tree, "[hx-post]")["hx-trigger"] == "load delay:700ms"


def test_no_source_at_all_says_how_to_get_one(empty_client: TestClient) -> None:
    page = soup(empty_client.get("/vectors?positive=a&negative=b"))
    assert "periscope demo" in text_of(one(page, ".state"))
    assert not page.select("form.vector-form")


def test_a_path_is_no_number(own: TestClient, tmp_path: Path) -> None:
    assert own.get("/vectors?vector=x").status_code == 422
    assert own.post("/vectors/99999999999999/delete").status_code == 404
