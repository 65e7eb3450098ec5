"""Labels by people, on the page and by the API: added, edited, kept as history, bound to the weights."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.writes.explanations import add_explanation
from models.statistics.label_tests import Figure, LabelTest
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
    source = source_by_slug(own_session, "tiny-mid")
    add_explanation(own_session, source, 20, "boats", author="auto", method="judge", scores=scores)
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


def test_a_label_is_withdrawn_by_whoever_can_write_one(own_client: TestClient) -> None:
    send(own_client, "boats", "Ada")
    form = one(soup(own_client.get(HREF)), ".current-label form")
    answer = own_client.post(str(form["action"]), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HREF}#labels")
    page = soup(own_client.get(HREF))
    assert text_of(one(page, "h1")) == "Latent 20"
    assert not page.select(".current-label")
    assert "withdrawn" in text_of(one(page, ".history"))
    assert own_client.post(str(form["action"])).status_code == 404


def test_the_api_withdraws_a_label(own_client: TestClient) -> None:
    made = own_client.post(f"{API}/explanations", json={"text": "boats"}).json()
    assert own_client.delete(f"{API}/explanations/{made['id']}").status_code == 204
    found = own_client.get(API).json()
    assert (found["label"], found["label_status"]) == (None, None)
    assert found["explanations"][0]["ended"] == "withdrawn"
    assert own_client.delete(f"{API}/explanations/{made['id']}").status_code == 404


def test_labels_stand_side_by_side_and_the_best_tested_one_leads(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    held, failed = (
        LabelTest(n=900, precision=Figure.of_counts(k, 100), recall=Figure.of_counts(k, 100), chance=0.01)
        for k in (90, 20)
    )
    for words, test in (("holds", held), ("fails", failed), ("not tested", None)):
        add_explanation(own_session, source, 20, words, author="auto", method=words, test=test)
    send(own_client, "a person's", "Ada")
    page = soup(own_client.get(HREF))
    assert text_of(one(page, "h1")) == "holds"
    assert text_of(one(page, ".current-label > p:first-child")) == "holds"
    said = text_of(one(page, ".current-label .muted"))
    assert "tested on 900 tokens: 10 % false alarms, 10 % misses" in said.replace("\u00a0", " ")
    others = {text_of(one(item, "p:first-child")): str(item["data-status"]) for item in page.select(".other-labels li")}
    assert others == {"fails": "failed", "not tested": "guess", "a person's": "guess"}
    rows = {row.th.get_text(" "): text_of(row) for row in page.select(".current-label .label-figures tbody tr")}
    assert len(rows) == 2
    assert all("0.9" in row for row in rows.values())


def test_a_label_that_failed_names_nothing_and_says_so(own_client: TestClient, own_session: Session) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    test = LabelTest(n=900, precision=Figure(0.1), recall=Figure(0.9), chance=0.01)
    add_explanation(own_session, source, 20, "genre: news", author="demo", method="x", kind="tag", test=test)
    page = soup(own_client.get(HREF))
    assert text_of(one(page, "h1")) == "Latent 20"
    assert "label failed" in text_of(one(page, "#latent-title"))
    found = own_client.get(API).json()
    assert (found["label"], found["label_status"]) == (None, "failed")
    assert found["summary"].startswith("fires on “")
    rows = own_client.get("/api/v1/sources/tiny-mid/latents?status=failed").json()["latents"]
    assert [(row["index"], row["label"], row["label_status"]) for row in rows] == [(20, None, "failed")]


def test_a_rule_is_tested_while_it_is_typed(own_client: TestClient) -> None:
    top = own_client.get(API).json()["top_tokens"][0]["token"].strip()
    path = f"/parts{HREF}/rule"
    page = soup(own_client.get(path, params={"rule": f'"{top}"'}))
    assert page.select(".rule-test .label-figures tbody tr")
    assert "false alarms" in text_of(one(page, ".rule-test > p:first-child"))
    assert text_of(one(soup(own_client.get(path, params={"rule": f'"{top}" |'})), "[role=alert]"))
    assert "matches none" in own_client.get(path, params={"rule": "xylophone"}).text
    assert own_client.get(path).text.strip() == ""
    answer = own_client.get(f"{API}/rule", params={"rule": f'"{top}"'}).json()
    assert answer["status"] in ("guess", "tested", "failed")
    assert 0 <= answer["precision"] <= 1
    assert answer["n"] > answer["matches"] > 0
    assert own_client.get(f"{API}/rule", params={"rule": "("}).status_code == 409
    assert own_client.get(f"{API}/rule", params={"rule": "xylophone"}).status_code == 409


def test_a_label_saved_with_a_rule_is_tested_at_once(own_client: TestClient) -> None:
    top = own_client.get(API).json()["top_tokens"][0]["token"].strip()
    rule = f'"{top}"'
    answer = own_client.post(f"{API}/explanations", json={"text": "a word", "rule": rule})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["rule"] == rule
    assert made["n"] > 0
    assert made["precision"] is not None
    assert set(made["scores"]["intervals"]) <= {"precision", "recall", "auroc_token", "auroc_text"}
    for bad in ("(", "xylophone", "x" * 501):
        refused = own_client.post(f"{HREF}/labels", data={"text": "kept", "rule": bad})
        assert refused.status_code == 422
        assert one(soup(refused), "#label-rule")["value"] == bad
    assert len(own_client.get(API).json()["explanations"]) == 1
