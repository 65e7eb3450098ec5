import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from bs4 import BeautifulSoup
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.queries.latents import density_histogram
from app.db.queries.sources import source_by_slug
from app.db.writes.builds import fail_build, update_progress
from app.db.writes.sources import register_source
from app.main import create_app
from app.preparing import announce, withdraw
from app.settings import Settings
from app.web.navigation import has_page
from tests.fixtures_source import make_corpus, make_facts, start
from tests.hostile import HOSTILE_TEXTS, marks_of
from tests.web import BASE, facts_of, one, soup, text_of

Get = Callable[[str], BeautifulSoup]


def card(page: BeautifulSoup, slug: str) -> BeautifulSoup:
    return next(item for item in page.select("article.card") if text_of(one(item, "h3")) == slug)


def test_sources_are_grouped_by_model(get: Get) -> None:
    groups = get("/").select(".model-group")
    assert [text_of(one(group, "h2")) for group in groups] == ["other-model", "tiny-stories"]
    assert [text_of(h) for h in groups[1].select("h3")] == ["tiny-mid", "tiny-late"]


def test_a_card_shows_what_was_measured(get: Get) -> None:
    found = facts_of(card(get("/"), "tiny-mid"))
    assert found == {
        "Latents": "64", "L0": "5.31", "Explained variance": "87.1 %", "Loss recovered": "99 %",
        "Dead latents": "1.56 %", "Tokens seen": "15.1 k",
    }  # fmt: skip


def test_what_was_not_measured_is_not_recorded(get: Get) -> None:
    found = facts_of(card(get("/"), "tiny-late"))
    assert {found[name] for name in ("L0", "Explained variance", "Loss recovered", "Dead latents")} == {"not recorded"}


def test_a_source_without_a_build_shows_the_command(get: Get) -> None:
    assert "periscope build other-mlp --corpus" in text_of(one(card(get("/"), "other-mlp"), "pre"))


def test_an_empty_database_shows_how_to_begin(empty_client: TestClient) -> None:
    page = soup(empty_client.get("/"))
    commands = [pre.get_text() for pre in page.select("pre.command")]
    assert "periscope sources add" in commands[0]
    assert "periscope demo" in commands[1]
    assert not page.select("a[data-key=random]")


def test_random_leads_to_a_latent_that_fires(client: TestClient) -> None:
    response = client.get("/random", follow_redirects=False)
    assert response.status_code == 302
    assert response.headers["cache-control"] == "no-store"
    assert "is dead" not in client.get(response.headers["location"]).text


def test_random_leads_home_while_nothing_is_built(empty_client: TestClient) -> None:
    assert empty_client.get("/random", follow_redirects=False).headers["location"] == "/"


def test_a_running_build_is_shown_with_its_progress(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "other-mlp")
    build = start(own_session, source.id, make_corpus())
    update_progress(
        own_session, build, progress=0.42, tokens_done=6350, tokens_per_second=500.0, stage="reading the corpus"
    )
    page = soup(own_client.get("/"))
    live = one(page, "ul.live li")
    assert one(live, "progress")["value"] == "42.0"
    assert "6.35 k of 15.1 k tokens · 500 tokens/s" in text_of(live).replace("\N{NO-BREAK SPACE}", " ")
    assert "about 18 s left" in text_of(live)
    assert one(page, "#live")["sse-connect"] == f"/parts/builds/events?seen={build}.{build}"
    assert "Its first build is running" in text_of(card(page, "other-mlp"))


def test_a_failed_build_says_why(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "other-mlp")
    fail_build(own_session, start(own_session, source.id, make_corpus()), "The corpus has no text.")
    assert "The corpus has no text." in text_of(card(soup(own_client.get("/")), "other-mlp"))


def with_microscope(settings: Settings) -> FastAPI:
    app = create_app(settings)
    if not has_page(app, "microscope"):
        app.router.add_api_route("/microscope", lambda text="": HTMLResponse(f"{len(text)} characters"))
        app.state.page_names = app.state.page_names | {"microscope"}
    return app


