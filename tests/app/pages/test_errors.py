import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.web import BASE, one, soup, text_of

LATENTS = "/sources/tiny-mid/latents"

NOT_FOUND = {
    "/sources/nope": "There is no source 'nope'. Known sources: other-mlp, tiny-late, tiny-mid.",
    f"{LATENTS}/64": "tiny-mid has no latent 64; its latents are 0 to 63.",
    f"{LATENTS}/-1": "tiny-mid has no latent -1; its latents are 0 to 63.",
    f"{LATENTS}/99999999999999999999": "tiny-mid has no latent 99999999999999999999; its latents are 0 to 63.",
}
ABSURD = {
    "limit=0": "limit is a number of latents from 1 to 500, not 0.",
    "limit=100000": "limit is a number of latents from 1 to 500, not 100000.",
    "limit=many": "limit must be a whole number, not 'many'.",
    "min_density=nan": "min_density must be a number, not 'nan'.",
    "min_density=2": "min_density is a share of tokens from 0 to 1, not 2.",
    "max_density=lots": "max_density must be a number, not 'lots'.",
    "sort=foo": "sort is one of index, density, max_activation, mean_activation, output_score, label, top_token, "
    "promoted, label_status, label_score, telling, not 'foo'.",
    "order=up": "order is one of asc, desc, not 'up'.",
}


@pytest.mark.parametrize(("path", "sentence"), NOT_FOUND.items())
def test_what_does_not_exist_is_a_page_and_a_problem_with_the_same_sentence(
    client: TestClient, path: str, sentence: str
) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert text_of(one(soup(page), ".error-page .lede")) == sentence
    api_path = path if "/latents" in path else f"{path}/latents"
    problem = client.get(f"/api/v1{api_path}")
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"
    assert set(problem.json()) == {"type", "title", "status", "detail"}
    assert problem.json()["detail"] == sentence


@pytest.mark.parametrize(("query", "sentence"), ABSURD.items(), ids=[key[:20] for key in ABSURD])
def test_absurd_parameters_are_refused_in_one_sentence(client: TestClient, query: str, sentence: str) -> None:
    problem = client.get(f"/api/v1{LATENTS}?{query}")
    assert (problem.status_code, problem.json()["detail"]) == (422, sentence)
    # The page says it of a number at its field, in its own words: test_source_form.py.
    if not query.startswith(("limit", "min_density", "max_density")):
        page = client.get(f"/sources/tiny-mid?{query}")
        assert (page.status_code, text_of(one(soup(page), ".lede"))) == (422, sentence)


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    sentence = "This cursor does not belong to this list; begin again without a cursor."
    problem = client.get(f"/api/v1{LATENTS}?cursor=garbage")
    assert (problem.status_code, problem.json()["detail"]) == (409, sentence)
    page = client.get("/sources/tiny-mid?cursor=garbage")
    assert (page.status_code, text_of(one(soup(page), ".lede"))) == (422, sentence)


def test_a_search_that_is_too_long_is_refused(client: TestClient) -> None:
    query = f"q={'x' * 10_000}"
    problem = client.get(f"/api/v1{LATENTS}?{query}")
    assert problem.status_code == 422
    assert problem.json()["detail"] == "q has 10,000 characters; at most 200 can be given."
    page = client.get(f"/sources/tiny-mid?{query}")
    assert page.status_code == 422
    assert text_of(one(soup(page), ".lede")) == "The search has 10000 characters; at most 200 are allowed."


def test_a_panel_answers_an_error_with_a_panel(client: TestClient) -> None:
    response = client.get("/parts/sources/tiny-mid/latents?sort=foo")
    assert response.status_code == 422
    assert "sort is one of index" in text_of(one(soup(response), "[role=alert]"))
    assert "<html" not in response.text


def test_an_unknown_view_of_the_bands_is_refused(client: TestClient) -> None:
    response = client.get(f"{LATENTS}/5?view=round")
    assert response.status_code == 422
    assert "choose one of quantile, width" in response.text


def test_a_latent_of_a_source_without_a_build_says_how_to_build_it(client: TestClient) -> None:
    response = client.get("/api/v1/sources/other-mlp/latents/3")
    assert response.status_code == 409
    assert "periscope build other-mlp" in response.json()["detail"]
    assert client.get("/sources/other-mlp/latents/3").status_code == 409


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(client: TestClient) -> None:
    page, problem = client.get("/nothing/here"), client.get("/api/v1/nothing")
    assert (page.status_code, problem.status_code) == (404, 404)
    assert "There is no page at this address." in page.text
    assert problem.json()["title"] == "Not found"
    assert client.post("/api/v1/sources").json()["status"] == 405


def test_markup_in_an_address_stays_text(client: TestClient) -> None:
    page = soup(client.get("/sources/<script>alert(1)<%2Fscript>"))
    assert not [script for script in page.select("script") if not script.get("src")]


def test_an_unforeseen_error_tells_no_internals(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("app.home.pages.home_page", explode)
    monkeypatch.setattr("app.sources.answers.sources", explode)
    with (
        TestClient(create_app(own_settings), base_url=BASE, raise_server_exceptions=False) as client,
        caplog.at_level(logging.ERROR, "periscope.web"),
    ):
        page, problem = client.get("/"), client.get("/api/v1/sources")
    assert (page.status_code, problem.status_code) == (500, 500)
    for response in (page, problem):
        assert "secret" not in response.text
        assert "Traceback" not in response.text
        assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "secret" in caplog.text


def test_an_empty_database_is_a_503_that_names_the_command(sqlite_settings: Settings) -> None:
    with TestClient(create_app(sqlite_settings), base_url=BASE) as client:
        page, ready, health = client.get("/"), client.get("/readyz"), client.get("/healthz")
    assert page.status_code == ready.status_code == 503
    assert "periscope db upgrade" in page.text
    assert page.headers["retry-after"]
    assert "periscope db upgrade" in ready.json()["detail"]
    assert health.json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/api/v1/sources", "/readyz"])
def test_where_the_database_is_told_to_nobody_but_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    url = "postgresql+psycopg://secret-user@127.0.0.1:1/secret-name"
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=url)
    with TestClient(create_app(settings), base_url=BASE, raise_server_exceptions=False) as client:
        answer = client.get(path)
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    for secret in ("secret", "127.0.0.1", "port 1", "PERISCOPE_DATABASE_URL"):
        assert secret not in answer.text
    if path != "/readyz":
        assert "PERISCOPE_DATABASE_URL" in caplog.text
