"""Long lists are given a part at a time, by the API and on pages with a way to the rest."""

from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.queries.texts import SHOWN_TEXTS
from app.db.tables.steering import Calibration, Explanation, Mix
from app.db.writes.vectors import NewVector, save_vector
from app.lists.service import PAGE
from app.steer.page import MIXES as SHOWN_MIXES
from app.vectors.page import SAVED
from tests.web import one, soup, text_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATENT = "/sources/tiny-mid/latents/5"
LISTS = {
    "mixes": "/api/v1/mixes", "vectors": "/api/v1/vectors", "calibrations": "/api/v1/calibrations",
    "explanations": f"/api/v1{LATENT}/explanations",
}  # fmt: skip
N = 120


@pytest.fixture
def full(own_session: Session) -> Session:
    """So many of everything; the mixes of another model come first by name."""
    source = source_by_slug(own_session, "tiny-mid")
    other = source_by_slug(own_session, "other-mlp")
    for number in range(N):
        new = NewVector(
            source.language_model_id, f"v{number:03}", "blocks.2.hook_resid_post", "last", ["a"], ["b", "c"],
            np.ones(4, np.float32), 2.0, None,
        )  # fmt: skip
        save_vector(own_session, new)
    rows = [
        {"language_model_id": source.language_model_id, "name": f"m{n:03}", "terms": [], "options": {}, "created": NOW}
        for n in range(N)
    ]
    rows.append({**rows[0], "language_model_id": other.language_model_id, "name": "a first"})
    own_session.execute(sa.insert(Mix), rows)
    labels = [
        {
            "source_id": source.id, "latent_index": 5, "weights_hash": source.facts.weights_hash, "text": f"label {n}",
            "author": "", "method": "human", "scores": {}, "created": NOW,
        }
        for n in range(N)
    ]  # fmt: skip
    own_session.execute(sa.insert(Explanation), labels)
    sweep = {
        "source_id": source.id, "mode": "scale", "unit": 1.0, "prompts": ["a"], "temperature": 1.0, "strengths": [1.0],
        "effect": [1.0], "base_nll": [1.0], "distinct_2": [1.0], "safe_low": 0.0, "safe_high": 1.0,
        "recommended": 0.5, "created": NOW,
    }  # fmt: skip
    own_session.execute(sa.insert(Calibration), [sweep | {"latent_index": n} for n in range(60)])
    own_session.commit()
    return own_session


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_the_api_is_whole_when_its_parts_are_put_together(
    own_client: TestClient, full: Session, name: str
) -> None:
    whole = own_client.get(LISTS[name], params={"limit": 500}).json()
    assert whole["total"] == len(whole[name]) >= 60
    parts, offset = [], 0
    while part := own_client.get(LISTS[name], params={"limit": 50, "offset": offset}).json()[name]:
        assert len(part) <= 50
        parts += part
        offset += len(part)
    assert parts == whole[name]
    assert len(own_client.get(LISTS[name]).json()[name]) == min(100, whole["total"])
    assert own_client.get(LISTS[name], params={"offset": 2**31 - 1}).json()[name] == []


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "limit is a number of entries from 1 to 500, not 0."),
        ("limit=501", "limit is a number of entries from 1 to 500, not 501."),
        ("offset=-1", "offset is a number of entries from 0 to 2147483647, not -1."),
        (f"offset={'9' * 4000}", "offset must be a whole number, not"),
        ("limit=ten", "limit must be a whole number, not 'ten'."),
        ("limit=true", "limit must be a whole number, not 'true'."),
        ("page=2", "There is no parameter 'page' here"),
    ],
)
def test_a_part_that_cannot_be_is_refused(client: TestClient, name: str, query: str, sentence: str) -> None:
    response = client.get(f"{LISTS[name]}?{query}")
    assert response.status_code == 422
    assert response.json()["detail"].startswith(sentence)


def test_calibrations_are_filtered_by_all_that_is_named(own_client: TestClient, full: Session) -> None:
    def found(**query: object) -> list[tuple[str, int]]:
        answer = own_client.get("/api/v1/calibrations", params=query).json()
        assert answer["total"] >= len(answer["calibrations"])
        return [(item["source"], item["index"]) for item in answer["calibrations"]]

    assert found(source="tiny-mid", index=7) == found(index=7) == [("tiny-mid", 7)]
    assert found(source="tiny-late", index=7) == found(source="tiny-late") == found(source="tiny-mid", vector=1) == []
    assert len(found(source="tiny-mid")) == 60
    for query, status in (
        ({"source": "nope"}, 404),
        ({"vector": 999}, 404),
        ({"source": "tiny-mid", "index": 64}, 404),
    ):
        assert own_client.get("/api/v1/calibrations", params=query).status_code == status


