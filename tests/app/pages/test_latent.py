import json
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient

from tests.fixture_texts import HOSTILE
from tests.fixtures_source import D_SAE, DEAD, DENSE, RUBBISH, make_corpus, make_record
from tests.web import facts_of, one, text_of

Get = Callable[[str], BeautifulSoup]
WINTER = 5


def href(index: int) -> str:
    return f"/sources/tiny-mid/latents/{index}"


def bands(page: BeautifulSoup) -> list[Tag]:
    return page.select("section.band")


def test_the_label_is_the_title(get: Get) -> None:
    page = get(href(WINTER))
    assert text_of(one(page, "h1")) == "winter"
    assert text_of(one(page, "title")).startswith("winter · tiny-mid 5")


def test_a_latent_without_a_label_is_summed_up_from_its_tokens(get: Get) -> None:
    page = get(href(20))
    assert text_of(one(page, "h1")) == "Latent 20"
    assert text_of(one(page, ".summary")).startswith("Fires most on")


def test_statistics_are_those_of_the_record(get: Get) -> None:
    record = make_record(make_corpus(), WINTER, seed=1)
    found = facts_of(one(get(href(WINTER)), "section.overview"))
    assert found["Active tokens"] == f"{record.n_active:,}"
    assert found["Maximum"] == f"{record.max_activation:.3g}"
    assert found["Output score"] == "not recorded"


def test_the_page_says_on_what_it_was_counted(get: Get) -> None:
    assert "15,120 tokens of made-up texts" in text_of(one(get(href(WINTER)), "section.overview"))


def test_bands_come_from_the_strongest_down_with_their_exact_share(get: Get) -> None:
    page = get(href(WINTER))
    titles = [text_of(one(band, "h3")) for band in bands(page)]
    assert titles == ["Strongest", "99–100 %", "95–99 %", "90–95 %", "70–90 %", "50–70 %", "0–50 %"]
    assert "20 % of active tokens" in text_of(one(bands(page)[4], "header"))
    assert all(band.select("ol.examples > li") for band in bands(page))


def test_equal_width_bands_are_a_second_tab_at_their_own_address(client: TestClient, get: Get) -> None:
    tabs = get(href(WINTER)).select(".tabs a")
    assert [(text_of(tab), tab.get("aria-current")) for tab in tabs] == [
        ("Quantile bands", "true"), ("Equal-width bands", None),
    ]  # fmt: skip
    page, panel = get(str(tabs[1]["href"])), get(str(tabs[1]["hx-get"]))
    assert [b["id"] for b in bands(page)] == [b["id"] for b in bands(panel)]
    assert len(bands(page)) == 11
    assert not panel.select("html")


def test_every_band_of_the_figure_is_on_the_page(get: Get) -> None:
    page = get(href(WINTER))
    figure = json.loads(str(one(page, "[data-figure]")["data-figure"]))
    anchors = {band["anchor"] for band in figure["bands"]}
    assert len(anchors) == 6
    assert anchors < {str(band["id"]) for band in bands(page)}


def test_an_example_outlines_its_token_and_shades_by_one_scale(get: Get) -> None:
    strongest = bands(get(href(WINTER)))[0].select("ol.examples > li")[0]
    focus = one(strongest, ".tok.focus")
    assert {"act-20", "hot"} <= set(focus["class"])
    assert focus["data-a"] == text_of(one(strongest, ".value b"))


def test_hostile_tokens_are_escaped_and_what_is_invisible_is_shown(get: Get, client: TestClient) -> None:
    page = get(href(RUBBISH))
    shown = "".join(example.get_text() for example in page.select("bdi.text"))
    assert all(token in shown for token in HOSTILE[:5])
    assert not [script for script in page.select("script") if not script.get("src")]
    assert not page.select("img, textarea")
    marks = {str(mark["title"]) for mark in page.select("bdi .mark")}
    assert {"right-to-left override U+202E", "zero width space U+200B", "tab"} <= marks
    text = client.get(href(RUBBISH)).text
    assert not any(c in text for c in "\u202e\u2066\u200b\x07")


def test_line_breaks_are_shown(get: Get) -> None:
    assert "⏎" in "".join(example.get_text() for example in get(href(DENSE)).select("bdi.text"))


def test_no_attribute_holds_a_style_and_no_script_is_inline(client: TestClient) -> None:
    for index in (DEAD, DENSE, RUBBISH, WINTER):
        text = client.get(href(index)).text
        assert " style=" not in text
        assert "<style" not in text


def test_a_dead_latent_gets_a_sentence_and_no_plot(get: Get) -> None:
    page = get(href(DEAD))
    assert "This latent is dead." in text_of(one(page, ".notice"))
    assert not page.select("[data-figure], section.band")
    assert facts_of(one(page, "section.overview")) == {"Density": "0 %", "Active tokens": "0"}


def test_a_dense_latent_is_called_dense(get: Get) -> None:
    assert "This latent is very dense." in text_of(one(get(href(DENSE)), ".notice"))


def test_token_bars_have_the_longest_at_full_length(get: Get) -> None:
    page = get(href(WINTER))
    for name in ("Promoted tokens", "Suppressed tokens", "Tokens it is most often active on"):
        meters = page.select(f"ol[aria-label='{name}'] meter")
        assert max(float(str(meter["value"])) for meter in meters) == 1


def test_neighbours_are_links_with_their_cosine(get: Get) -> None:
    links = get(href(WINTER)).select(".neighbours a")
    assert text_of(links[0]) == "6 the night sky 0.90"
    assert links[0]["href"] == href(6)


def test_the_first_and_the_last_latent_lead_only_one_way(get: Get) -> None:
    assert not get(href(0)).select("a[data-key=previous]")
    assert one(get(href(0)), "a[data-key=next]")["href"] == href(1)
    assert not get(href(D_SAE - 1)).select("a[data-key=next]")


@pytest.mark.parametrize("index", range(0, D_SAE, 7))
def test_every_latent_has_a_page(client: TestClient, index: int) -> None:
    assert client.get(f"/sources/tiny-late/latents/{index}?view=width").status_code == 200
