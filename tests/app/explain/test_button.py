"""The button on the latent's page: there where an endpoint is set, with progress, an end and a result."""

import time

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.explain.test_command import KEY, chosen, labels_of
from tests.chat_server import answers, sleeps
from tests.web import BASE, one, soup, text_of


@pytest.fixture
def client(data_dir, server):
    settings = Settings(
        _env_file=None,
        data_dir=data_dir,
        device="cpu",
        explain_endpoint=server.url,
        explain_model="a-model",
        explain_key=KEY,
    )
    with TestClient(create_app(settings), base_url=BASE) as opened:
        yield opened


@pytest.fixture
def index(data_dir):
    return chosen(data_dir, 1)[0]


def panel(client, index):
    response = client.get(f"/parts/sources/a/latents/{index}/explain")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return soup(response)


def until_it_ended(client, index):
    deadline = time.monotonic() + 60
    while (found := panel(client, index)).select("progress"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_the_page_offers_it_only_where_an_endpoint_is_set(client, data_dir, index) -> None:
    href = f"/sources/a/latents/{index}"
    link = one(soup(client.get(href)), "#explain a")
    assert link["href"] == f"{href}/explain"
    assert client.get(f"{href}/explain").status_code == 200
    with TestClient(create_app(Settings(_env_file=None, data_dir=data_dir)), base_url=BASE) as without:
        assert not soup(without.get(href)).select("#explain")
        refused = without.get(f"{href}/explain")
        assert refused.status_code == 404
        assert "PERISCOPE_EXPLAIN_ENDPOINT" in refused.text
        assert without.post(f"{href}/explain", headers={"Origin": BASE}).status_code == 404


def test_what_is_sent_where_is_said_before_the_button_is_pressed(client, server, index) -> None:
    said = text_of(panel(client, index))
    assert f"are sent to a-model at {server.url}, with the key from PERISCOPE_EXPLAIN_KEY." in said
    assert "At most 50,000 tokens." in said
    assert KEY not in client.get(f"/sources/a/latents/{index}/explain").text
    assert not server.requests


def test_pressing_it_explains_with_progress_and_stores_the_label(client, server, data_dir, index) -> None:
    server.always = sleeps(0.05)
    href = f"/sources/a/latents/{index}/explain"
    begun = client.post(href, headers={"HX-Request": "true"})
    assert begun.status_code == 200
    assert soup(begun).select("progress")
    seen = set()
    deadline = time.monotonic() + 60
    while (found := panel(client, index)).select("progress"):
        assert time.monotonic() < deadline
        seen.add(int(one(found, "progress")["value"]))
        time.sleep(0.02)
    assert len(seen) > 2
    assert "short words about animals" in text_of(found)
    assert "detection" in text_of(found)
    (label,) = labels_of(data_dir)[index]
    assert label.author == "a-model"
    assert "short words about animals" in client.get(f"/sources/a/latents/{index}").text


def test_without_scripts_the_form_leads_to_the_page_of_the_panel(client, server, index) -> None:
    href = f"/sources/a/latents/{index}/explain"
    begun = client.post(href, follow_redirects=False)
    assert (begun.status_code, begun.headers["Location"]) == (303, href)
    until_it_ended(client, index)


def test_cancelling_ends_it_and_the_next_press_goes_on(client, server, data_dir, index) -> None:
    server.always = sleeps(0.1)
    href = f"/sources/a/latents/{index}/explain"
    client.post(href, headers={"HX-Request": "true"})
    deadline = time.monotonic() + 60
    while len(server.requests) < 6:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ended = client.post(f"{href}/cancel", headers={"HX-Request": "true"})
    assert "Cancelled" in text_of(soup(ended))
    asked = len(server.requests)
    time.sleep(0.3)
    assert len(server.requests) == asked
    assert not labels_of(data_dir)
    server.always = None
    client.post(href, headers={"HX-Request": "true"})
    until_it_ended(client, index)
    assert index in labels_of(data_dir)
    questions = [str(body["messages"]) for _, body in server.requests]
    assert len(questions) - len(set(questions)) <= 4, "only what was on its way is asked again"


def test_a_bad_endpoint_is_a_sentence_in_the_panel(client, server, data_dir, index) -> None:
    server.always = answers(200, b"<html>", "text/html")
    client.post(f"/sources/a/latents/{index}/explain", headers={"HX-Request": "true"})
    found = until_it_ended(client, index)
    assert "no chat completion" in text_of(one(found, "[role=alert]"))
    assert found.select("form button")
    assert not labels_of(data_dir)


def test_one_latent_is_explained_at_a_time(client, server, data_dir) -> None:
    first, second = chosen(data_dir, 2)
    server.always = sleeps(0.2)
    client.post(f"/sources/a/latents/{first}/explain", headers={"HX-Request": "true"})
    refused = client.post(f"/sources/a/latents/{second}/explain", headers={"HX-Request": "true"})
    assert refused.status_code == 409
    assert f"Latent {first} of a is being explained" in refused.text
    client.post(f"/sources/a/latents/{first}/explain/cancel", headers={"HX-Request": "true"})


def test_what_does_not_exist_is_refused_and_other_sites_are_too(client, server, index) -> None:
    assert client.get("/sources/a/latents/9999/explain").status_code == 404
    assert client.post("/sources/zebra/latents/1/explain").status_code == 404
    assert client.get("/sources/b/latents/1/explain").status_code == 409
    other = client.post(f"/sources/a/latents/{index}/explain", headers={"Origin": "http://evil.example"})
    assert other.status_code == 403
    assert not server.requests
