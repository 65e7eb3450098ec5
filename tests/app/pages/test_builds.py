import asyncio
import json
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.builds import pages as builds_module
from app.builds.request import READING, BuildRequest
from app.db.queries.sources import build_by_id, recent_builds, source_by_slug
from app.db.tables.builds import Build
from app.db.writes.builds import fail_build, finish_build, request_cancel, start_build, update_progress
from tests.fixtures_source import CONTEXT, make_corpus, start
from tests.hostile import HOSTILE_TEXTS, marks_of
from tests.web import one, soup, text_of


def start_other(session: Session) -> int:
    return start(session, source_by_slug(session, "other-mlp").id, make_corpus())


def test_every_build_is_listed_newest_first(client: TestClient) -> None:
    rows = soup(client.get("/builds")).select("table.builds tbody")
    assert [text_of(one(row, "td[data-name=Source]")) for row in rows] == ["tiny-late", "tiny-mid"]
    assert text_of(one(rows[0], "td[data-name=State]")) == "complete shown"


def test_without_a_build_the_page_says_how_to_start_one(empty_client: TestClient) -> None:
    page = soup(empty_client.get("/builds"))
    assert "No build is running." in page.get_text()
    assert "periscope build SLUG" in text_of(one(page, "pre.command"))


def test_a_failed_build_gives_its_reason(own_client: TestClient, own_session: Session) -> None:
    fail_build(own_session, start_other(own_session), "The corpus has <no> text.")
    row = soup(own_client.get("/builds")).select("table.builds tbody")[0]
    assert text_of(one(row, "td[data-name=State]")) == "failed"
    assert text_of(one(row, ".more .bad-text")) == "The corpus has <no> text."


def test_a_build_that_went_well_says_what_it_left_out(own_client: TestClient, own_session: Session) -> None:
    build = start_other(own_session)
    update_progress(own_session, build, message="No output scores for other-mlp: it <cannot> be steered.")
    finish_build(own_session, build)
    row = soup(own_client.get("/builds")).select("table.builds tbody")[0]
    assert text_of(one(row, ".more p.small:not(.muted)")) == "No output scores for other-mlp: it <cannot> be steered."


def test_a_build_whose_corpus_ended_early_says_how_much_it_read(own_client: TestClient, own_session: Session) -> None:
    for read, shown in ((15_100, "15.1 k"), (14_900, "15.1 k"), (6_350, "6.35 k of 15.1 k")):
        build = start_other(own_session)
        update_progress(own_session, build, tokens_done=read)
        finish_build(own_session, build)
        row = soup(own_client.get("/builds")).select("table.builds tbody")[0]
        assert text_of(one(row, "td[data-name=Tokens]")).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_speed_and_time_left_are_said_while_the_corpus_is_read(own_client: TestClient, own_session: Session) -> None:
    build = start_other(own_session)
    for stage, is_said in ((READING, True), ("writing other-mlp", False)):
        update_progress(own_session, build, tokens_done=6350, tokens_per_second=500.0, stage=stage)
        said = text_of(one(soup(own_client.get("/builds")), "ul.live"))
        assert ("tokens/s" in said, "left" in said) == (is_said, is_said)


def test_progress_survives_a_reload(own_client: TestClient, own_session: Session) -> None:
    build = start_other(own_session)
    for share in (0.1, 0.7):
        update_progress(own_session, build, progress=share)
        assert one(soup(own_client.get("/builds")), "progress")["value"] == f"{100 * share:.1f}"


def test_the_stream_follows_a_build_and_ends_with_it(
    own_client: TestClient, own_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds_module, "INTERVAL", 0.02)
    build = start_other(own_session)
    stream = builds_module.watch(Request({"type": "http", "app": own_client.app}), f"{build}.{build}")

    async def follow() -> list[dict[str, str]]:
        events = [await anext(stream)]
        for share in (0.25, 0.5):
            update_progress(own_session, build, progress=share)
            events.append(await anext(stream))
        finish_build(own_session, build)
        return [*events, *[event async for event in stream]]

    events = asyncio.run(follow())
    assert [event["event"] for event in events] == [f"build-{build}"] * 3 + ["done"]
    assert [one(BeautifulSoup(event["data"], "html.parser"), "progress")["value"] for event in events[:3]] == [
        "0.0", "25.0", "50.0"
    ]  # fmt: skip


