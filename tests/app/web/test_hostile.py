"""Headers and addresses that make no sense: never an internal error, and never an answer without security headers."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import main
from app.main import create_app
from app.settings import Settings
from app.web import same_origin
from app.web.security import HEADERS
from tests.web import BASE

TOKEN = "long-enough-token"
NO_URLS = ("http://[", "http://[::1", "https://[v9.x]:1/", "//[", "http://[zz]/", "http://]", "[", "http://a]b/")
PATHS = (
    "/",
    "/api/v1/sources",
    "/sources/tiny-mid/latents/5",
    "/sign-in",
    "/healthz",
    "/static/css/base.css",
    "/nothing",
)
NAMES = (
    "Accept", "Accept-Encoding", "Authorization", "Content-Type", "Cookie", "Host", "HX-Current-URL", "HX-Request",
    "If-Modified-Since", "If-None-Match", "If-Range", "Origin", "Range", "Referer", "Sec-Fetch-Site", "X-Forwarded-For",
    "X-Forwarded-Proto",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [*NO_URLS, "true", "9" * 5000, "bytes=0-" + "9" * 5000, "bytes=5-1", "periscope_session=.", "text/html",
         "periscope_session=1.2.3", "Bearer \xff", "gzip;q=" + "0" * 3000, "Sat, 01 Jan 0000 25:61:61 +9999",
         "multipart/form-data", "multipart/form-data; boundary=\xff", "application/json; charset=x", "W/\"",
         "cross-site", "[localhost", "localhost:[", "localhost:99999999", "localhost:x"]
    ),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40),
)  # fmt: skip


@pytest.fixture(scope="module")
def guarded(filled_folder: object) -> Iterator[TestClient]:
    """A server with a token, which no test here gives."""
    known = Settings(_env_file=None, data_dir=filled_folder, auth_token=TOKEN, trusted_proxies="*")
    with TestClient(create_app(known), base_url=BASE, follow_redirects=False) as opened:
        yield opened


@pytest.mark.parametrize("origin", [*NO_URLS, "http://localhost/x", "http://localhost@evil.example", "localhost"])
def test_an_origin_that_is_no_url_is_another_site(guarded: TestClient, client: TestClient, origin: str) -> None:
    for asked, path in ((guarded, "/sign-in"), (client, "/builds/1/cancel"), (client, "/api/v1/vectors")):
        response = asked.post(path, headers={"Origin": origin})
        assert response.status_code == 403
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("url", NO_URLS)
def test_a_page_whose_address_is_no_url_is_sent_to_sign_in_all_the_same(guarded: TestClient, url: str) -> None:
    response = guarded.get("/parts/builds/pulse", headers={"HX-Request": "true", "HX-Current-URL": url})
    assert (response.status_code, response.headers["hx-redirect"].partition("?")[0]) == (401, "/sign-in")


def test_an_error_in_any_layer_has_the_security_headers_and_no_details(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_headers: object) -> bool:
        raise RuntimeError("secret")

    monkeypatch.setattr(same_origin, "is_from_here", fail)
    with TestClient(main.create_app(own_settings), base_url=BASE, raise_server_exceptions=False) as client:
        for path in ("/sign-in", "/api/v1/vectors"):
            response = client.post(path)
            assert response.status_code == 500
            assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
            assert "secret" not in response.text
    assert "secret" in caplog.text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "HEAD"]),
    path=st.sampled_from(PATHS),
    headers=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), min_size=1, max_size=3),
)
def test_no_header_is_an_internal_error(
    guarded: TestClient, client: TestClient, method: str, path: str, headers: list[tuple[str, str]]
) -> None:
    raw = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers]
    for asked in (guarded, client):
        response = asked.request(method, path, headers=raw, content=b"a=b" if method == "POST" else None)
        assert response.status_code < 500
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


def test_the_number_of_a_mix_may_have_any_length(client: TestClient) -> None:
    for digits in ("9" * 5000, "9" * 10, "²", "-1"):
        response = client.get(f"/steer?mix={digits}")
        assert response.status_code < 500
        assert "There is no mix" in response.text
