"""A server says that it is stuck, and that its database cannot be read; and that it is well again."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.web import readiness
from app.web.lanes import Lane
from tests.web import BASE

BLOCK = 4096


def damage(database: Path, keep: int = 1) -> None:
    """Overwrite every page of the file after the first ones."""
    size = database.stat().st_size
    with database.open("r+b") as file:
        for start in range(keep * BLOCK, size, BLOCK):
            file.seek(start)
            file.write(b"\xde\xad\xbe\xef" * 64)


def test_threads_that_do_not_come_back_are_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    monkeypatch.setattr(Lane, "is_stuck", lambda lane: lane.name == "latents")
    for path in ("/healthz", "/readyz", "/api/v1/healthz"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.json()["detail"] == (
            "All threads for latents are stuck in work that should have ended; restart the server."
        )
    monkeypatch.undo()
    assert client.get("/healthz").status_code == 200


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_damaged_database_is_not_ready_and_answers_sentences(own_settings: Settings) -> None:
    with TestClient(create_app(own_settings), base_url=BASE) as client:
        assert client.get("/readyz").json() == {"status": "ready"}
    database = own_settings.data_dir / "periscope.db"
    damage(database, keep=30)
    with TestClient(create_app(own_settings), base_url=BASE, raise_server_exceptions=False) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "damaged" in answer.json()["detail"]
        for path in ("/", "/sources/tiny-mid", "/sources/tiny-mid/latents/1", "/api/v1/sources/tiny-mid/latents/1"):
            assert client.get(path).status_code in (200, 503), path
        assert client.get("/healthz").status_code == 200


def test_damage_that_a_request_met_is_remembered_for_a_while(
    own_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = own_client.app.state  # type: ignore[attr-defined]
    with state.sessions() as session:
        session.execute(readiness_statement())
        session.commit()
    broken = own_client.get("/api/v1/sources/tiny-mid/latents/1")
    assert broken.status_code == 503
    assert "damaged" in broken.json()["detail"]
    assert own_client.get("/readyz").status_code == 503
    monkeypatch.setattr(readiness, "REMEMBER_DAMAGE", 0)
    assert own_client.get("/readyz").status_code == 200


def readiness_statement():  # type: ignore[no-untyped-def]
    """Latent 1 loses half a number of its promoted tokens."""
    import sqlalchemy as sa

    from app.db.tables.builds import LatentDetail

    table = LatentDetail.__table__
    return sa.update(table).where(table.c.latent_index == 1).values(promoted=b"\1\2\3")


def test_many_who_ask_at_once_are_one_look(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    original = readiness.Readiness._look
    monkeypatch.setattr(readiness.Readiness, "_look", lambda self: (looks.append(1), original(self)))
    answers = [client.get("/readyz").status_code for _ in range(3)]
    assert answers == [200] * 3
    assert len(looks) == 3  # one after the other, each looks anew
