import base64

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.security import HEADERS, host_name
from app.settings import Settings
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
        assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_without_the_token_nothing_is_shown_but_health(own_settings: Settings) -> None:
    with guarded(own_settings) as client:
        for path in ("/", "/api/v1/sources", "/static/css/base.css", "/metrics", "/openapi.json"):
            response = client.get(path)
            assert response.status_code == 401
            assert response.headers["www-authenticate"].startswith("Basic")
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (f"Bearer {TOKEN}", 200), ("Bearer wrong", 401), (TOKEN, 401), ("Basic %%%", 401), ("Bearer é", 401),
        ("Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode(), 200),
        ("Basic " + base64.b64encode(b"me:wrong").decode(), 401),
    ],
)  # fmt: skip
def test_the_token_is_taken_as_bearer_or_as_password(own_settings: Settings, given: str, status: int) -> None:
    with guarded(own_settings) as client:
        assert client.get("/", headers={"Authorization": given.encode()}).status_code == status