def test_the_stream_is_one_of_server_sent_events(client: TestClient) -> None:
    assert client.get("/parts/builds/events").headers["content-type"].startswith("text/event-stream")


def test_the_stream_ends_at_once_when_nothing_runs(client: TestClient) -> None:
    assert "event: done" in client.get("/parts/builds/events").text


def test_the_stream_ends_at_once_for_a_page_that_missed_the_start_of_a_build(
    own_client: TestClient, own_session: Session
) -> None:
    build = start_other(own_session)
    text = own_client.get(f"/parts/builds/events?seen={build - 1}").text
    assert "event: done" in text
    assert "event: build-" not in text


def test_the_pulse_tells_a_page_when_a_build_starts_or_ends(own_client: TestClient, own_session: Session) -> None:
    def look(seen: str) -> str | None:
        response = own_client.get(f"/parts/builds/pulse?seen={seen}")
        assert response.status_code == 204
        return response.headers.get("hx-trigger")

    poll = str(one(soup(own_client.get("/builds")), "[hx-trigger='every 5s']")["hx-get"])
    seen = poll.partition("seen=")[2]
    assert look(seen) is None
    build = start_other(own_session)
    assert look(seen) == "builds-changed"
    update_progress(own_session, build, progress=0.5)
    running = recent_builds(own_session)
    assert look(f"{running[0].id}.{build}") is None
    fail_build(own_session, build, "no")
    assert look(f"{running[0].id}.{build}") == "builds-changed"


def start_run(session: Session, corpus: str = "texts of mine.txt") -> list[int]:
    """Builds of two sources in one run, as ``periscope build`` starts them."""
    config = {"slugs": ["tiny-late", "tiny-mid"], "corpus": corpus, "tokens": 5000, "context": CONTEXT, "batch": 4,
              "device": "cpu", "seed": 3, "resume": False, "dtype": "auto", "max_norm_ratio": None,
              "output_scores": False}  # fmt: skip
    return [
        start_build(
            session, source_by_slug(session, slug).id, corpus=corpus, tokens=5000, context_size=CONTEXT, seed=3,
            config=config,
        )
        for slug in ("tiny-late", "tiny-mid")
    ]  # fmt: skip


def status_of(session: Session, number: int) -> str:
    session.rollback()
    return build_by_id(session, number).status


def silence(session: Session, number: int, seconds: float) -> None:
    last = datetime.now(UTC) - timedelta(seconds=seconds)
    session.execute(sa.update(Build).where(Build.id == number).values(heartbeat=last))
    session.commit()


def test_builds_of_one_run_have_one_bar(own_client: TestClient, own_session: Session) -> None:
    first, _ = start_run(own_session)
    other = start_other(own_session)
    runs = soup(own_client.get("/builds")).select("ul.live > li")
    assert [[text_of(link) for link in run.select("a")] for run in runs] == [["tiny-late", "tiny-mid"], ["other-mlp"]]
    assert [one(run, "form")["action"] for run in runs] == [f"/builds/{first}/cancel", f"/builds/{other}/cancel"]


