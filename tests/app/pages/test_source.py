import base64
import json
from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np
import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.latent_table.lists import latents_by_index
from app.db.queries.points import latent_points
from app.db.queries.sources import source_by_slug
from app.db.writes.explanations import add_explanation
from app.sources.figures import scatter_note
from tests.fixture_texts import THEMES
from tests.fixtures_source import D_SAE, DEAD
from tests.hostile import marks_of
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


def test_every_quality_number_has_its_formula_and_how_it_is_misread(get: Get) -> None:
    page = get(PAGE)
    buttons = page.select("section[aria-labelledby=quality] dt button.term")
    assert [text_of(button) for button in buttons] == [
        "L0", "Explained variance", "Loss recovered", "Dead latents", "Loss", "Loss with the SAE", "Mean norm",
    ]  # fmt: skip
    for button in buttons:
        popover = one(page, f"#source #{button['popovertarget']}[popover]")
        assert text_of(one(popover, ".formula"))
        assert "Commonly misread:" in text_of(popover)


@pytest.mark.parametrize("path", [PAGE, "/sources/other-mlp"])
def test_a_local_sae_is_named_without_the_way_to_its_folder(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert "/saes/" not in answer.text
    assert "SAE: folder blocks." in text_of(one(soup(answer), "main"))


def test_the_page_says_on_what_it_was_counted(get: Get) -> None:
    note = text_of(one(get(PAGE), "section[aria-labelledby=quality] .fold"))
    assert "15,120 tokens of made-up texts, in contexts of 64 tokens" in note
    assert "uniform sample" in note


def test_the_density_figure_counts_every_live_latent(get: Get) -> None:
    figure = json.loads(str(one(get(PAGE), "[data-figure]")["data-figure"]))
    assert sum(figure["data"][0]["y"]) == D_SAE - 1


def test_the_table_begins_with_what_is_most_telling(get: Get) -> None:
    page = get(PAGE)
    found = indices(page)
    # The latents with a label, then those on at most a tenth of the tokens, the denser first; the densest of all late.
    n_labels = len(indices(get(f"{PAGE}?labelled=yes")))
    assert set(found[:n_labels]) == set(indices(get(f"{PAGE}?labelled=yes")))
    thin = indices(get(f"{PAGE}?labelled=no&dead=hide&max_density=0.1&sort=density&order=desc"))
    assert len(found) == 50  # of the first page
    assert found[n_labels:] == thin[: 50 - n_labels]
    assert 1 not in found
    assert "the most telling first" in text_of(one(page, "#latents .table-head"))
    other = get(f"{PAGE}?sort=density")
    assert one(other, "th[aria-sort=descending]").get_text(strip=True).startswith("Density")
    assert str(one(other, ".table-head a[hx-get]")["href"]) == PAGE


@pytest.mark.parametrize(
    "sort",
    ["index", "density", "max_activation", "mean_activation", "output_score", "label", "top_token", "promoted"],
)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_paging_shows_every_latent_once_in_every_order(client: TestClient, sort: str, order: str) -> None:
    seen: list[int] = []
    href = f"{PAGE}?sort={sort}&order={order}"
    while href:
        page = soup(client.get(href))
        seen += indices(page)
        if page.select("a[rel=prev]"):
            before = soup(client.get(str(one(page, "a[rel=prev]")["href"])))
            assert indices(before) == seen[-len(indices(page)) - len(indices(before)) : -len(indices(page))]
        links = page.select("a[rel=next]")
        href = str(links[0]["href"]) if links else ""
    assert sorted(seen) == list(range(D_SAE))


def test_a_head_that_is_clicked_again_turns_the_order(get: Get) -> None:
    head = one(get(f"{PAGE}?sort=max_activation&order=desc"), "th[aria-sort=descending] a")
    assert head["href"] == f"{PAGE}?sort=max_activation&order=asc"


def test_a_link_and_its_panel_lead_to_the_same_state(client: TestClient) -> None:
    for link in soup(client.get(f"{PAGE}?q=the&sort=index&order=asc")).select("#latents a[hx-get]"):
        assert link["hx-push-url"] == link["href"]
        page, panel = soup(client.get(str(link["href"]))), soup(client.get(str(link["hx-get"])))
        assert indices(page) == indices(panel)
        assert not panel.select("html")


def test_search_finds_labels_top_tokens_and_promoted_tokens(get: Get) -> None:
    page = get(f"{PAGE}?q=WINTER")
    assert 5 in indices(page)
    assert one(page, "input#q")["value"] == "WINTER"
    assert 0 < len(indices(page)) < D_SAE


def test_a_search_without_a_hit_names_the_filters_and_how_to_drop_them(get: Get) -> None:
    notice = one(get(f"{PAGE}?q=xyzzy&min_density=0.01&sort=index&order=asc"), "#latents .notice")
    assert (
        "No latent matches. The table is filtered by: “xyzzy” in labels or tokens; density at least 0.01."
        in text_of(notice)
    )
    assert one(notice, "a")["href"] == f"{PAGE}?sort=index&order=asc"


def test_a_search_for_markup_stays_text(get: Get) -> None:
    hostile = '"><script>alert(1)</script>'
    page = get(f"{PAGE}?{urlencode({'q': hostile})}")
    assert one(page, "input#q")["value"] == hostile
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


def test_a_hostile_label_is_visible_text(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    hostile = "\u202egnp\x01.exe\x1b[31m<b>"
    add_explanation(own_session, source, 20, hostile, author="me", method="by hand")
    answer = own_client.get(f"{PAGE}?label=gnp")
    label = one(soup(answer), "table.latents bdi.label")
    assert text_of(label) == label["title"] == "‹202E›gnp‹0001›.exe‹001B›[31m<b>"
    assert marks_of(answer.text) == []
    tag = one(soup(own_client.get(f"{PAGE}?label=%E2%80%AEgnp")), ".active-filters a.tag bdi")
    assert text_of(tag) == "label with “‹202E›gnp”"
    for path in (f"/exports{PAGE}/latents.json", f"/api/v1{PAGE}/latents"):
        assert own_client.get(f"{path}?label=gnp").json()["latents"][0]["label"] == hostile


def test_a_source_without_a_build_says_how_to_build_it(get: Get) -> None:
    page = get("/sources/other-mlp")
    assert "Not built yet" in page.get_text()
    assert "periscope build other-mlp" in text_of(one(page, "pre.command"))
    assert not page.select("table")


def test_random_leads_to_a_live_latent_of_the_source(client: TestClient) -> None:
    target = client.get(f"{PAGE}/random", follow_redirects=False).headers["location"]
    assert target.startswith(f"{PAGE}/latents/")


def test_dead_latents_can_be_hidden(get: Get) -> None:
    page = get(f"{PAGE}?dead=hide&sort=density&order=asc")
    assert DEAD not in indices(page)
    assert text_of(one(page, "#latents p[role=status]")) == f"{D_SAE - 1} latents match"


@pytest.mark.parametrize(
    ("query", "words"),
    [("", f"{D_SAE} latents"), ("dead=only", "1 latent matches"), ("q=xyzzy", "0 latents match")],
)
def test_the_number_of_latents_is_a_sentence(get: Get, query: str, words: str) -> None:
    assert (
        text_of(one(get(f"{PAGE}?{query}"), "#latents .table-head p[role=status]")).removesuffix(
            ", the most telling first"
        )
        == words
    )


def test_only_labelled_latents_can_be_shown_and_sorted_by_label(get: Get) -> None:
    page = get(f"{PAGE}?labelled=yes&sort=label")
    labels = [text_of(cell) for cell in page.select("table.latents .label")]
    assert labels == sorted(THEMES)


def test_the_scatter_has_every_live_latent_at_its_place(client: TestClient, own_session: Session) -> None:
    scatter = one(soup(client.get(PAGE)), "[data-scatter]")
    answer = client.get(str(scatter["data-scatter"]))
    assert "immutable" in answer.headers["Cache-Control"]
    data = answer.json()
    places = np.frombuffer(base64.b64decode(data["points"]), "<u2").reshape(-1, 2)
    assert data["step"] == 1
    source = source_by_slug(own_session, "tiny-mid")
    rows = latents_by_index(own_session, source, range(D_SAE))
    for index, (x, y) in enumerate(places.tolist()):
        row = rows[index]
        if row.n_active == 0:
            assert (x, y) == (65535, 65535)
            continue
        for place, ends, value in ((x, data["density"], row.density), (y, data["maximum"], row.max_activation)):
            assert 10 ** (ends[0] + place / 65534 * (ends[1] - ends[0])) == pytest.approx(value, rel=1e-3)


PARTS = [
    ("/parts/sources/tiny-mid/latents?sort=label&order=asc", "/sources/tiny-mid?sort=label&order=asc"),
    ("/parts/sources/tiny-mid/latents/5/bands?view=width", ""),
    ("/parts/sources/tiny-mid/latents/5/later-bands", ""),
    ("/parts/sources/tiny-mid/latents/5/prompts/3", ""),
]


@pytest.mark.parametrize(("path", "address"), PARTS)
def test_a_part_for_a_page_of_another_build_loads_that_page_anew(client: TestClient, path: str, address: str) -> None:
    for page, place in ((PAGE, "#source"), (f"{PAGE}/latents/5", "main")):
        shown = json.loads(str(one(soup(client.get(page)), place)["hx-headers"]))
        plain = client.get(path)
        assert client.get(path, headers=shown).content == plain.content
        assert "hx-refresh" not in plain.headers
        stale = client.get(path, headers={"Periscope-Build": f"0-{shown['Periscope-Build']}"})
        assert (stale.status_code, stale.content, stale.headers["cache-control"]) == (200, b"", "no-store")
        assert (stale.headers.get("hx-redirect", ""), "hx-refresh" in stale.headers) == (address, not address)


def test_the_scatter_of_another_build_is_refused(client: TestClient) -> None:
    address = str(one(soup(client.get(PAGE)), "[data-scatter]")["data-scatter"])
    number, _, moment = address.split("/")[-2].partition("-")
    for other in (f"{int(number) + 1}-{moment}", f"{number}-{int(moment) - 1}", number, "999", "<b>"):
        answer = client.get(f"/figures/sources/tiny-mid/{other}/scatter.json")
        assert answer.status_code == 404


def test_a_wide_source_shows_every_nth_latent_as_a_dot(own_session: Session) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    points = latent_points(own_session, source, limit=10)
    assert points.step == 7
    rows = latents_by_index(own_session, source, range(0, D_SAE, 7))
    assert points.densities.tolist() == [row.density for row in rows.values()]
    assert points.max_activations.tolist() == [row.max_activation for row in rows.values()]
    assert scatter_note(1_000_000, 20) == "Every 20th of the 1,000,000 latents is a dot, unless it is dead."
