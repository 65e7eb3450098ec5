import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.corpus.reading import known_activations
from app.db.queries.calibrations import CalibrationInfo, Subject, SweepInfo
from app.db.queries.latents import latent_record
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.db.writes.calibrations import save_calibration
from app.db.writes.latents import write_output_scores
from app.settings import Settings
from app.text.formats import number, percent
from app.text.tokens import plain
from tests.fixture_texts import HOSTILE
from tests.fixtures_source import CONTEXT, D_SAE, DEAD, DENSE, RUBBISH, activations, make_corpus, make_record
from tests.web import facts_of, one, soup, text_of

Get = Callable[[str], BeautifulSoup]
WINTER = 5
CALLS = "[hx-target='#later-bands']"


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
    assert text_of(one(page, ".summary > span .muted")).endswith(" % of its active tokens")


def test_statistics_are_those_of_the_record(get: Get) -> None:
    record = make_record(make_corpus(), WINTER, seed=1)
    found = facts_of(one(get(href(WINTER)), "section.strip-panel"))
    assert found["Median"] == f"{record.quantiles['0.5']:.3g}"
    assert found["Active tokens"] == f"{record.n_active:,}"
    assert found["Maximum"] == f"{record.max_activation:.3g}"
    assert found["Output score"] == "not recorded"


def test_an_output_score_stands_with_its_words(own_client: TestClient, own_session: Session) -> None:
    build = source_by_slug(own_session, "tiny-mid").build
    assert build
    write_output_scores(own_session, build.id, {WINTER: 0.25})
    overview = one(soup(own_client.get(href(WINTER))), "section.strip-panel")
    assert facts_of(overview)["Output score"] == "0.250"
    assert "likely to steer" in text_of(overview)


def test_the_page_says_on_what_it_was_counted(get: Get) -> None:
    assert "15,120 tokens of made-up texts" in text_of(one(get(href(WINTER)), "section.strip-panel"))


def test_previous_and_next_follow_the_table_that_the_reader_came_from(get: Get) -> None:
    table = get("/sources/tiny-mid?sort=max_activation&min_density=0.01")
    links = [str(link["href"]) for link in table.select("table.latents td.what a")]
    assert len(links) > 3
    for before, here, after in zip(links, links[1:], links[2:], strict=False):
        page = get(here)
        assert one(page, "a[rel=prev]")["href"] == before
        assert one(page, "a[rel=next]")["href"] == after
    first = get(links[0])
    assert not first.select("a[rel=prev]")
    back = str(first.select(".crumbs a")[-1]["href"])
    assert back == "/sources/tiny-mid?min_density=0.01&sort=max_activation&order=desc"
    # Views of a latent keep the way, and a latent that is not in the list has its place in it.
    tab = str(one(first, "a[href*='view=width']")["href"]).partition("#")[0]
    assert "list=" in tab
    other = tab.replace(links[0].partition("?")[0], links[1].partition("?")[0])
    assert one(get(tab), "a[rel=next]")["href"] == other


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sort%3Dnope", "sort is one of"),
        ("min_density%3Dlots", "a range that cannot be meant"),
        ("a" * 5000, "at most 4000"),
        ("%26".join("q%3Dx" for _ in range(50)), "more than 40 parameters"),
    ],
)
def test_a_list_that_is_none_is_refused_in_one_sentence(client: TestClient, given: str, said: str) -> None:
    answer = client.get(f"{href(WINTER)}?list={given}")
    assert answer.status_code == 422
    assert said in text_of(one(soup(answer), ".lede"))


def test_the_latent_is_a_click_away_in_every_other_page(get: Get) -> None:
    tools = {text_of(link): str(link["href"]) for link in get(href(WINTER)).select(".with-it a")}
    assert list(tools) == ["Microscope", "Ablate", "Selectivity", "Steer"]
    corpus, acts = make_corpus(), activations(make_corpus(), WINTER, 1)
    assert tools["Steer"] == f"/steer?term=tiny-mid:{WINTER}"
    assert tools["Selectivity"] == f"/ablate?mode=selectivity&latents={WINTER}&source=tiny-mid"
    asked = dict(parse_qsl(tools["Microscope"].partition("?")[2]))
    assert asked["latent"] == f"tiny-mid:{WINTER}"
    prompt, position = np.unravel_index(int(acts.argmax()), acts.shape)
    peak = corpus.vocabulary[int(corpus.ids[prompt, position])]
    until = dict(parse_qsl(tools["Ablate"].partition("?")[2]))["text"]
    assert until.endswith(peak)
    assert asked["text"].startswith(until)
    assert [text_of(link) for link in get(href(DEAD)).select(".with-it a")] == ["Steer"]


