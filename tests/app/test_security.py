import base64

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.web.security import HEADERS, host_name
from app.web.sessions import MAX_FAILURES
from tests.web import BASE

TOKEN = "long-enough-token"


def guarded(settings: Settings) -> TestClient:
    return TestClient(create_app(settings.model_copy(update={"auth_token": _secret()})), base_url=BASE)


def _secret() -> object:
    return Settings(_env_file=None, auth_token=TOKEN).auth_token


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/sources", "/nothing", "/static/css/base.css", "/metrics", "/random", "/parts/builds/events"]
)
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    response = client.get(path, follow_redirects=False)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


def test_another_name_is_refused_with_the_remedy(client: TestClient) -> None:
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "PERISCOPE_ALLOWED_HOSTS" in response.json()["detail"]


@pytest.mark.parametrize(
    ("header", "name"), [("localhost:8000", "localhost"), ("[::1]:8000", "::1"), ("LOCALHOST", "localhost"), ("", "")]
)
def test_a_host_is_read_without_its_port(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("*", "any.example", 200), ("*.example", "a.example:80", 200), ("*.example", "example", 400),
        ("::1", "[::1]:8000", 200), ("localhost", "localhost.evil.example", 400),
    ],
)  # fmt: skip
def test_allowed_hosts_are_names_or_patterns(own_settings: Settings, allowed: str, host: str, status: int) -> None:
    settings = own_settings.model_copy(update={"allowed_hosts": (allowed,)})
    with TestClient(create_app(settings)) as client:
        assert client.get("/api/v1/sources", headers={"Host": host}).status_code == status


def test_supervisors_ask_for_health_under_any_name(client: TestClient) -> None:
    assert client.get("/readyz", headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_without_the_token_nothing_is_shown_but_health_and_the_form(own_settings: Settings) -> None:
    with guarded(own_settings) as client:
        for path in ("/", "/api/v1/sources", "/metrics", "/openapi.json", "/docs", "/parts/builds/events", "/nothing"):
            response = client.get(path)
            assert response.status_code == 401
            assert response.headers["www-authenticate"].startswith("Bearer")
            assert response.headers["content-type"] == "application/problem+json"
            assert "/sign-in" in response.json()["detail"]
        for path in ("/healthz", "/readyz", "/sign-in", "/static/css/base.css"):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/static/../api/v1/sources", "/static/%2e%2e/api/v1/sources", "/healthz/../metrics"])
def test_an_open_path_leads_nowhere_else(own_settings: Settings, path: str) -> None:
    with guarded(own_settings) as client:
        assert client.get(path).status_code in (401, 404)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (f"Bearer {TOKEN}", 200), (f"bearer  {TOKEN} ", 200), ("Bearer wrong", 401), (TOKEN, 401), ("Bearer é", 401),
        ("Bearer ", 401), ("Basic %%%", 401), ("Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode(), 401),
    ],
)  # fmt: skip
def test_the_token_is_taken_as_bearer_only(own_settings: Settings, given: str, status: int) -> None:
    with guarded(own_settings) as client:
        assert client.get("/", headers={"Authorization": given.encode()}).status_code == status


def test_a_proxy_that_is_not_trusted_cannot_say_who_asks(own_settings: Settings) -> None:
    with guarded(own_settings) as client:
        for number in range(MAX_FAILURES):
            headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": f"192.0.2.{number}"}
            assert client.get("/api/v1/sources", headers=headers).status_code == 401
        assert client.get("/api/v1/sources", headers=headers).status_code == 429
