"""Preparing the demo where another process was killed or still works at it."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app import preparing
from app.db.queries.sources import build_by_id, source_by_slug
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.tables.builds import Build
from app.db.writes.builds import STALE, Process, finish_build, start_build
from app.db.writes.sources import register_source
from app.demo import prepare as demo
from app.demo.demos import GRAMMAR
from app.settings import Settings
from models.demo import bundle
from tests.records import VOCABULARY, make_facts

#: A container that is gone: of its processes nothing can be known here.
ELSEWHERE = Process(pid=7, host="former-container", started=1.0)


@pytest.fixture
def sessions(sqlite_settings: Settings) -> sessionmaker[Session]:
    """Sessions on a database with the demo's sources, registered and not built."""
    engine = make_engine(sqlite_settings)
    upgrade(engine)
    made = make_session_maker(engine)
    with made() as session:
        for source in bundle.SOURCES:
            register_source(session, source.slug, make_facts(), VOCABULARY)
    return made


def start_elsewhere(sessions: sessionmaker[Session], slug: str, silent: timedelta) -> int:
    with sessions() as session:
        source = source_by_slug(session, slug)
        options = {"corpus": "demo", "tokens": 100, "context_size": 16, "seed": 0, "config": {}}
        build_id = start_build(session, source.id, slug=slug, process=ELSEWHERE, **options)
        session.execute(sa.update(Build).values(heartbeat=datetime.now(UTC) - silent))
        session.commit()
        return build_id


def test_a_build_that_was_killed_elsewhere_is_waited_for_and_taken_over(
    sqlite_settings: Settings,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    slug = bundle.SOURCES[0].slug
    build_id = start_elsewhere(sessions, slug, STALE - timedelta(seconds=1))
    said: list[str] = []

    def look_at_home(seconds: float) -> None:
        found = preparing.announced(sqlite_settings.data_dir)
        said.append(found.sentence if found and not found.has_failed else "")
        time.sleep(seconds / 4)

    monkeypatch.setattr(demo, "sleep", look_at_home)
    todo = demo._wait_for_others(sqlite_settings, sessions, GRAMMAR)
    assert [source.slug for source in todo] == [source.slug for source in bundle.SOURCES]
    assert said
    assert f"A build of {slug} is running already" in said[0]
    assert "former-container" in said[0]
    assert "The demo waits for that." in capsys.readouterr().out
    with sessions() as session:
        assert build_by_id(session, build_id).status == "failed"


def test_what_the_other_process_finished_meanwhile_is_not_built_again(
    sqlite_settings: Settings, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = bundle.SOURCES[1].slug
    build_id = start_elsewhere(sessions, slug, timedelta(0))

    def finish(_seconds: float) -> None:
        with sessions() as session:
            finish_build(session, build_id)

    monkeypatch.setattr(demo, "sleep", finish)
    todo = demo._wait_for_others(sqlite_settings, sessions, GRAMMAR)
    assert [source.slug for source in todo] == [source.slug for source in bundle.SOURCES if source.slug != slug]


def test_a_demo_that_is_complete_says_so(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "load_settings", lambda: sqlite_settings)
    monkeypatch.setattr(demo, "prepare", lambda _settings, _demo: None)
    demo.main("grammar")
    out = capsys.readouterr().out
    assert out.startswith("The demo is ready: ")
    assert bundle.SOURCES[0].slug in out