def calibrated(session: Session, unit: float) -> None:
    source = source_by_slug(session, "tiny-mid")
    sweep = SweepInfo(True, (1.0, 0.9), 1.0, 0.0, -1.2, 1.4, (("Hello?", "plain words", f"snow {HOSTILE[0]}"),) * 5)
    empty = (None, None)
    save_calibration(
        session,
        CalibrationInfo(
            Subject(source.id, WINTER), "add", unit, ("Hello?",), 0.8, (0.0, 0.5), empty, empty, empty, -0.6, 0.7, 0.45,
            datetime(2026, 11, 30, tzinfo=UTC), sweep,
        ),
    )  # fmt: skip


def test_what_a_latent_writes_stands_beside_what_it_fires_on(own_client: TestClient, own_session: Session) -> None:
    panel = one(soup(own_client.get(href(WINTER))), "section[aria-labelledby=writes]")
    assert "Nobody has calibrated it yet" in text_of(panel)
    unit = make_record(make_corpus(), WINTER, seed=1).max_activation
    calibrated(own_session, unit)
    panel = one(soup(own_client.get(href(WINTER))), "section[aria-labelledby=writes]")
    assert len(panel.select("li")) == 3
    assert text_of(panel.select("li p")[1]) == f"snow {plain(HOSTILE[0])}"
    assert "plain words" in text_of(panel)
    assert "language in a chat from -0.6" in text_of(panel).replace("−", "-").replace("0.600", "0.6")
    assert str(one(panel, "header a")["href"]) == f"/steer?term=tiny-mid%3A{WINTER}&strength=0.45"
    # In another unit it says nothing of the strengths of today.
    calibrated(own_session, 2 * unit)
    assert "Nobody has calibrated" in text_of(
        one(soup(own_client.get(href(WINTER))), "section[aria-labelledby=writes]")
    )
    assert not soup(own_client.get(href(DEAD))).select("section[aria-labelledby=writes]")


def test_bands_come_from_the_strongest_down_with_their_exact_share(get: Get) -> None:
    page = get(href(WINTER))
    titles = [text_of(one(band, "h3")) for band in bands(page)]
    assert titles == ["Strongest", "99–100 %", "95–99 %", "90–95 %", "70–90 %", "50–70 %", "0–50 %"]
    assert "20 % of active tokens" in text_of(one(bands(page)[4], "header"))


def test_the_lower_bands_come_later_with_a_link_for_readers_without_a_script(get: Get) -> None:
    page = get(href(WINTER))
    later = one(page, "#later-bands")
    assert [bool(band.select("ol.examples > li .context")) for band in bands(page)] == [True] * 2 + [False] * 5
    # The place of those that come is kept, so that nothing jumps when they are there.
    kept = [len(band.select("ol.to-come.needs-js[aria-hidden=true] > li")) for band in bands(later)]
    come = [len(band.select("ol.examples .context")) for band in bands(get(str(one(page, CALLS)["hx-get"])))]
    assert kept == come
    assert max(kept) == 5
    assert [str(band["id"]) for band in later.select("section.band")] == [str(b["id"]) for b in bands(page)][2:]
    brings = one(page, CALLS)
    assert "intersect" in str(brings["hx-trigger"])
    assert later in brings.descendants
    links = [str(link["href"]) for link in later.select("a")]
    assert links[0] == f"{href(WINTER)}?band=all#{bands(page)[2]['id']}"


@pytest.mark.parametrize("view", ["quantile", "width"])
def test_what_comes_now_and_later_is_what_comes_at_once(get: Get, view: str) -> None:
    page, whole = get(f"{href(WINTER)}?view={view}"), get(f"{href(WINTER)}?view={view}&band=all")
    later = get(str(one(page, CALLS)["hx-get"]))
    assert not whole.select("#later-bands")
    assert not later.select("html, [data-figure]")
    assert [str(b) for b in (*bands(page)[1:2], *bands(later))] == [str(b) for b in bands(whole)[1:]]
    # Later ones can be folded into the strongest, so the examples that stand alone are compared.
    first, all_of_them = (bands(shown)[0].select("section > ol > li > .context") for shown in (page, whole))
    assert len(first) > 2
    assert [str(item) for item in first] == [str(item) for item in all_of_them[: len(first)]]
    assert [text_of(pick) for pick in whole.select("[aria-label='Bands'] a[aria-current]")] == ["All bands"]


