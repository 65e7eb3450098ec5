"""GET /api/v1/search: the fields of the contract, one source or all, and refusals in one sentence."""

import pytest
from fastapi.testclient import TestClient

from app.search import meanings


@pytest.fixture(autouse=True)
def _without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meanings, "installed_encoder", lambda: None)


def test_a_result_says_what_it_is_how_far_its_label_holds_and_why(client: TestClient) -> None:
    found = client.get("/api/v1/search?q=winter&sources=tiny-mid&by=words&limit=5").json()
    first = found["results"][0]
    assert set(first) == {"source", "index", "label", "status", "score", "why"}
    assert (first["source"], first["index"], first["label"], first["status"]) == ("tiny-mid", 5, "winter", "guess")
    assert 0 < first["score"] <= 1
    for reason in first["why"]:
        assert {"field", "text"} <= set(reason)
        assert [reason["text"][a:b].lower() for a, b in reason["marks"]] == ["winter"] * len(reason["marks"])
    assert len(found["results"]) <= 5
    scores = [item["score"] for item in found["results"]]
    assert scores == sorted(scores, reverse=True)


def test_several_sources_are_named_with_commas_and_none_means_all(client: TestClient) -> None:
    some = client.get("/api/v1/search?q=snow&sources=tiny-late,tiny-mid").json()["results"]
    assert some == client.get("/api/v1/search?q=snow").json()["results"]
    assert {item["source"] for item in some} == {"tiny-mid", "tiny-late"}


def test_a_latent_without_a_label_has_neither_label_nor_status(client: TestClient) -> None:
    found = client.get("/api/v1/search?q=snow&sources=tiny-late").json()["results"]
    assert {(item["label"], item["status"]) for item in found} == {(None, None)}


def test_nothing_is_no_error(client: TestClient) -> None:
    assert client.get("/api/v1/search?q=").json() == {"results": [], "notes": []}
    assert client.get("/api/v1/search?q=xylophone").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=a&by=magic", 422), ("q=a&limit=0", 422), ("q=a&limit=101", 422), ("q=a&limit=x", 422), ("qq=a", 422),
        (f"q={'x' * 201}", 422), ("q=a&sources=nope", 404), ("q=a&sources=other-mlp", 409), ("q=a&by=meaning", 409),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_a_problem_in_one_sentence(client: TestClient, query: str, status: int) -> None:
    response = client.get(f"/api/v1/search?{query}")
    assert response.status_code == status, response.text
    assert response.json()["detail"].endswith((".", "?"))
