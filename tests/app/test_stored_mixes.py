"""A stored mix is held to the limits of steering, when it is saved and whenever it is loaded."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.tables.steering import Mix
from app.db.writes import mixes as mix_writes
from app.db.writes import vectors as vector_writes
from app.errors import Conflict
from app.steer.bodies import MAX_MIX_TEXT, MAX_MIX_TEXTS
from models.records import FloatArray
from tests.web import one, soup, text_of

MIXES = "/api/v1/mixes"
TERM = {"source": "tiny-mid", "index": 5}
#: What POST /steer refuses.
BEYOND: dict[str, dict[str, Any]] = {
    "too many terms": {"terms": [TERM] * 65},
    "a strength": {"terms": [TERM | {"strength": 1e9}]},
    "a strength that is no number": {"terms": [TERM | {"strength": "5"}]},
    "a mode": {"terms": [TERM | {"mode": "shout"}]},
    "an index": {"terms": [TERM | {"index": -1}]},
    "a term that is none": {"terms": ["winter"]},
    "two subjects": {"terms": [TERM | {"vector": 1}]},
    "positions": {"positions": "some"},
    "temperature": {"temperature": 11},
    "top_p": {"top_p": 0},
    "penalty": {"frequency_penalty": -11},
    "seed": {"seed": 10**30},
    "new tokens": {"max_new_tokens": "many"},
    "a flag": {"steer_bos": "yes"},
    "a long prompt": {"prompt": "x" * (MAX_MIX_TEXT + 1)},
    "too many messages": {"messages": [{"role": "user", "content": "a"}] * 201},
    "a role": {"messages": [{"role": "robot", "content": "a"}]},
    "both texts": {"prompt": "a", "messages": [{"role": "user", "content": "a"}]},
    "an option of nobody": {"volume": 11},
}


def store(session: Session, name: str, terms: Any, options: Any) -> int:
    """A row as another program, or an earlier version, may have written it."""
    model = source_by_slug(session, "tiny-mid").language_model_id
    made = session.execute(
        sa.insert(Mix).values(
            language_model_id=model, name=name, terms=terms, options=options, created=sa.func.current_timestamp()
        )
    )
    session.commit()
    number: int = made.inserted_primary_key[0]
    return number


@pytest.mark.parametrize("what", BEYOND)
def test_what_steering_refuses_is_not_saved(own_client: TestClient, what: str) -> None:
    response = own_client.post(MIXES, json={"name": "x", "terms": [TERM]} | BEYOND[what])
    assert response.status_code == 422
    assert response.json()["detail"].endswith(".")
    assert own_client.get(MIXES).json() == {"mixes": [], "total": 0}


@pytest.mark.parametrize("what", BEYOND)
def test_what_is_stored_beyond_a_limit_is_listed_with_the_reason_and_not_played(
    own_client: TestClient, own_session: Session, what: str
) -> None:
    given = {"terms": [TERM]} | BEYOND[what]
    terms = given.pop("terms")
    number = store(own_session, "old", terms, given)
    mix = own_client.get(f"{MIXES}/{number}").json()
    assert mix["problem"].endswith(".")
    assert own_client.get(MIXES).json()["mixes"] == [mix]
    page = own_client.get(f"/steer?mix={number}")
    assert page.status_code == 200
    said = text_of(one(soup(page), ".steer-problems"))
    assert "The mix 'old' is beyond what can be played" in said
    assert soup(page).select("#sliders .slider") == []


@pytest.mark.parametrize(("terms", "options"), [("words", {}), ([], [1, 2]), ({"a": 1}, None), (None, "x")])
def test_a_row_of_another_shape_breaks_no_list_and_no_page(
    own_client: TestClient, own_session: Session, terms: Any, options: Any
) -> None:
    number = store(own_session, "odd", terms, options)
    assert own_client.get(f"{MIXES}/{number}").json()["problem"]
    assert own_client.get(MIXES).json()["total"] == 1
    assert own_client.get(f"/steer?mix={number}").status_code == 200
    assert own_client.delete(f"{MIXES}/{number}").status_code == 204


def test_a_mix_within_the_limits_has_no_problem(own_client: TestClient) -> None:
    body = {"name": "calm", "terms": [TERM | {"strength": -100}] * 64, "prompt": "x" * MAX_MIX_TEXT, "seed": 2**63 - 1}
    made = own_client.post(MIXES, json=body)
    assert (made.status_code, made.json()["problem"]) == (201, None)


def test_all_texts_of_a_mix_together_are_limited(own_client: TestClient) -> None:
    messages = [{"role": "user", "content": "x" * MAX_MIX_TEXT}] * (MAX_MIX_TEXTS // MAX_MIX_TEXT)
    assert own_client.post(MIXES, json={"name": "a", "terms": [TERM], "messages": messages}).status_code == 201
    refused = own_client.post(MIXES, json={"name": "b", "terms": [TERM], "messages": [*messages, messages[0]]})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "A mix keeps at most 100,000 characters of messages, not 120,000."


def test_the_number_of_mixes_and_vectors_is_limited(own_session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    model = source_by_slug(own_session, "tiny-mid").language_model_id
    monkeypatch.setattr(mix_writes, "MAX_MIXES", 2)
    monkeypatch.setattr(vector_writes, "MAX_VECTORS", 2)
    for number in range(2):
        mix_writes.save_mix(own_session, model, f"m{number}", [], {})
        vector_writes.save_vector(own_session, vector(model, f"v{number}"))
    with pytest.raises(Conflict, match="There are 2 mixes, which is the most"):
        mix_writes.save_mix(own_session, model, "one more", [], {})
    with pytest.raises(Conflict, match="There are 2 vectors, which is the most"):
        vector_writes.save_vector(own_session, vector(model, "one more"))
    mix_writes.delete_mix(own_session, 1)
    assert mix_writes.save_mix(own_session, model, "in its place", [], {}) > 0


def vector(model: int, name: str) -> vector_writes.NewVector:
    values: FloatArray = __import__("numpy").ones(4, "float32")
    return vector_writes.NewVector(
        model, name, "blocks.2.hook_resid_post", "last", ["a"], ["b"], values, norm=2.0, residual_share=None
    )


def test_a_mix_goes_round_through_json(own_client: TestClient) -> None:
    body = {"name": "calm", "terms": [TERM], "prompt": "Ünïcode 🦄 \u2028", "positions": "prompt"}
    made = own_client.post(MIXES, json=body).json()
    assert made["options"]["prompt"] == body["prompt"]
    assert json.loads(json.dumps(made)) == own_client.get(f"{MIXES}/{made['id']}").json()


def test_a_ready_made_mix_is_told_and_cannot_be_deleted(own_client: TestClient, own_session: Session) -> None:
    model = source_by_slug(own_session, "tiny-mid").language_model_id
    number = mix_writes.save_mix(own_session, model, "Poetic", [], {}, ready_made=True)
    assert own_client.get(f"{MIXES}/{number}").json()["ready_made"] is True
    refused = own_client.delete(f"{MIXES}/{number}")
    assert (refused.status_code, refused.json()["detail"][:36]) == (409, "The mix 'Poetic' is ready-made and s")
    assert own_client.get(f"{MIXES}/{number}").status_code == 200