def test_more_of_the_strongest_are_behind_a_link(get: Get) -> None:
    page = get(href(WINTER))
    strongest, second = bands(page)[:2]
    assert len(strongest.select("ol.examples > li .value")) == 10
    more = one(strongest, "a[hx-target='#examples']")
    assert text_of(more) == "More of the strongest"
    for address in (more["href"], more["hx-get"]):
        assert len(bands(get(str(address)))[0].select("ol.examples > li .value")) > 10
    assert not second.select("a[hx-target]")
    assert not bands(get(f"{href(WINTER)}?band=all"))[0].select("a[hx-target]")


def test_nothing_comes_later_for_one_band_or_a_dead_latent(client: TestClient, get: Get) -> None:
    assert not get(f"{href(WINTER)}?band=0.5-0.7").select("#later-bands")
    assert not bands(get(f"/parts{href(WINTER)}/later-bands?band=0.5-0.7"))
    assert client.get(f"/parts{href(DEAD)}/later-bands").status_code == 200
    assert client.get(f"/parts{href(WINTER)}/later-bands?view=nope").status_code == 422
    assert client.get("/parts/sources/nope/latents/1/later-bands").status_code == 404


def test_equal_width_bands_are_a_second_tab_at_their_own_address(client: TestClient, get: Get) -> None:
    tabs = get(href(WINTER)).select(".tabs a")
    assert [(text_of(tab), tab.get("aria-current")) for tab in tabs] == [
        ("Quantile bands", "true"), ("Equal-width bands", None),
    ]  # fmt: skip
    page, panel = get(str(tabs[1]["href"])), get(str(tabs[1]["hx-get"]))
    assert [b["id"] for b in bands(page)] == [b["id"] for b in bands(panel)]
    assert len(bands(page)) == 11
    assert not panel.select("html")


def test_one_band_can_be_seen_alone_with_a_link_to_each(get: Get) -> None:
    page = get(f"{href(WINTER)}?band=0.5-0.7")
    assert [text_of(one(band, "h3")) for band in bands(page)] == ["50–70 %"]
    picks = page.select("nav[aria-label='Bands'] a")
    assert [text_of(pick) for pick in picks][:3] == ["All bands", "Strongest", "99–100 %"]
    assert [text_of(pick) for pick in picks if pick.get("aria-current")] == ["50–70 %"]
    for pick in picks:
        assert len(bands(get(str(pick["hx-get"])))) == (7 if text_of(pick) == "All bands" else 1)
    # Another kind of bands has other names: it begins with all.
    assert "band=" not in str(page.select(".tabs a")[1]["href"])
    figure = json.loads(str(one(page, "[data-figure]")["data-figure"]))
    assert all("#band-" in band["href"] for band in figure["bands"])


def test_the_counts_can_be_seen_on_a_linear_scale(get: Get) -> None:
    page = get(f"{href(WINTER)}?view=width&scale=linear")
    axis = json.loads(str(one(page, "[data-figure]")["data-figure"]))["layout"]["yaxis"]
    assert axis.get("type", "linear") == "linear"
    current = [text_of(link) for link in page.select("[aria-label='Scale of the counts'] a[aria-current]")]
    assert current == ["Linear counts"]
    assert all("scale=linear" in str(tab["href"]) for tab in page.select(".tabs a"))


@pytest.mark.parametrize("wrong", ["view=nope", "scale=nope", "band=nope", "view=width&band=0.5-0.7"])
def test_what_cannot_be_meant_is_answered_in_a_sentence(client: TestClient, wrong: str) -> None:
    answer = client.get(f"{href(WINTER)}?{wrong}")
    assert answer.status_code == 422
    assert "choose one of" in answer.text


def test_each_statistic_is_explained_with_its_formula_and_its_misreading(get: Get) -> None:
    page = get(href(WINTER))
    for button in page.select("button.term"):
        panel = one(page, f"#{button['popovertarget']}")
        assert panel.has_attr("popover")
        assert "Commonly misread:" in text_of(panel)
        assert one(panel, ".formula")
    assert len(page.select("section.strip-panel button.term")) == 7


def test_an_example_leads_to_its_whole_prompt(get: Get) -> None:
    corpus, acts = make_corpus(), activations(make_corpus(), WINTER, 1)
    link = bands(get(href(WINTER)))[0].select(".widen a")[0]
    page = get(str(link["href"]))
    panel = get(str(link.parent["hx-get"]))  # type: ignore[index]
    assert text_of(one(page, "bdi.whole")) == text_of(one(panel, "bdi.whole"))
    assert not panel.select("html")
    prompt = int(str(link["href"]).split("/")[-1].split("?")[0])
    whole = plain("".join(corpus.vocabulary[i] for i in corpus.ids[prompt].tolist()))
    # The parser makes one space of an element that holds only spaces.
    assert text_of(one(panel, "bdi.whole")) == " ".join(whole.split())
    focus = one(panel, ".tok.focus")
    assert focus["data-a"] == number(float(acts[prompt].max()))


