"""What changes something must come from a page of this server, or from no page at all."""

import pytest
from fastapi.testclient import TestClient

HREF = "/sources/tiny-mid/latents/5/labels"
API = "/api/v1/sources/tiny-mid/latents/5/explanations"


def send(client: TestClient, path: str, headers: dict[str, str]) -> int:
    # An empty label is refused with 422: what gets that far has passed.
    if path == API:
        return client.post(path, json={"text": ""}, headers=headers).status_code
    return client.post(path, data={"text": ""}, headers=headers).status_code


@pytest.mark.parametrize("path", [HREF, API])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost"},  # something in front speaks TLS
    ],
)
def test_own_pages_and_programs_may_write(client: TestClient, path: str, headers: dict[str, str]) -> None:
    assert send(client, path, headers) == 422


@pytest.mark.parametrize("path", [HREF, API])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # localhost:3000 is the same site and another server
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_other_sites_may_not_write(client: TestClient, path: str, headers: dict[str, str]) -> None:
    assert send(client, path, headers) == 403


def test_other_sites_may_link_here(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert client.get("/sources/tiny-mid/latents/5", headers=headers).status_code == 200


def test_the_refusal_is_a_page_for_people_and_a_problem_for_programs(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    page, problem = client.post(HREF, headers=headers), client.post(API, headers=headers)
    assert "page of another site" in page.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 403
