"""Labels by people, on the page and by the API: added, edited, kept as history, bound to the weights."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import queries, writes
from tests.hostile import marks_of
from tests.web import one, soup, text_of

HREF = "/sources/tiny-mid/latents/20"
API = "/api/v1/sources/tiny-mid/latents/20"
HOSTILE = (
    "<script>alert(1)</script>", "</textarea><img src=x onerror=alert(2)>", "\"onmouseover='x'", "{{ 7*7 }}",
    "a\N{RIGHT-TO-LEFT OVERRIDE}b\N{ZERO WIDTH SPACE}c", "nul\0 bell\x07", "w" * 500,
)  # fmt: skip


def send(client: TestClient, words: str, author: str = "") -> int:
    answer = client.post(f"{HREF}/labels", data={"text": words, "author": author}, follow_redirects=False)
    if answer.status_code == 303:
        assert answer.headers["location"] == f"{HREF}#labels"
    return answer.status_code


def test_a_label_is_added_edited_and_its_history_kept(own_client: TestClient) -> None:
    assert send(own_client, "boats", "Ada") == 303
    assert send(own_client, "ships\n at  sea", "Ben") == 303
    page = soup(own_client.get(HREF))
    assert text_of(one(page, "h1")) == "ships at sea"
    assert text_of(one(page, ".current-label > p:first-child")) == "ships at sea"
    assert text_of(one(page, ".current-label .muted")).startswith("Ben, 2")
    assert [text_of(item) for item in page.select(".history li > p:first-child")] == ["boats"]
    assert one(page, "#label-text").get_text() == "ships at sea"
    assert "ships at sea" in own_client.get("/sources/tiny-mid?q=ships").text


@pytest.mark.parametrize(
    ("words", "author", "reason"),
    [("", "", "empty"), ("x" * 501, "Ada", "at most 500"), ("fine", "y" * 81, "at most 80")],
)
def test_what_is_refused_stays_in_the_form_with_the_reason(
    own_client: TestClient, words: str, author: str, reason: str
) -> None:
    answer = own_client.post(f"{HREF}/labels", data={"text": words, "author": author})
    assert answer.status_code == 422
    page = soup(answer)
    assert reason in text_of(one(page, "#label-error"))
    assert one(page, "#label-text").get_text() == words
    assert one(page, "#label-author")["value"] == author
    assert page.select("details.fold[open] form")
    assert own_client.get(API).json()["explanations"] == []


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_labels_are_text(own_client: TestClient, words: str) -> None:
    assert send(own_client, words, words[:80]) == 303
    answer = own_client.get(HREF)
    page = soup(answer)
    assert not [script for script in page.select("script") if not script.get("src")]
    assert not page.select("main img, [onmouseover], main style")
    assert len(page.select("#label-text")) == 1
    shown = text_of(one(page, "h1"))
    if words.isprintable():
        assert shown == words
    else:
        assert "‹" in shown or "␀" in shown
    heads = "".join(element.get_text() for element in page.select("h1, .current-label, title"))
    assert not any(c in heads for c in "\u202e\u200b\x07\0")
    assert marks_of(answer.text) == []  # also in the field for a new text, where they would act on what is typed


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ({"auroc": 0.9651, "n_texts": 2000}, "AUROC 0.965 on 2,000 texts"),
        ({"fuzzing_accuracy": 0.5, "n_texts": 1, "auroc": 1.0}, "fuzzing accuracy 0.5 on 1 text, AUROC 1"),
        ({"n_texts": 12}, "tested on 12 texts"),
        ({"detection": "<b>good</b>"}, "detection <b>good</b>"),
    ],
)
def test_scores_are_words_on_the_page_and_keys_in_the_api(
    own_client: TestClient, own_session: Session, scores: dict[str, object], shown: str
) -> None:
    source = queries.source_by_slug(own_session, "tiny-mid")
    writes.add_explanation(own_session, source, 20, "boats", author="auto", method="judge", scores=scores)
    own_session.commit()
    assert text_of(one(soup(own_client.get(HREF)), ".current-label .muted")).endswith(f" · {shown}")
    assert own_client.get(API).json()["explanations"][0]["scores"] == scores


def test_a_label_is_for_the_weights_it_was_written_for(own_client: TestClient, own_session: Session) -> None:
    send(own_client, "boats")
    own_session.execute(text("UPDATE source SET weights_hash = 'retrained' WHERE slug = 'tiny-mid'"))
    own_session.commit()
    page = soup(own_client.get(HREF))
    assert text_of(one(page, "h1")) == "Latent 20"
    assert "written for other weights" in text_of(one(page, ".history"))


def test_the_api_labels_a_latent(own_client: TestClient) -> None:
    answer = own_client.post(f"{API}/explanations", json={"text": " boats ", "author": "Ada"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["text"], made["author"], made["method"], made["is_current"]) == ("boats", "Ada", "human", True)
    found = own_client.get(API).json()
    assert found["label"] == "boats"
    assert found["explanations"] == [made]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (API, {"text": ""}, 422),
        (API, {"text": "x" * 501}, 422),
        (API, {}, 422),
        (API, {"text": 7}, 422),
        ("/api/v1/sources/tiny-mid/latents/64", {"text": "fine"}, 404),
        ("/api/v1/sources/nope/latents/1", {"text": "fine"}, 404),
    ],
)
def test_the_api_refuses_with_a_problem(own_client: TestClient, path: str, body: object, status: int) -> None:
    answer = own_client.post(f"{path}/explanations", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_source_without_a_build_can_be_labelled_by_the_api_only(own_client: TestClient) -> None:
    assert own_client.post("/sources/other-mlp/latents/1/labels", data={"text": ""}).status_code == 409