def test_a_prompt_shades_only_what_the_build_kept(get: Get, filled_folder: Path) -> None:
    acts = activations(make_corpus(), WINTER, 1)
    engine = make_engine(Settings(_env_file=None, data_dir=filled_folder))
    with make_session_maker(engine)() as session:
        record = latent_record(session, source_by_slug(session, "tiny-mid"), WINTER)
    engine.dispose()
    for prompt in {band.examples[0].prompt for band in record.bands if band.examples}:
        known = known_activations(record, prompt, CONTEXT)
        kept = ~np.isnan(known)
        assert kept.any()
        assert np.array_equal(known[kept], acts[prompt][kept])


@pytest.mark.parametrize(
    ("path", "status"),
    [("prompts/99999", 404), ("prompts/-1", 404), ("prompts/99999999999999", 404), ("prompts/0?position=64", 422)],
)
def test_a_prompt_or_position_that_is_not_there_is_named(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"{href(WINTER)}/{path}")
    assert answer.status_code == status
    assert "prompt" in answer.text.lower()


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
    assert not page.select("img")
    assert text_of(one(page, "#label-text")) == ""
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
    assert facts_of(one(page, "section.strip-panel")) == {"Density": "0 %", "Active tokens": "0"}


def test_a_dense_latent_is_called_dense(get: Get) -> None:
    assert "This latent is very dense." in text_of(one(get(href(DENSE)), ".notice"))


def test_token_bars_have_the_longest_at_full_length(get: Get) -> None:
    page = get(href(WINTER))
    for name in ("Promoted tokens", "Suppressed tokens"):
        meters = page.select(f"ol[aria-label='{name}'] meter")
        assert max(float(str(meter["value"])) for meter in meters) == 1


def test_the_tokens_it_fires_on_have_their_exact_count_share_and_mean(get: Get) -> None:
    corpus, acts = make_corpus(), activations(make_corpus(), WINTER, 1)
    table = one(get(href(WINTER)), "table[aria-label='Tokens it fires on most']")
    for row in table.select("tbody tr"):
        token = text_of(one(row, ".token")).replace("·", " ")
        mine = acts[(corpus.ids == corpus.vocabulary.index(token)) & (acts > 0)]
        count, share, mean = (text_of(cell) for cell in row.select("td"))
        assert count == f"{mine.size:,}"
        assert share == " ".join(percent(mine.size / (acts > 0).sum(), 2).split())
        assert mean == number(float(mine.mean()))
    assert len(table.select("tbody tr")) == 8
    distinct = np.unique(corpus.ids[acts > 0]).size
    assert f"Distinct tokens: {distinct} " in text_of(table.find_parent("section"))  # type: ignore[arg-type]


def test_an_older_build_says_that_means_were_not_recorded(get: Get) -> None:
    page = get(f"/sources/tiny-late/latents/{WINTER}")
    section = one(page, "section[aria-labelledby='top-tokens']")
    assert "Distinct tokens: not recorded" in text_of(section)
    assert {text_of(row.select("td")[2]) for row in section.select("tbody tr")} == {"not recorded"}


def test_neighbours_are_links_with_their_cosine(get: Get) -> None:
    cards = get(href(WINTER)).select(".neighbours li")
    other = make_record(make_corpus(), 6, seed=1)
    top = make_corpus().vocabulary[other.top_tokens[0].token_id].replace(" ", "·")
    assert text_of(cards[0]) == f"6 the night sky guess 0.90 {top} max {number(other.max_activation)}"
    assert one(cards[0], "a")["href"] == href(6)


def test_the_first_and_the_last_latent_lead_only_one_way(get: Get) -> None:
    assert not get(href(0)).select("a[data-key=previous]")
    assert one(get(href(0)), "a[data-key=next]")["href"] == href(1)
    assert not get(href(D_SAE - 1)).select("a[data-key=next]")


def test_the_neighbours_by_number_are_shown_in_the_same_view(get: Get) -> None:
    page = get(f"{href(WINTER)}?view=width&scale=linear&band=top")
    assert one(page, "a[data-key=next]")["href"] == f"{href(WINTER + 1)}?view=width&scale=linear"
    assert one(page, "a[data-key=previous]")["href"] == f"{href(WINTER - 1)}?view=width&scale=linear"


@pytest.mark.parametrize("index", range(0, D_SAE, 7))
def test_every_latent_has_a_page(client: TestClient, index: int) -> None:
    assert client.get(f"/sources/tiny-late/latents/{index}?view=width").status_code == 200
