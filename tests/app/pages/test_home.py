from collections.abc import Callable

from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import queries, writes
from tests.fixtures_source import make_corpus, start
from tests.web import facts_of, one, soup, text_of

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
        "L0": "5.31", "Explained variance": "87.1 %", "Loss recovered": "99 %", "Dead latents": "1.56 %",
        "Tokens seen": "15.1 k",
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
    source = queries.source_by_slug(own_session, "other-mlp")
    build = start(own_session, source.id, make_corpus())
    writes.update_progress(
        own_session, build, progress=0.42, tokens_done=6350, tokens_per_second=500.0, stage="reading the corpus"
    )
    page = soup(own_client.get("/"))
    live = one(page, "ul.live li")
    assert one(live, "progress")["value"] == "42.0"
    assert "6.35 k of 15.1 k tokens · 500 tokens/s" in text_of(live).replace("\N{NO-BREAK SPACE}", " ")
    assert "about 18 s left" in text_of(live)
    assert one(page, "#live")["sse-connect"] == "/parts/builds/events"
    assert "Its first build is running" in text_of(card(page, "other-mlp"))


def test_a_failed_build_says_why(own_client: TestClient, own_session: Session) -> None:
    source = queries.source_by_slug(own_session, "other-mlp")
    writes.fail_build(own_session, start(own_session, source.id, make_corpus()), "The corpus has no text.")
    assert "The corpus has no text." in text_of(card(soup(own_client.get("/")), "other-mlp"))
