"""The form of the table of latents: what it takes, how it says what it cannot take, and what links keep of it."""

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from tests.app.pages.test_source import PAGE, indices
from tests.web import one, soup, text_of

Get = Callable[[str], BeautifulSoup]


def test_the_form_of_the_panel_moves_the_address_of_the_page(client: TestClient) -> None:
    answer = client.get("/parts/sources/tiny-mid/latents?q=winter&min_density=&max_density=&dead=hide&sort=&order=")
    assert answer.headers["HX-Push-Url"] == f"{PAGE}?q=winter&dead=hide"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=winter", "“winter” in labels or tokens"),
        ("label=winter", "label with “winter”"),
        ("top_token=the", "fires most on “the”"),
        ("promoted=cold", "promotes “cold”"),
        ("min_density=0.001&max_density=0.5", "density from 0.001 to 0.5"),
        ("max_max_activation=12.5", "maximum at most 12.5"),
        ("min_mean_activation=1", "mean at least 1"),
        ("labelled=yes", "with a label"),
        ("labelled=no", "without a label"),
        ("dead=hide", "dead ones hidden"),
        ("dead=only", "dead ones only"),
    ],
)
def test_a_filter_that_is_set_stands_above_the_table_with_a_link_that_drops_it(
    get: Get, query: str, words: str
) -> None:
    page = get(f"{PAGE}?{query}&sort=index&order=asc")
    tag = one(page, ".active-filters a.tag")
    assert text_of(tag) == f"{words} ×"
    assert tag["href"] == f"{PAGE}?sort=index&order=asc"
    assert len(indices(page)) > 0
    # Every field of the form has what was asked for, so that the next search keeps it.
    for name, value in parse_qsl(query):
        field = one(page, f"form.table-filters [name={name}]")
        shown = one(field, "option[selected]")["value"] if field.name == "select" else field["value"]
        assert shown == value


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=search_text", "sort is one of index"),
        ("labelled=maybe", "labelled is one of yes, no"),
        ("dead=yes", "dead is one of hide, only"),
        ("min_density=2", "Density is a share of tokens, from 0 to 1 or from 0 % to 100 %, not 2."),
        ("max_max_activation=nan", "Maximum must be a number, not “nan”."),
        ("min_mean_activation=x", "Mean must be a number, not “x”."),
        ("min_density=0.5&max_density=10%25", "Density: “from” (0.5) must not be larger than “to” (10%)."),
        (f"promoted={'x' * 201}", "The promoted token has 201 characters; at most 200 are allowed."),
        ("cursor=abc", "This cursor does not belong to this list"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(client: TestClient, query: str, sentence: str) -> None:
    for path in (PAGE, "/parts/sources/tiny-mid/latents", "/exports/sources/tiny-mid/latents.csv"):
        if "cursor" in query and "exports" in path:
            continue  # an export has no pages
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert sentence in (answer.json()["detail"] if "exports" in path else text_of(soup(answer)))


def test_a_range_that_cannot_be_meant_is_mended_in_the_form(client: TestClient) -> None:
    query = "q=winter&min_density=abc&max_density=0.2&min_mean_activation=1&max_max_activation=3&min_max_activation=5"
    answer = client.get(f"{PAGE}?{query}&label=sea&dead=hide&sort=label&order=asc")
    assert answer.status_code == 422
    page = soup(answer)
    form = one(page, "form.table-filters")
    assert one(form, "details").has_attr("open")
    kept = {"q": "winter", "min_density": "abc", "max_density": "0.2", "min_mean_activation": "1", "label": "sea"}
    assert {name: one(form, f"[name={name}]")["value"] for name in kept} == kept
    chosen = {name: one(form, f"[name={name}] option[selected]")["value"] for name in ("dead", "sort", "order")}
    assert chosen == {"dead": "hide", "sort": "label", "order": "asc"}
    wrong = form.select("[aria-invalid=true]")
    assert [field["name"] for field in wrong] == ["min_density", "min_max_activation", "max_max_activation"]
    assert [field["name"] for field in form.select("[autofocus]")] == ["min_density"]
    for field in wrong:
        said = one(form, f"#{field['aria-describedby']}[role=alert]")
        assert text_of(said).startswith("Density" if "density" in str(field["name"]) else "Maximum")
    notice = one(page, "#latents .notice")
    assert "Correct Density and Maximum above" in text_of(notice)
    assert one(notice, "a")["href"] == f"{PAGE}?sort=label&order=asc"
    assert not page.select("table.latents, .exports, .pager")


def test_a_refused_form_takes_its_own_place_and_leaves_the_table_and_the_address(client: TestClient) -> None:
    answer = client.get("/parts/sources/tiny-mid/latents?min_density=abc")
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == answer.headers["HX-Reselect"] == "#table-filters"
    assert answer.headers["HX-Reswap"] == "outerHTML"
    assert "HX-Push-Url" not in answer.headers
    assert len(soup(answer).select("#table-filters")) == 1


@pytest.mark.parametrize("typed", ["5%", "5 %", "5\u00a0%", " 0.05 ", "5e-2"])
def test_a_density_is_taken_as_the_page_writes_it(client: TestClient, typed: str) -> None:
    answer = client.get(PAGE, params={"min_density": typed})
    assert answer.status_code == 200
    assert one(soup(answer), "#min_density")["value"] == "0.05"
    assert indices(soup(answer)) == indices(soup(client.get(f"{PAGE}?min_density=0.05")))


def test_the_api_keeps_its_own_names_and_its_empty_lists(client: TestClient) -> None:
    path = "/api/v1/sources/tiny-mid/latents"
    assert "min_density must be a number, not '5%'" in client.get(f"{path}?min_density=5%25").json()["detail"]
    assert client.get(f"{path}?min_density=0.5&max_density=0.1").json()["latents"] == []


def test_the_sort_can_be_chosen_in_the_form(get: Get) -> None:
    page = get(f"{PAGE}?sort=mean_activation&order=asc")
    options = page.select("#sort option")
    # The fixture has no output scores.
    assert [option["value"] for option in options] == [
        "index", "label", "label_status", "density", "max_activation", "mean_activation", "top_token", "promoted",
        "telling", "label_score",
    ]  # fmt: skip
    assert one(page, "#sort option[selected]")["value"] == "mean_activation"
    assert one(page, "#order option[selected]")["value"] == "asc"


def test_the_way_to_another_page_ends_at_the_table(get: Get) -> None:
    page = get(PAGE)
    address, _, place = str(one(page, "a[rel=next]")["href"]).partition("#")
    assert one(get(address), f"#{place}").name == "table"
    assert "#" not in str(one(page, "a[rel=next]")["hx-get"])
