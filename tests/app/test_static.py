"""The browser's files: parts of them, and errors that are problem documents as everywhere."""

import pytest
from fastapi.testclient import TestClient

from app.web.openapi import PROBLEM_TYPE

FILE = "/static/css/base.css"


def test_a_part_of_a_file_is_that_part(client: TestClient) -> None:
    whole = client.get(FILE, headers={"Accept-Encoding": "identity"}).content
    part = client.get(FILE, headers={"Range": "bytes=5-9", "Accept-Encoding": "identity"})
    assert (part.status_code, part.content) == (206, whole[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(whole)}"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=99999999-", 416), ("bytes=99999999-100000000", 416), ("bytes=-0", 416),
        (f"bytes={'9' * 4000}-", 416), ("lines=1-2", 400), ("bytes", 400), ("bytes=", 400), ("bytes=9-5", 400),
        ("bytes=-", 400), (f"bytes={'9' * 6000}-", 400), ("bytes=a-b", 400), ("bytes=--5", 416),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_that_cannot_be_given_is_a_problem_document(
    client: TestClient, method: str, wanted: str, status: int
) -> None:
    size = len(client.get(FILE, headers={"Accept-Encoding": "identity"}).content)
    response = client.request(method, FILE, headers={"Range": wanted})
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM_TYPE
    assert response.headers["cache-control"] == "no-store"
    assert "content-security-policy" in response.headers
    assert response.headers.get("content-range") == (f"bytes */{size}" if status == 416 else None)
    if method == "GET":
        problem = response.json()
        assert problem["status"] == status
        assert problem["detail"].endswith(".")
    else:
        assert response.content == b""


def test_a_file_that_is_not_there_is_a_problem_document_whatever_range_is_asked_for(client: TestClient) -> None:
    response = client.get("/static/css/nothing.css", headers={"Range": "bytes=99999999-"})
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM_TYPE)