def test_cancelling_ends_every_build_of_the_run_and_no_other(own_client: TestClient, own_session: Session) -> None:
    first, second = start_run(own_session)
    other = start_other(own_session)
    response = own_client.post(f"/builds/{second}/cancel", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/builds")
    assert [status_of(own_session, n) for n in (first, second, other)] == ["cancelled", "cancelled", "running"]
    row = one(soup(own_client.get("/builds")), f"#build-{first}")
    assert text_of(one(row, "td[data-name=State]")) == "cancelled"
    assert "Cancelled on the Builds page." in text_of(one(row, ".more"))


def test_htmx_hears_what_was_cancelled_and_looks_again(own_client: TestClient, own_session: Session) -> None:
    number = start_other(own_session)
    response = own_client.post(f"/builds/{number}/cancel", headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert json.loads(response.headers["hx-trigger"]) == {
        "builds-changed": "", "periscope:toast": "Cancelled the build of other-mlp."
    }  # fmt: skip


def test_only_a_running_build_can_be_cancelled(own_client: TestClient, own_session: Session) -> None:
    shown = source_by_slug(own_session, "tiny-mid").build
    assert shown
    response = own_client.post(f"/builds/{shown.id}/cancel")
    assert response.status_code == 409
    assert f"Build {shown.id} does not run: it is complete." in response.text
    for wrong, status in (("999", 404), ("99999999999999999999", 404), ("x", 422)):
        assert own_client.post(f"/builds/{wrong}/cancel").status_code == status
    assert own_client.get(f"/builds/{shown.id}/cancel").status_code == 405


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere.example"}])
def test_a_page_of_another_site_cannot_cancel(
    own_client: TestClient, own_session: Session, headers: dict[str, str]
) -> None:
    number = start_other(own_session)
    assert own_client.post(f"/builds/{number}/cancel", headers=headers).status_code == 403
    assert status_of(own_session, number) == "running"


def test_a_build_whose_process_died_is_shown_as_such(own_client: TestClient, own_session: Session) -> None:
    number = start_other(own_session)
    silence(own_session, number, 200)
    page = soup(own_client.get("/builds"))
    # 200 s, and those that this test has taken since.
    assert re.search(r"No sign of life for 3 min [2-5]\d s", text_of(one(page, "ul.live .silent")))
    assert text_of(one(page, f"#build-{number} td[data-name=State]")) == "no sign of life"
    assert own_client.post(f"/builds/{number}/cancel", follow_redirects=False).status_code == 303
    assert status_of(own_session, number) == "cancelled"


def test_one_living_member_keeps_a_run_alive(own_client: TestClient, own_session: Session) -> None:
    first, _ = start_run(own_session)
    silence(own_session, first, 200)
    assert not soup(own_client.get("/builds")).select("ul.live .silent")


def test_the_exact_configuration_and_the_command_are_kept(own_client: TestClient, own_session: Session) -> None:
    first, second = start_run(own_session)
    request_cancel(own_session, [first, second], "no")
    row = one(soup(own_client.get("/builds")), f"#build-{first}")
    config = dict(build_by_id(own_session, first).config)
    assert json.loads(one(row, "pre.json").get_text()) == config
    words = shlex.split(one(row, "pre.command:not(.json)").get_text())
    assert words == [
        "periscope", "build", "tiny-late", "tiny-mid", "--corpus", "texts of mine.txt", "--tokens", "5000",
        "--context", str(CONTEXT), "--batch", "4", "--device", "cpu", "--seed", "3", "--no-output-scores", "--resume",
    ]  # fmt: skip
    BuildRequest(**(config | {"slugs": tuple(config["slugs"])}))


def test_a_configuration_that_was_not_kept_is_not_recorded(client: TestClient) -> None:
    row = soup(client.get("/builds")).select("table.builds .more")[0]
    assert text_of(row) == "Configuration not recorded"


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_names_and_errors_are_shown_as_text(own_client: TestClient, own_session: Session, text: str) -> None:
    first, second = start_run(own_session, corpus=text)
    update_progress(own_session, first, stage=text, message=text)
    running = own_client.get("/builds")
    fail_build(own_session, first, text)
    for response in (running, own_client.get("/builds"), own_client.get(f"/parts/builds/events?seen={second}.{first}")):
        assert response.status_code == 200
        assert not marks_of(response.text)
        assert not [script for script in soup(response).select("script") if not script.get("src")]
        assert not soup(response).select("img, [onerror], [onmouseover]")
    config = json.loads(one(soup(own_client.get("/builds")), f"#build-{first} pre.json").get_text())
    assert config["corpus"] == text