def test_the_text_box_leads_to_the_microscope_once_there_is_one(own_settings: Settings) -> None:
    with TestClient(with_microscope(own_settings), base_url=BASE) as client:
        page = soup(client.get("/"))
        form = one(page, "form.ask:not(.ask-latent)")
        assert (form["action"], form["method"]) == ("/microscope", "get")
        assert one(form, "textarea")["name"] == "text"
        for link in form.select("a.chip"):
            assert parse_qs(urlsplit(str(link["href"])).query)["text"] == [text_of(link)]
        assert "Microscope" in [text_of(item) for item in page.select("nav.nav a")]


def test_the_header_lists_only_pages_that_can_be_opened(client: TestClient) -> None:
    page = soup(client.get("/"))
    for item in page.select("nav.nav a"):
        assert client.get(str(item["href"])).status_code == 200
    links = {text_of(item): item for item in page.select("nav.nav a")}
    assert {"Home", "Builds"} <= links.keys()
    assert links["Home"]["aria-current"] == "page"
    assert not links["Builds"].has_attr("aria-current")
    if "Microscope" not in links:
        assert not page.select("form.ask")


def test_the_picture_on_a_card_is_the_density_histogram(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    densities = density_histogram(own_session, source)
    pairs = [a + b for a, b in zip(densities.counts[::2], densities.counts[1::2], strict=True)]
    bars = card(soup(own_client.get("/")), "tiny-mid").select(".spark rect")
    assert [float(str(bar["height"])) for bar in bars] == [round(n / max(pairs), 3) for n in pairs if n]


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_names_and_errors_are_shown_as_text(own_client: TestClient, own_session: Session, text: str) -> None:
    facts = make_facts("tiny-stories", "blocks.1.hook_resid_post", 1, "resid_post", "jumprelu", 90)
    bad = replace(facts, model=replace(facts.model, name=text, location="/bad"), sae_kind=text, weights_hash="1" * 64)
    number = register_source(own_session, "bad-one", bad, make_corpus().vocabulary)
    build = start(own_session, number, make_corpus())
    update_progress(own_session, build, stage=text, message=text)
    running = own_client.get("/")
    fail_build(own_session, build, text)
    for response in (running, own_client.get("/")):
        assert response.status_code == 200
        page = soup(response)
        assert not marks_of(response.text)
        assert not [script for script in page.select("script") if not script.get("src")]
        assert not page.select("img, [onerror]")
        assert page.select("article.card")


def test_a_demo_in_preparation_is_told_until_its_sources_are_there(empty_client: TestClient) -> None:
    folder = empty_client.app.state.settings.data_dir  # type: ignore[attr-defined]
    announce(folder, "Loading the bundled language model.")
    page = soup(empty_client.get("/"))
    assert "Loading the bundled language model." in text_of(one(page, "[role=status].preparing"))
    assert one(page, "#live")["hx-trigger"] == "every 1s"
    assert "Nothing here yet" not in page.get_text()
    withdraw(folder)
    page = soup(empty_client.get("/"))
    assert not page.select(".preparing")
    assert "Nothing here yet" in page.get_text()


def test_a_preparation_that_failed_says_why_and_what_to_do(empty_client: TestClient) -> None:
    folder = empty_client.app.state.settings.data_dir  # type: ignore[attr-defined]
    announce(folder, "The demo could not be built: the disk is full.", has_failed=True)
    page = soup(empty_client.get("/"))
    assert "the disk is full" in text_of(one(page, ".notice.bad"))
    assert "periscope sources add" in page.get_text()


@pytest.mark.parametrize(
    "wrong",
    [{"pid": 2**22 + 1}, {"started": 1.0}, {"said": 1.0}, {"sentence": None, "pid": "x"}],
    ids=["process gone", "another process of the number", "said long ago", "not to be read"],
)
def test_the_word_of_a_process_that_is_gone_is_not_believed(empty_client: TestClient, wrong: dict[str, object]) -> None:
    folder = empty_client.app.state.settings.data_dir  # type: ignore[attr-defined]
    announce(folder, "Loading the bundled language model.")
    file = folder / "preparing.json"
    said = json.loads(file.read_text())
    assert said["pid"] in psutil.pids()
    file.write_text(json.dumps(said | wrong))
    assert not soup(empty_client.get("/")).select(".preparing")
