"""Signing in: sessions cannot be forged, guessing is slow, and nobody is sent to another site."""

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.main import create_app
from app.settings import Settings
from app.web.sessions import (
    MAX_CLIENTS,
    MAX_FAILURES,
    SESSION_SECONDS,
    WINDOW_SECONDS,
    FailureLimit,
    Sessions,
    local_path,
    network,
)
from app.web.token_gate import COOKIE
from tests.web import BASE, one, soup, text_of

TOKEN = "long-enough-token"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def guarded(own_settings: Settings) -> TestClient:
    token = Settings(_env_file=None, auth_token=TOKEN).auth_token
    settings = own_settings.model_copy(update={"auth_token": token})
    return TestClient(create_app(settings), base_url=BASE, follow_redirects=False)


def sign_in(client: TestClient, token: str = TOKEN, target: str = "/", **more: str) -> object:
    return client.post("/sign-in", data={"token": token, "next": target}, headers=more)


def test_a_session_is_good_until_it_expires() -> None:
    clock = Clock()
    sessions = Sessions(b"token-a", clock)
    session = sessions.start()
    assert sessions.is_valid(session)
    clock.now += SESSION_SECONDS - 1
    assert sessions.is_valid(session)
    clock.now += 2
    assert not sessions.is_valid(session)


def test_another_token_ends_every_session_and_a_restart_does_not() -> None:
    clock = Clock()
    session = Sessions(b"token-a", clock).start()
    assert Sessions(b"token-a", clock).is_valid(session)
    assert not Sessions(b"token-b", clock).is_valid(session)


def test_a_session_that_was_ended_is_refused_and_others_are_not() -> None:
    sessions = Sessions(b"token-a")
    first, second = sessions.start(), sessions.start()
    sessions.end(first)
    sessions.end("nonsense")
    assert (sessions.is_valid(first), sessions.is_valid(second)) == (False, True)


@given(st.text())
def test_no_text_is_a_session(text: str) -> None:
    assert not Sessions(b"token-a").is_valid(text)


@given(place=st.integers(0, 200), character=st.characters(codec="utf-8"))
def test_no_character_of_a_session_can_be_changed(place: int, character: str) -> None:
    sessions = Sessions(b"token-a")
    session = sessions.start()
    at = place % len(session)
    changed = session[:at] + character + session[at + 1 :]
    assert sessions.is_valid(changed) == (changed == session)


def test_guessing_is_stopped_per_client_and_only_for_a_while() -> None:
    clock = Clock()
    limit = FailureLimit(clock)
    for _ in range(MAX_FAILURES):
        assert limit.wait("192.0.2.1") == 0
        limit.add("192.0.2.1")
    assert 0 < limit.wait("192.0.2.1") <= WINDOW_SECONDS + 1
    assert limit.wait("192.0.2.2") == 0
    clock.now += WINDOW_SECONDS + 1
    assert limit.wait("192.0.2.1") == 0
    limit.add("192.0.2.1")
    assert limit.wait("192.0.2.1") == 0


def test_a_flood_of_clients_does_not_fill_the_memory() -> None:
    limit = FailureLimit(Clock())
    for number in range(MAX_CLIENTS + 50):
        limit.add(f"client {number}")
    assert len(limit._failures) == MAX_CLIENTS


def test_addresses_of_one_ipv6_network_are_one_client() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network("192.0.2.1") != network("192.0.2.2")


@pytest.mark.parametrize("path", ["/", "/sources/a?sort=density&q=%20x", "/builds", "/sources/a/latents/5#bands"])
def test_a_path_of_this_server_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)", "evil", "",
     "/\t/evil.example", "/a\nb", "/a\\b", "/sign-in?next=/", "/" + "a" * 3000, "/é", "http:/x", " /x"],
)  # fmt: skip
def test_an_address_elsewhere_becomes_the_home_page(target: str) -> None:
    assert local_path(target) == "/"


def test_a_browser_is_sent_to_the_form_and_back(guarded: TestClient) -> None:
    response = guarded.get("/sources/tiny-mid?sort=density&q=a%20b", headers=HTML)
    assert response.status_code == 303
    form = guarded.get(response.headers["location"], headers=HTML)
    assert (form.status_code, form.headers["cache-control"]) == (200, "no-store")
    tree = soup(form)
    hidden = one(tree, "form[action='/sign-in'] input[name=next]")
    assert hidden["value"] == "/sources/tiny-mid?sort=density&q=a%20b"
    assert one(tree, "input[name=token]")["type"] == "password"
    assert tree.select("nav.nav") == []
    done = sign_in(guarded, target=str(hidden["value"]))
    assert (done.status_code, done.headers["location"]) == (303, hidden["value"])
    assert guarded.get(done.headers["location"], headers=HTML).status_code == 200


