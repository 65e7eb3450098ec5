import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from tests.fixtures_source import D_SAE, DEAD
from tests.web import facts_of, one, soup, text_of

Get = Callable[[str], BeautifulSoup]
PAGE = "/sources/tiny-mid"


def column(page: BeautifulSoup, name: str) -> list[str]:
    return [text_of(cell) for cell in page.select(f"table.latents td[data-name='{name}']")]


def indices(page: BeautifulSoup) -> list[int]:
    return [int(text_of(link)) for link in page.select("table.latents td.what a")]


def test_quality_is_shown_with_what_it_means(get: Get) -> None:
    page = get(PAGE)
    found = facts_of(one(page, "section[aria-labelledby=quality]"))
    assert found["Loss"] == "2.41 nats"
    assert found["Mean norm"] == "11.6"
    assert "latents active on a token, on average" in page.get_text()


def test_the_page_says_on_what_it_was_counted(get: Get) -> None:
    note = text_of(one(get(PAGE), "section[aria-labelledby=quality] .note"))
    assert "15,120 tokens of made-up texts, in contexts of 64 tokens" in note
    assert "uniform sample" in note


def test_the_density_figure_counts_every_live_latent(get: Get) -> None:
    figure = json.loads(str(one(get(PAGE), "[data-figure]")["data-figure"]))
    assert sum(figure["data"][0]["y"]) == D_SAE - 1


def test_the_table_begins_with_the_densest_latents(get: Get) -> None:
    page = get(PAGE)
    assert indices(page)[0] == 1
    assert one(page, "th[aria-sort=descending]").get_text(strip=True).startswith("Density")


@pytest.mark.parametrize("sort", ["index", "density", "max_activation", "mean_activation", "output_score"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_paging_shows_every_latent_once_in_every_order(client: TestClient, sort: str, order: str) -> None:
    seen: list[int] = []
    href = f"{PAGE}?sort={sort}&order={order}"
    while href:
        page = soup(client.get(href))
        seen += indices(page)
        links = page.select("a[rel=next]")
        href = str(links[0]["href"]) if links else ""
    assert sorted(seen) == list(range(D_SAE))


def test_a_head_that_is_clicked_again_turns_the_order(get: Get) -> None:
    head = one(get(f"{PAGE}?sort=max_activation&order=desc"), "th[aria-sort=descending] a")
    assert head["href"] == f"{PAGE}?sort=max_activation&order=asc"


def test_a_link_and_its_panel_lead_to_the_same_state(client: TestClient) -> None:
    for link in soup(client.get(f"{PAGE}?q=the&sort=index&order=asc")).select("#latents [hx-get]"):
        assert link["hx-push-url"] == link["href"]
        page, panel = soup(client.get(str(link["href"]))), soup(client.get(str(link["hx-get"])))
        assert indices(page) == indices(panel)
        assert not panel.select("html")


def test_search_finds_labels_top_tokens_and_promoted_tokens(get: Get) -> None:
    page = get(f"{PAGE}?q=WINTER")
    assert 5 in indices(page)
    assert one(page, "input[name=q]")["value"] == "WINTER"
    assert 0 < len(indices(page)) < D_SAE


def test_a_search_without_a_hit_says_so(get: Get) -> None:
    assert "No latent matches" in text_of(one(get(f"{PAGE}?q=xyzzy"), "#latents .notice"))


def test_a_search_for_markup_stays_text(get: Get) -> None:
    hostile = '"><script>alert(1)</script>'
    page = get(f"{PAGE}?{urlencode({'q': hostile})}")
    assert one(page, "input[name=q]")["value"] == hostile
    assert not [script for script in page.select("script") if not script.get("src")]


def test_the_density_filter_takes_both_ends_and_an_empty_field_is_no_limit(get: Get) -> None:
    page = get(f"{PAGE}?min_density=0.05&max_density=0.2&q=&sort=density&order=desc")
    shares = [float(text.split()[0]) for text in column(page, "Density")]
    assert shares
    assert all(5 <= share <= 20 for share in shares)
    assert indices(get(f"{PAGE}?min_density=&max_density=")) == indices(get(PAGE))


def test_a_dead_latent_is_named_in_the_table(get: Get) -> None:
    page = get(f"{PAGE}?max_density=0")
    assert indices(page) == [DEAD]
    assert column(page, "Fires most on") == ["never: dead"]


def test_hostile_tokens_are_text(get: Get) -> None:
    page = get(f"{PAGE}?q=script")
    assert "<script>alert(1)</script>" in [text_of(chip) for chip in page.select("bdi.token")]


def test_a_source_without_a_build_says_how_to_build_it(get: Get) -> None:
    page = get("/sources/other-mlp")
    assert "Not built yet" in page.get_text()
    assert "periscope build other-mlp" in text_of(one(page, "pre.command"))
    assert not page.select("table")


def test_random_leads_to_a_live_latent_of_the_source(client: TestClient) -> None:
    target = client.get(f"{PAGE}/random", follow_redirects=False).headers["location"]
    assert target.startswith(f"{PAGE}/latents/")