def test_the_answer_of_a_latent_has_its_newest_texts_and_their_number(own_client: TestClient, full: Session) -> None:
    answer = own_client.get(f"/api/v1{LATENT}").json()
    assert answer["n_explanations"] == N + 1  # that of the fixture
    assert [item["text"] for item in answer["explanations"]] == [f"label {n}" for n in range(N - 1, N - 51, -1)]
    assert answer["label"] == "winter"  # the rows were written behind the back of what chooses which label leads


def test_a_label_below_many_for_other_weights_is_still_the_label(own_client: TestClient, full: Session) -> None:
    full.execute(sa.update(Explanation).where(Explanation.text.like("label %")).values(weights_hash="other"))
    full.commit()
    answer = own_client.get(f"/api/v1{LATENT}").json()
    listed = own_client.get("/api/v1/sources/tiny-mid/latents", params={"limit": 6}).json()["latents"][5]
    assert answer["label"] == listed["label"] != f"label {N - 1}"
    assert len(answer["explanations"]) == SHOWN_TEXTS


def test_the_page_of_a_latent_shows_some_labels_and_the_way_to_all(own_client: TestClient, full: Session) -> None:
    page = soup(own_client.get(LATENT))
    assert len(page.select("#labels .history li")) == SHOWN_TEXTS
    link = one(page, "#labels .history + p a")
    assert (text_of(link), link["href"]) == (f"All {N + 1} labels", f"{LATENT}/labels")


def test_the_vectors_page_shows_the_newest_the_open_one_and_the_way_to_all(
    own_client: TestClient, full: Session
) -> None:
    page = soup(own_client.get("/vectors?vector=1"))
    rows = [text_of(one(row, "td a bdi")) for row in page.select("#saved tbody tr")]
    assert rows == ["v000", *[f"v{n:03}" for n in range(N - 1, N - 1 - SAVED, -1)]]
    link = one(page, "#saved > p a")
    assert (text_of(link), link["href"]) == (f"All {N} vectors", "/vectors/saved")


def test_the_steer_page_shows_mixes_of_its_model_first_and_the_way_to_all(
    own_client: TestClient, full: Session
) -> None:
    page = soup(own_client.get("/steer?term=tiny-mid:5&mode=scale"))
    names = [text_of(item) for item in page.select("#mixes bdi")]
    assert names[:2] == ["m000", "m001"]
    assert len(names) == SHOWN_MIXES
    link = one(page, ".mixes > p a")
    assert (text_of(link), link["href"]) == (f"All {N + 1} mixes", "/mixes")


@pytest.mark.parametrize(
    ("path", "total", "first"),
    [("/mixes", N + 1, "a first"), ("/vectors/saved", N, "v119"), (f"{LATENT}/labels", N + 1, f"label {N - 1}")],
)
def test_a_long_list_has_pages_that_lead_on(
    own_client: TestClient, full: Session, path: str, total: int, first: str
) -> None:
    seen: list[str] = []
    address = path
    while address:
        page = soup(own_client.get(address))
        items = [text_of(one(item, "p:first-child bdi")) for item in page.select("ol.history > li")]
        assert len(items) <= PAGE
        assert f"of {total}" in text_of(one(page, "#list-title"))
        seen += items
        following = page.select("a[rel=next]")
        address = str(following[0]["href"]) if following else ""
    assert (len(seen), seen[0]) == (total, first)
    assert len(set(seen)) == total
    assert soup(own_client.get(f"{path}?page=2")).select("a[rel=prev]")
    assert own_client.get(f"{path}?page=4").status_code == 404
    for wrong in ("0", "-1", "x", "1e400", "9" * 5000):
        assert own_client.get(f"{path}?page={wrong}").status_code == 422


def test_an_empty_list_says_so(own_client: TestClient) -> None:
    assert "A mix of sliders is saved on the Steer page." in own_client.get("/mixes").text
    assert own_client.get("/sources/nope/latents/5/labels").status_code == 404
    assert own_client.get("/sources/tiny-mid/latents/64/labels").status_code == 404
