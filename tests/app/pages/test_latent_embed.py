"""The embedded view: off unless a setting names who may frame it, and then only by them."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.errors import SettingsError
from app.main import create_app
from app.settings import Settings, load_settings
from tests.fixtures_source import DEAD
from tests.web import BASE, one, soup, text_of

HREF = "/embed/sources/tiny-mid/latents/5"


@pytest.fixture
def embedding(filled_folder: Path) -> TestClient:
    origins = "http://localhost:8888, https://hub.example.org/"
    settings = Settings(_env_file=None, data_dir=filled_folder, embed_origins=origins)  # type: ignore[arg-type]
    return TestClient(create_app(settings), base_url=BASE)


def test_it_is_off_by_default_and_says_how_to_switch_it_on(client: TestClient) -> None:
    answer = client.get(HREF)
    assert answer.status_code == 404
    assert "PERISCOPE_EMBED_ORIGINS" in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_only_the_sites_of_the_setting_may_frame_it(embedding: TestClient) -> None:
    answer = embedding.get(HREF)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'self' http://localhost:8888 https://hub.example.org" in policy.split("; ")
    assert "script-src 'self'" in policy
    assert "x-frame-options" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/sources/tiny-mid/latents/5", "/embedded", "/api/v1/sources"])
def test_no_other_page_may_be_framed(embedding: TestClient, path: str) -> None:
    answer = embedding.get(path)
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_it_shows_the_strongest_examples_or_another_band(embedding: TestClient) -> None:
    page = soup(embedding.get(HREF))
    assert text_of(one(page, "h1")) == "winter"
    assert [text_of(head) for head in page.select("section.band h2")] == ["Strongest"]
    assert page.select("ol.examples > li")
    assert "made-up texts" in text_of(one(page, "p.note"))
    picks = [str(link["href"]) for link in page.select("nav.picks a")]
    assert all(link.startswith("/embed/") for link in picks)
    other = soup(embedding.get(picks[-1]))
    assert [text_of(head) for head in other.select("section.band h2")] == ["0–50 %"]
    assert not page.select("form, [hx-get]")


def test_it_is_not_sent_twice(embedding: TestClient) -> None:
    first = embedding.get(HREF)
    again = embedding.get(HREF, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_a_dead_latent_is_said_to_be_dead(embedding: TestClient) -> None:
    assert "This latent is dead" in embedding.get(f"/embed/sources/tiny-mid/latents/{DEAD}").text


@pytest.mark.parametrize("wrong", ["localhost:8888", "http://a b", "https://x; script-src *", "ftp://x", "http://x/y"])
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="PERISCOPE_EMBED_ORIGINS must be origins"):
        load_settings(embed_origins=wrong, _env_file=None)