def test_everything_that_the_form_loads_can_be_loaded(guarded: TestClient) -> None:
    tree = soup(guarded.get("/sign-in"))
    files = [str(e["href"]) for e in tree.select("link[href]")] + [str(e["src"]) for e in tree.select("script[src]")]
    assert files
    assert [f for f in files if not f.startswith("/static/vendor/") and guarded.get(f).status_code != 200] == []


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(guarded: TestClient) -> None:
    cookie = sign_in(guarded).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/", f"max-age={SESSION_SECONDS}"} <= set(cookie.split("; "))
    assert "secure" not in cookie
    assert TOKEN not in cookie


def test_by_https_the_cookie_travels_by_https_only(guarded: TestClient) -> None:
    guarded.base_url = "https://localhost"
    assert "secure" in sign_in(guarded).headers["set-cookie"].lower().split("; ")


def test_a_session_opens_pages_and_the_api(guarded: TestClient) -> None:
    sign_in(guarded)
    assert guarded.get("/", headers=HTML).status_code == 200
    assert guarded.get("/api/v1/sources").status_code == 200
    assert guarded.get("/sign-in?next=/builds").headers["location"] == "/builds"


def test_signing_out_ends_the_session_everywhere(guarded: TestClient) -> None:
    sign_in(guarded)
    session = guarded.cookies[COOKIE]
    button = one(soup(guarded.get("/", headers=HTML)), "form[action='/sign-out'] button")
    assert text_of(button) == "Sign out"
    response = guarded.post("/sign-out")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in guarded.cookies
    assert guarded.get("/api/v1/sources", headers={"Cookie": f"{COOKIE}={session}"}).status_code == 401


def test_a_wrong_token_is_a_sentence_on_the_form(guarded: TestClient) -> None:
    response = sign_in(guarded, "wrong")
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    error = one(soup(response), "#token-error")
    assert "not the token" in text_of(error)
    assert one(soup(response), "#token")["aria-describedby"] == "token-error"
    assert "wrong" not in [str(e.get("value")) for e in soup(response).select("input")]


def test_too_many_wrong_tokens_make_even_the_right_one_wait(guarded: TestClient) -> None:
    for number in range(MAX_FAILURES):
        path = {"Authorization": f"Bearer wrong{number}"}
        assert guarded.get("/api/v1/sources", headers=path).status_code == 401
    response = sign_in(guarded)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= WINDOW_SECONDS + 1
    refused = guarded.get("/api/v1/sources", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert int(refused.headers["retry-after"]) > 0


def test_a_session_goes_on_while_others_guess(guarded: TestClient) -> None:
    sign_in(guarded)
    for _ in range(MAX_FAILURES + 1):
        sign_in(guarded, "wrong")
    assert guarded.get("/", headers=HTML).status_code == 200


def test_a_page_of_another_site_cannot_sign_in_or_out(guarded: TestClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert guarded.post("/sign-in", data={"token": TOKEN}, headers=elsewhere).status_code == 403
    sign_in(guarded)
    assert guarded.post("/sign-out", headers=elsewhere).status_code == 403


def test_who_follows_a_link_from_elsewhere_can_go_on(guarded: TestClient) -> None:
    response = guarded.get("/sign-in?next=/builds", headers={"Sec-Fetch-Site": "cross-site"})
    assert one(soup(response), ".notice a")["href"] == "/builds"


def test_a_panel_whose_session_ended_sends_the_whole_page(guarded: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/sources/tiny-mid?q=x"}
    response = guarded.get("/parts/sources/tiny-mid/latents", headers=headers | HTML)
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/sign-in?next=/sources/tiny-mid%3Fq%3Dx"


@pytest.mark.parametrize("path", ["/api/v1/sources", "/openapi.json", "/metrics"])
def test_programs_are_told_even_if_they_take_html(guarded: TestClient, path: str) -> None:
    response = guarded.get(path, headers=HTML)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="Periscope"'
    assert response.json()["status"] == 401


@pytest.mark.parametrize(
    "form",
    [b"", b"token", b"token=%FF%FE", b"&" * 5000, b"token=" + b"a" * 100_000, b"\x00\xff", b"next=//evil.example"],
)
def test_a_form_that_makes_no_sense_is_no_token(guarded: TestClient, form: bytes) -> None:
    response = guarded.post("/sign-in", content=form)
    assert response.status_code == 401
    assert isinstance(BeautifulSoup(response.text, "html.parser").find("form"), object)


def test_without_a_token_there_is_nothing_to_sign_in_to(client: TestClient) -> None:
    for path in ("/sign-in", "/sign-in?next=/builds"):
        assert client.get(path, follow_redirects=False).status_code == 303
    assert soup(client.get("/")).select("form[action='/sign-out']") == []
