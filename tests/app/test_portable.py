"""Dashboards in one file: the same rows in another database, and nothing of a file that is not whole."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.builds.portable import MANIFEST, MEASURED, export_dashboards, import_dashboards
from app.db.queries.sources import all_sources, source_by_slug
from app.db.tables.builds import Build, BuildColumn, Example, Latent, LatentDetail, LatentsOfToken, Prompt
from app.db.tables.sources import Token
from app.errors import InvalidRequest
from tests.fixtures_source import make_facts

SLUG = "tiny-mid"
WRITTEN = (Prompt, Latent, LatentDetail, Example, BuildColumn, LatentsOfToken)


def rows(session: Session, slug: str, table: Any) -> list[tuple[Any, ...]]:
    """All rows of the build that is shown, without whose they are."""
    source = source_by_slug(session, slug)
    assert source.build is not None
    columns = [column for column in table.__table__.columns if column.name != "build_id"]
    keys = [column for column in columns if column.primary_key]
    found = sa.select(*columns).where(table.build_id == source.build.id).order_by(*keys)
    return [tuple(row) for row in session.execute(found)]


@pytest.fixture
def exported(own_session: Session, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.dashboards"
    export_dashboards(own_session, SLUG, path)
    return path


def test_another_database_shows_the_same(exported: Path, own_session: Session, session: Session) -> None:
    import_dashboards(session, exported, "mine", model="/models/tiny", sae="/saes/tiny")
    for table in WRITTEN:
        here = rows(session, "mine", table)
        assert here == rows(own_session, SLUG, table)
        assert here or table is LatentsOfToken
    theirs, mine = source_by_slug(own_session, SLUG), source_by_slug(session, "mine")
    assert theirs.build is not None
    assert mine.build is not None
    assert mine.facts.model.location == "/models/tiny"
    assert mine.facts.sae_location == "/saes/tiny"
    assert mine.facts.weights_hash == theirs.facts.weights_hash
    builds = [
        other.execute(sa.select(*(getattr(Build, name) for name in (*MEASURED, "config", "density_histogram"))).where(
            Build.id == build.id)).one()
        for other, build in ((own_session, theirs.build), (session, mine.build))
    ]  # fmt: skip
    assert tuple(builds[0]) == tuple(builds[1])
    texts = sa.select(Token.token_id, Token.text).order_by(Token.token_id)
    of_theirs = texts.where(Token.language_model_id == theirs.language_model_id)
    of_mine = texts.where(Token.language_model_id == mine.language_model_id)
    assert [tuple(r) for r in own_session.execute(of_theirs)] == [tuple(r) for r in session.execute(of_mine)]


def test_a_source_that_is_there_is_shown_anew_and_one_of_other_weights_is_not(
    exported: Path, own_session: Session
) -> None:
    before = source_by_slug(own_session, SLUG)
    import_dashboards(own_session, exported, SLUG, model="elsewhere", sae="elsewhere")
    after = source_by_slug(own_session, SLUG)
    assert before.build is not None
    assert after.build is not None
    assert after.build.id > before.build.id
    assert after.facts == before.facts  # where it is stays as it was registered
    other = next(s.slug for s in all_sources(own_session) if s.facts.weights_hash != after.facts.weights_hash)
    with pytest.raises(InvalidRequest, match="another SAE than"):
        import_dashboards(own_session, exported, other, model="m", sae="s")


def damaged(path: Path, how: str) -> None:
    """The file with something wrong in it."""
    with zipfile.ZipFile(path) as file:
        held = {name: file.read(name) for name in file.namelist()}
    if how == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return
    if how == "no zip":
        path.write_bytes(b"nothing of the kind")
        return
    manifest = json.loads(held[MANIFEST])
    if how == "a bit":
        data = bytearray(held["example.parquet"])
        data[len(data) // 2] ^= 1
        held["example.parquet"] = bytes(data)
    elif how == "a later format":
        manifest["format"] = 2
    elif how == "no table":
        del held["latent.parquet"], manifest["tables"]["latent.parquet"]
    elif how == "other columns":
        held["latent.parquet"] = held["example.parquet"]
        manifest["tables"]["latent.parquet"] = manifest["tables"]["example.parquet"]
    elif how == "no build":
        del manifest["build"]
    held[MANIFEST] = json.dumps(manifest).encode()
    kind = zipfile.ZIP_DEFLATED if how == "compressed" else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, data in held.items():
            file.writestr(name, data)


@pytest.mark.parametrize(
    "how", ["cut", "no zip", "a bit", "a later format", "no table", "other columns", "no build", "compressed"]
)
def test_of_a_file_that_is_not_whole_nothing_is_left(exported: Path, session: Session, how: str) -> None:
    damaged(exported, how)
    sentence = "update Periscope" if how == "a later format" else "not a whole file of dashboards"
    with pytest.raises(InvalidRequest, match=sentence):
        import_dashboards(session, exported, "mine", model="m", sae="s")
    session.rollback()
    assert all_sources(session) == ()
    for table in (*WRITTEN, Token):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_what_is_not_there_or_not_built_is_said(own_session: Session, session: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        import_dashboards(session, tmp_path / "nothing", "mine", model="m", sae="s")
    from app.db.writes.sources import register_source

    facts = make_facts("tiny", "blocks.0.hook_resid_post", 0, "resid_post", "standard", 4)
    register_source(session, "bare", facts, ["a", "b", "c", "d"])
    with pytest.raises(InvalidRequest, match="bare has not been built yet"):
        export_dashboards(session, "bare", tmp_path / "x.dashboards")
    assert not list(tmp_path.glob("x.*"))


def test_an_export_that_fails_leaves_the_former_file(
    exported: Path, own_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = shutil.copy(exported, exported.with_suffix(".kept"))
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda *_args, **_more: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        export_dashboards(own_session, SLUG, exported)
    assert exported.read_bytes() == Path(kept).read_bytes()
    assert not list(exported.parent.glob("*.part"))
