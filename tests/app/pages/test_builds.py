import threading
import time

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import queries, writes
from app.pages import builds as builds_module
from tests.fixtures_source import make_corpus, start
from tests.web import one, soup, text_of


def start_other(session: Session) -> int:
    return start(session, queries.source_by_slug(session, "other-mlp").id, make_corpus())


def test_every_build_is_listed_newest_first(client: TestClient) -> None:
    rows = soup(client.get("/builds")).select("table.builds tbody tr")
    assert [text_of(one(row, "td[data-name=Source]")) for row in rows] == ["tiny-late", "tiny-mid"]
    assert text_of(one(rows[0], "td[data-name=State]")) == "complete shown"


def test_without_a_build_the_page_says_how_to_start_one(empty_client: TestClient) -> None:
    page = soup(empty_client.get("/builds"))
    assert "No build is running." in page.get_text()
    assert "periscope build SLUG" in text_of(one(page, "pre.command"))


def test_a_failed_build_gives_its_reason(own_client: TestClient, own_session: Session) -> None:
    writes.fail_build(own_session, start_other(own_session), "The corpus has <no> text.")
    row = soup(own_client.get("/builds")).select("table.builds tbody tr")[0]
    assert "failed The corpus has <no> text." in text_of(row)


def test_progress_survives_a_reload(own_client: TestClient, own_session: Session) -> None:
    build = start_other(own_session)
    for share in (0.1, 0.7):
        writes.update_progress(own_session, build, progress=share)
        assert one(soup(own_client.get("/builds")), "progress")["value"] == f"{100 * share:.1f}"


def test_the_stream_follows_a_build_and_ends_with_it(
    own_client: TestClient, own_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds_module, "INTERVAL", 0.02)
    build = start_other(own_session)

    def work() -> None:
        for share in (0.25, 0.5):
            time.sleep(0.3)
            writes.update_progress(own_session, build, progress=share)
        time.sleep(0.3)
        writes.finish_build(own_session, build)

    thread = threading.Thread(target=work)
    thread.start()
    response = own_client.get("/parts/builds/events")
    thread.join()
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [part for part in response.text.replace("\r\n", "\n").split("\n\n") if part.startswith("event")]
    assert [event.split("\n")[0] for event in events] == ["event: builds"] * 4 + ["event: done"]
    assert ['value="25.0"' in events[1], 'value="50.0"' in events[2]] == [True, True]
    assert "No build is running" in events[3]


def test_the_stream_ends_at_once_when_nothing_runs(client: TestClient) -> None:
    assert "event: done" in client.get("/parts/builds/events").text


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
    writes.update_progress(own_session, build, progress=0.5)
    running = queries.recent_builds(own_session)
    assert look(f"{running[0].id}.{build}") is None
    writes.fail_build(own_session, build, "no")
    assert look(f"{running[0].id}.{build}") == "builds-changed"
