"""A build that works on something long is not taken for dead."""

import time

import sqlalchemy as sa

from app.builds import heartbeat
from app.db.session import make_session_maker
from app.db.tables.builds import Build
from app.db.writes.builds import request_cancel, start_build
from app.db.writes.sources import register_source
from tests.records import VOCABULARY, make_facts


def test_the_heartbeat_moves_while_the_block_runs_and_stops_with_it(engine, session, monkeypatch):
    monkeypatch.setattr(heartbeat, "SECONDS", 0.05)
    source = register_source(session, "tiny", make_facts(), VOCABULARY)
    build = start_build(session, source, corpus="x", tokens=1, context_size=8, seed=0, config={})

    def last():
        session.rollback()
        return session.scalars(sa.select(Build.heartbeat).where(Build.id == build)).one()

    before = last()
    with heartbeat.beating(make_session_maker(engine), {"tiny": build, "gone": 999}):
        deadline = time.monotonic() + 20
        while last() == before and time.monotonic() < deadline:
            time.sleep(0.02)
    after = last()
    assert after > before
    time.sleep(0.2)
    assert last() == after


def test_the_end_of_a_build_elsewhere_is_told_once(engine, session, monkeypatch):
    monkeypatch.setattr(heartbeat, "POLL_SECONDS", 0.02)
    source = register_source(session, "tiny", make_facts(), VOCABULARY)
    build = start_build(session, source, corpus="x", tokens=1, context_size=8, seed=0, config={})
    told = []
    with heartbeat.beating(make_session_maker(engine), {"tiny": build}, lambda: told.append(time.monotonic())):
        time.sleep(0.2)
        assert told == []
        request_cancel(session, [build], "no more")
        deadline = time.monotonic() + 20
        while not told and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
    assert len(told) == 1
